package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// found returns the results of the viewer's search in words, such as "orders Alpha 7".
func found(t testing.TB, db *models.DB, v models.Viewer, text string) ([]string, models.Found) {
	t.Helper()
	f, err := db.Search(t.Context(), v, v.Understand(text))
	if err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	var got []string
	add := func(noun string, key models.Key) {
		p, ok := v.Panel(key.PanelID)
		if !ok {
			t.Errorf("%.80q: %s %d is on a panel that is not the viewer's", text, noun, key.ID)
		}
		got = append(got, fmt.Sprintf("%s %s %d", noun, p.Name, key.ID))
	}
	for _, r := range f.Orders.Rows {
		add("orders", r.Key)
	}
	for _, r := range f.Tickets.Rows {
		add("tickets", r.Key)
	}
	for _, r := range f.Payments.Rows {
		add("payments", r.Key)
	}
	for _, r := range f.Users.Rows {
		add("users", r.Key)
	}
	for _, r := range f.Services.Rows {
		add("services", r.Key)
	}
	return got, f
}

// putPeople stores one row of every resource but orders on a panel, with ids from first on.
func putPeople(t testing.TB, db *models.DB, panelID, first int64, username, email string) {
	t.Helper()
	now := modelstest.Now(t).Truncate(time.Second)
	raw := models.Mirrored{Raw: []byte("{}")}
	_, err := db.PutUsers(t.Context(), panelID, []models.User{{Key: models.Key{PanelID: panelID, ID: first}, Username: username, Email: email, CreatedAt: now, Mirrored: raw}}, now)
	if err == nil {
		_, err = db.PutTickets(t.Context(), panelID, []models.Ticket{{Key: models.Key{PanelID: panelID, ID: first + 1}, UserName: username, Subject: "Where is it?", Status: "pending", CreatedAt: now, UpdatedAt: now, Mirrored: raw}}, now)
	}
	if err == nil {
		_, err = db.PutPayments(t.Context(), panelID, []models.Payment{{Key: models.Key{PanelID: panelID, ID: first + 2}, UserName: username, Status: "completed", CreatedAt: now, Mirrored: raw}}, now)
	}
	if err == nil {
		_, err = db.PutServices(t.Context(), panelID, []models.Service{{Key: models.Key{PanelID: panelID, ID: first + 3}, Name: "Instagram Likes", Mirrored: raw}}, 0, now)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// searchWorld has two panels, Alpha (code MTP) and Beta, with a customer of the same name on both.
func searchWorld(t testing.TB) (db *models.DB, owner models.Viewer, alpha, beta models.Panel) {
	t.Helper()
	db = modelstest.New(t)
	first := modelstest.Owner(t, db)
	alpha = modelstest.Panel(t, db, first, "Alpha", "https://alpha.example")
	beta = modelstest.Panel(t, db, first, "Beta", "https://beta.example")
	putPeople(t, db, alpha.ID, 50, "anna", "anna@example.com")
	putPeople(t, db, beta.ID, 50, "Anna", "other@example.com")
	putPeople(t, db, beta.ID, 90, "bob.smith", "bob@example.com")
	modelstest.PutOrders(t, db, alpha.ID, modelstest.Order(alpha.ID, 1), modelstest.Order(alpha.ID, 2),
		modelstest.Order(alpha.ID, 51, func(o *models.Order) { o.UserName, o.Link = "carl", "@Carl_100%" }))
	modelstest.PutOrders(t, db, beta.ID, modelstest.Order(beta.ID, 2, func(o *models.Order) { o.UserName, o.Link, o.ExternalID = "dora", "https://tiktok.com/@dora", "abc-7" }))
	return db, modelstest.Viewer(t, db, "owner"), alpha, beta
}

func TestASearchUnderstandsWhatIsPasted(t *testing.T) {
	t.Parallel()
	db, owner, _, _ := searchWorld(t)
	for text, want := range map[string][]string{
		"1":                           {"orders Alpha 1"},
		" #1\n":                       {"orders Alpha 1"},
		"2":                           {"orders Alpha 2", "orders Beta 2"},
		"alpha 2":                     {"orders Alpha 2"},
		"BETA: 2":                     {"orders Beta 2"},
		"Beta#2":                      {"orders Beta 2"},
		"51":                          {"orders Alpha 51", "tickets Alpha 51", "tickets Beta 51"},
		"1, 51\n93":                   {"orders Alpha 51", "orders Alpha 1", "tickets Alpha 51", "tickets Beta 51", "services Beta 93"},
		"52":                          {"payments Alpha 52", "payments Beta 52"},
		"90":                          {"users Beta 90"},
		"88000051":                    {"orders Alpha 51"}, // the provider's id
		"abc-7":                       {"orders Beta 2"},
		"https://tiktok.com/@dora":    {"orders Beta 2"},
		"tiktok.com/@dora/":           {"orders Beta 2"},
		"HTTP://www.tiktok.com/@dora": {"orders Beta 2"},
		"@Carl_100%":                  {"orders Alpha 51"},
		"https://tiktok.com/":         {},
		"ANNA":                        {"orders Alpha 2", "orders Alpha 1", "tickets Alpha 51", "tickets Beta 51", "payments Alpha 52", "payments Beta 52", "users Alpha 50", "users Beta 50"},
		"ann":                         {"users Alpha 50", "users Beta 50"},
		"a":                           {},
		"bob.smith":                   {"tickets Beta 91", "payments Beta 92", "users Beta 90"},
		"bob@example.com":             {"users Beta 90"},
		"ANNA@EXAMPLE":                {"users Alpha 50"},
		"instagram":                   {"services Alpha 53", "services Beta 93"},
		"%":                           {},
		"_nna":                        {},
		"":                            {},
		"alpha":                       {},
		"\x00":                        {},
		strings.Repeat("9", 25):       {},
		"9223372036854775807":         {},
		"' OR 1=1 --":                 {},
		strings.Repeat("x", 1<<20):    {},
		strings.Repeat("1 ", 600):     {"orders Alpha 1"},
		"nobody there":                {},
		`{"a":"\u0000"}`:              {},
		"\u202e1":                     {"orders Alpha 1"},
	} {
		if got, _ := found(t, db, owner, text); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%.60q: got %v, want %v", text, got, want)
		}
	}
}

func TestASearchGoesStraightToTheOneThingThatIsNamed(t *testing.T) {
	t.Parallel()
	db, owner, alpha, beta := searchWorld(t)
	for text, want := range map[string]string{
		"1": fmt.Sprint("orders ", alpha.ID, " 1"), "90": fmt.Sprint("users ", beta.ID, " 90"), "52": "", "2": "", "alpha 2": fmt.Sprint("orders ", alpha.ID, " 2"),
		"bob.smith": fmt.Sprint("users ", beta.ID, " 90"), "anna": "", "alpha anna": fmt.Sprint("users ", alpha.ID, " 50"),
		"bob": fmt.Sprint("users ", beta.ID, " 90"), "nobody": "", "abc-7": fmt.Sprint("orders ", beta.ID, " 2"),
	} {
		_, f := found(t, db, owner, text)
		got := ""
		if r, key, ok := f.Only(); ok {
			got = fmt.Sprint(r, " ", key.PanelID, " ", key.ID)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestASearchTellsNothingOfForeignPanels(t *testing.T) {
	t.Parallel()
	db, _, alpha, _ := searchWorld(t)
	modelstest.Staff(t, db, "agent", models.RoleAgent, false)
	none := modelstest.Viewer(t, db, "agent")
	agent := none
	agent.Panels = []models.PanelRef{{ID: alpha.ID, Name: "Alpha", ShortCode: "Alpha"}}
	for text, want := range map[string][]string{
		"2": {"orders Alpha 2"}, "90": {}, "beta 2": {}, "dora": {}, "bob@example.com": {}, "abc-7": {}, "tiktok.com/@dora": {},
		"anna": {"orders Alpha 2", "orders Alpha 1", "tickets Alpha 51", "payments Alpha 52", "users Alpha 50"},
	} {
		if got, f := found(t, db, agent, text); !slices.Equal(got, want) && len(got)+len(want) > 0 || f.Orders.Total.N > 2 {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
		if got, _ := found(t, db, none, text); len(got) != 0 {
			t.Errorf("%q: somebody without a panel got %v", text, got)
		}
	}
	if a := agent.Understand("beta 2"); a.Panel.ID != 0 || a.Text != "beta 2" {
		t.Errorf("the code of a foreign panel was understood: %+v", a)
	}
}

func TestASearchByEmailAndWhatItTellsOfMoneyNeedsThePermission(t *testing.T) {
	t.Parallel()
	db, owner, _, _ := searchWorld(t)
	for _, text := range []string{"bob@example.com", "BOB@", "bob@example"} {
		blind := owner
		blind.Role, blind.Taken = models.RoleAgent, []models.Permission{models.PermSeeEmails, models.PermSeeMoney}
		if got, f := found(t, db, blind, text); len(got) != 0 || !f.Asked.EmailHidden {
			t.Errorf("%q: got %v, want nothing and a word that e-mails are not searched", text, got)
		}
		_, f := found(t, db, blind, "anna")
		for _, o := range f.Orders.Rows {
			if o.Charge.Valid || o.Currency != "" {
				t.Errorf("a charge was read: %v", o.Charge)
			}
		}
		for _, u := range f.Users.Rows {
			if u.Email != "" {
				t.Errorf("an e-mail was read: %s", u.Email)
			}
		}
	}
}

func TestASearchLooksOnTheSwitchersPanelsFirst(t *testing.T) {
	t.Parallel()
	db, owner, alpha, beta := searchWorld(t)
	owner.Selection = []int64{alpha.ID}
	if got, f := found(t, db, owner, "2"); !slices.Equal(got, []string{"orders Alpha 2"}) || f.Beyond {
		t.Errorf("got %v, beyond: %v", got, f.Beyond)
	}
	if got, f := found(t, db, owner, "dora"); !slices.Equal(got, []string{"orders Beta 2"}) || !f.Beyond {
		t.Errorf("got %v, beyond: %v; want what is on another panel, and to be told so", got, f.Beyond)
	}
	if got, f := found(t, db, owner, "beta 2"); !slices.Equal(got, []string{"orders Beta 2"}) || f.Beyond || !slices.Equal(f.On, []int64{beta.ID}) {
		t.Errorf("got %v, beyond: %v; want the panel whose code stands in front", got, f.Beyond)
	}
}

func TestASearchShowsTheNewestAndCountsAll(t *testing.T) {
	t.Parallel()
	db, owner, alpha, _ := searchWorld(t)
	orders := make([]models.Order, models.SearchLimit+5)
	for i := range orders {
		orders[i] = modelstest.Order(alpha.ID, int64(1000+i), func(o *models.Order) { o.UserName = "eve" })
	}
	modelstest.PutOrders(t, db, alpha.ID, orders[:12]...)
	got, f := found(t, db, owner, "eve")
	if want := []string{"orders Alpha 1011", "orders Alpha 1010", "orders Alpha 1009", "orders Alpha 1008", "orders Alpha 1007"}; !slices.Equal(got, want) || f.Orders.Total != (models.Count{N: 12}) {
		t.Errorf("got %v of %v, want %v of 12", got, f.Orders.Total, want)
	}
	modelstest.PutOrders(t, db, alpha.ID, orders...)
	if _, f := found(t, db, owner, "eve"); f.Orders.Total != (models.Count{N: models.SearchLimit, About: true}) || f.Orders.Rows[0].ID != int64(1000+len(orders)-1) {
		t.Errorf("got %v, first %d", f.Orders.Total, f.Orders.Rows[0].ID)
	}
}
