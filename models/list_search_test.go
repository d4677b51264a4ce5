package models_test

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// twoShops returns two panels, MTP and Other, with an order 594550 each.
func twoShops(t *testing.T, url string) (*models.DB, models.Viewer) {
	t.Helper()
	db, err := models.Open(t.Context(), url, modelstest.Options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	owner := modelstest.Owner(t, db)
	mtp := modelstest.Panel(t, db, owner, "MTP", "https://mtp.example").ID
	other := modelstest.Panel(t, db, owner, "Other", "https://other.example").ID
	old := func(o *models.Order) { o.CreatedAt = modelstest.Now(t).AddDate(-1, 0, 0) }
	modelstest.PutOrders(t, db, mtp,
		modelstest.Order(mtp, 594550, old, func(o *models.Order) { o.Link = "https://www.instagram.com/fatma_smm/" }),
		modelstest.Order(mtp, 2, old, func(o *models.Order) { o.UserName, o.ExternalID = "fatma", "" }),
		modelstest.Order(mtp, 3, func(o *models.Order) {
			o.UserName, o.Link, o.CreatedAt = "594550", "http://youtu.be/Qx_9", modelstest.Now(t).Add(-time.Hour)
		}))
	modelstest.PutOrders(t, db, other, modelstest.Order(other, 594550, old, func(o *models.Order) { o.UserName = "fatma" }))
	if _, err := db.PutUsers(t.Context(), mtp, []models.User{
		{Key: models.Key{PanelID: mtp, ID: 1}, Username: "Fatma", Email: "fatma@mail.example", Mirrored: models.Mirrored{Raw: []byte(`{}`)}},
		{Key: models.Key{PanelID: mtp, ID: 2}, Username: "anna", Email: "anna@mail.example", Mirrored: models.Mirrored{Raw: []byte(`{"n": 2}`)}},
	}, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	return db, modelstest.Viewer(t, db, "owner")
}

// foundOrders returns short code and id of the orders that a text finds, sorted.
func foundOrders(t *testing.T, db *models.DB, v models.Viewer, text string) string {
	t.Helper()
	q := parse(t, models.OrderList, "")
	q.Text = text
	page, err := db.Orders(t.Context(), v, q)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var found []string
	for _, o := range page.Rows {
		p, _ := v.Panel(o.PanelID)
		found = append(found, fmt.Sprint(p.ShortCode, " ", o.ID))
	}
	slices.Sort(found)
	return strings.Join(found, ", ")
}

func TestASearchIsUnderstoodByWhatIsTyped(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	for _, c := range []struct{ text, reading, found string }{
		{"594550", "Order or provider ID 594550", "MTP 3, MTP 594550, OTHER 594550"}, // 3 is a customer with this name
		{"#2", "Order or provider ID 2", "MTP 2"},
		{"MTP 594550", "Order 594550 on MTP", "MTP 594550"},
		{"mtp-594550", "Order 594550 on MTP", "MTP 594550"},
		{"other #594550", "Order 594550 on OTHER", "OTHER 594550"},
		{"MTP 2, 3", "Any of 2 IDs on MTP", "MTP 2, MTP 3"},
		{"2\n3;4", "Any of 3 IDs", "MTP 2, MTP 3"},
		{"88000003", "Order or provider ID 88000003", "MTP 3"},
		{"fatma@mail.example", "Customer with e-mail “fatma@mail.example”", "MTP 2"}, // the customer with the same name on the other panel has no e-mail
		{"https://instagram.com/fatma_smm", "Link leads to or contains “instagram.com/fatma_smm”", "MTP 594550"},
		{"http://www.youtu.be/Qx_9/", "Link leads to or contains “youtu.be/Qx_9”", "MTP 3"},
		{"youtu.be/Qx%9", "Link leads to or contains “youtu.be/Qx%9”", ""},
		{"a/b", "Link or user or provider ID is “a/b” (a part of a link is found by 3 letters or digits in a row)", ""},
		{"instagram.com/p/594550", "Link leads to or contains “instagram.com/p/594550”", "OTHER 594550"},
		{"/fatma", "Link leads to or contains “/fatma”", "MTP 594550"},
		{"/fat", "Link leads to or contains “/fat”", "MTP 594550"},
		{"/atm", "Link leads to or contains “/atm”", ""},
		{"/you", "Link leads to or contains “/you”", "MTP 3"}, // the slash that ends the scheme
		{"//you", "Link leads to or contains “//you”", "MTP 3"},
		{"com/fat", "Link leads to or contains “com/fat”", "MTP 594550"},
		{"fatma", "User starts with “fatma”", "MTP 2, OTHER 594550"},
		{"FAT", "User starts with “FAT”", "MTP 2, OTHER 594550"},
		{strings.Repeat("2 ", 612), "Order or provider ID 2 (611 duplicates ignored)", "MTP 2"},
		{"Order 594550 and 88000003 please", "Any of 2 IDs (ignored “please”)", "MTP 3, MTP 594550, OTHER 594550"},
		{"101,416", "“101,416” may be one ID or several: write 101416 or 101 416", ""},
	} {
		if got := models.OrderList.Reading(owner, c.text); got != c.reading {
			t.Errorf("%.40q is read as %q, want %q", c.text, got, c.reading)
		}
		if got := foundOrders(t, db, owner, c.text); got != c.found {
			t.Errorf("%.40q finds %q, want %q", c.text, got, c.found)
		}
	}
}

func TestATextIsFoundWholeWhicheverOfItsPartsIsRare(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	p := owner.Panels[0].ID
	var payments []models.Payment
	for i, memo := range []string{"TX-77A40F0CB6F148", "tx-77a40f0cb6f148 again", "TX-0000000CB6F148", "paid 20%", "refill 184364", "184364"} {
		payments = append(payments, models.Payment{Key: models.Key{PanelID: p, ID: int64(900 + i)}, UserName: "olga", Memo: memo,
			Mirrored: models.Mirrored{Raw: fmt.Appendf(nil, `{"n": %d}`, i)}})
	}
	if _, err := db.PutPayments(t.Context(), p, payments, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"TX-77A40F0CB6F148": "900 901", "x-77a40f0cb6f1": "900 901", "0CB6F148": "900 901 902", "0cb6f148 a": "901",
		"refill 184364": "904", "184364": "904 905", "fill 184364": "904", "184364 refill": "", "paid 20%": "903", "paid 20_": "",
	} {
		q := parse(t, models.PaymentList, "sort=-id")
		q.Text = text
		page, err := db.Payments(t.Context(), owner, q)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var found []string
		for _, row := range slices.Backward(page.Rows) {
			found = append(found, fmt.Sprint(row.ID))
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
}

func TestASearchThatFindsManyShowsTheNewestOfAllTimes(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	stored := 0
	put := func(n, daysAgo int) {
		for range n {
			stored++
			modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, int64(stored), func(o *models.Order) {
				o.CreatedAt = time.Date(2026, 3, 1, 0, 0, stored, 0, time.UTC).AddDate(0, 0, -daysAgo)
			}))
		}
	}
	whole := func() {
		t.Helper()
		values, last, n := "q=ann&per=25", int64(0), 0
		for after := ""; n == 0 || after != ""; {
			page, err := db.Orders(t.Context(), owner, parse(t, models.OrderList, values+"&after="+after))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Rows {
				if n > 0 && o.CreatedAt.Unix() >= last {
					t.Fatalf("order %d does not follow in time", o.ID)
				}
				last, n = o.CreatedAt.Unix(), n+1
			}
			after = page.Next
		}
		if n != stored {
			t.Errorf("%d orders were shown, want %d", n, stored)
		}
	}
	put(30, 200)
	put(20, 2)
	whole()
	put(10, 1)
	whole()
}

func TestASearchByEmailNeedsThePermission(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	agent := owner
	agent.Role, agent.Taken = models.RoleAgent, []models.Permission{models.PermSeeEmails}
	if agent.Can(models.PermSeeEmails) {
		t.Fatal("the agent may see e-mails")
	}
	for _, text := range []string{"fatma@mail.example", "anna@mail.example"} {
		if got := foundOrders(t, db, agent, text); got != "" {
			t.Errorf("%q finds %q, want nothing", text, got)
		}
	}
}

func TestWithoutTrigramsEverythingWorksAndRecentLinksAreSearched(t *testing.T) {
	t.Parallel()
	url := modelstest.EmptyURL(t)
	admin, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	role := "plain_" + strings.ToLower(rand.Text()) // roles belong to the whole server, databases to one test
	for _, statement := range []string{"CREATE ROLE " + role, "GRANT ALL ON SCHEMA public TO " + role} {
		if _, err := admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	plain := url + "&role=" + role
	migrated, err := models.Open(t.Context(), plain, models.Options{Now: modelstest.Clock(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer migrated.Close()
	if _, err := migrated.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, owner := twoShops(t, plain)
	if got, want := models.OrderList.Reading(owner, "instagram.com/fatma"), "Link leads to or contains “instagram.com/fatma” (in the last 30 days)"; got != want {
		t.Errorf("it is read as %q, want %q", got, want)
	}
	for text, want := range map[string]string{"youtu.be/Qx": "MTP 3", "instagram.com/fatma": "", "MTP 594550": "MTP 594550"} {
		if got := foundOrders(t, db, owner, text); got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
}

func TestACursorOfAnotherListOrOrderStartsOver(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	page, err := db.Orders(t.Context(), owner, parse(t, models.OrderList, "per=25"))
	if err != nil || len(page.Rows) != 4 {
		t.Fatalf("%d rows, %v", len(page.Rows), err)
	}
	for _, query := range []string{"after=bm9uc2Vuc2U", "after=" + strings.Repeat("A", 5000), "sort=charge&after=eyJzIjoiLWNyZWF0ZWQiLCJrIjoiMjAyNi0wMS0wMSAwMDowMDowMCswMCIsInAiOjEsImkiOjF9"} {
		q := parse(t, models.OrderList, query)
		if !slices.Contains(q.Notices, "The page in the address is invalid. This is the first page.") {
			t.Errorf("%.40s: notices %q, want one on the place", query, q.Notices)
		}
		if page, err := db.Orders(t.Context(), owner, q); err != nil || len(page.Rows) != 4 {
			t.Errorf("%.40s: %d rows, %v, want the first page", query, len(page.Rows), err)
		}
	}
}
