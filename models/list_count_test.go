package models_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// counted returns the tabs and pickers of a list in words, and the values from an exact count of all rows.
func counted(t *testing.T, db *models.DB, v models.Viewer, l *models.List, query string) (kept, honest []string) {
	t.Helper()
	q := parse(t, l, query)
	for _, f := range l.Filters {
		options, err := db.Options(t.Context(), v, l, q, f, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range options {
			kept = append(kept, fmt.Sprint(f.Name, " ", o.Value, " ", o.Label, " ", o.Count))
			one := parse(t, l, query)
			one.Values[f.Name] = []string{o.Value}
			n := 0
			for {
				page, err := db.Orders(t.Context(), v, one)
				if err != nil {
					t.Fatal(err)
				}
				if n += len(page.Rows); page.Next == "" {
					break
				}
				values := one.Params(l)
				values.Set("after", page.Next)
				one = parse(t, l, values.Encode())
			}
			honest = append(honest, fmt.Sprint(f.Name, " ", o.Value, " ", o.Label, " ", n))
		}
	}
	return kept, honest
}

func TestKeptCountsAreExactWhateverHappensToTheRows(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	db, err := models.Open(t.Context(), url, modelstest.Options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	owner := modelstest.Owner(t, db)
	draw := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[draw.IntN(len(words))] }
	var panels []int64
	for _, name := range []string{"Alpha", "Beta"} {
		panels = append(panels, modelstest.Panel(t, db, owner, name, "https://"+name+".example").ID)
	}
	owner = modelstest.Viewer(t, db, "owner")
	for round := range 12 {
		for _, p := range panels {
			var rows []models.Order
			for range 60 {
				rows = append(rows, modelstest.Order(p, 1+draw.Int64N(150), func(o *models.Order) {
					o.Status, o.Mode, o.Provider = pick(models.OrderStatuses...), pick("auto", "manual", ""), pick("", "x.example")
					o.ServiceID = 1 + draw.Int64N(4)
					o.ServiceName = fmt.Sprint("Service ", o.ServiceID)
					quantity := draw.Int64()
					o.Quantity = &quantity
				}))
				rows[len(rows)-1].Raw = fmt.Appendf(nil, `{"n": %d}`, draw.Int64())
			}
			modelstest.PutOrders(t, db, p, rows...)
		}
		if round%3 == 1 {
			if err := db.FoldCounts(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, query := range []string{"", fmt.Sprint("panel=", panels[0]), "status=completed", "mode=manual&service=2"} {
			if got, want := counted(t, db, owner, models.OrderList, query); !slices.Equal(got, want) {
				t.Fatalf("round %d, %q:\n%s\nwant\n%s", round, query, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
	days := 1
	if err := db.SetRetention(t.Context(), owner, models.ResourceSettings{Name: models.Orders, RetentionDays: &days}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.PurgeOld(t.Context(), models.StreamKey{PanelID: panels[0], Resource: models.Orders}, 40); err != nil {
		t.Fatal(err)
	}
	got, want := counted(t, db, owner, models.OrderList, "")
	if !slices.Equal(got, want) {
		t.Errorf("after rows were deleted:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFoldingCountsNeitherWaitsForAWriterNorLosesWhatItWrites(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	owner = modelstest.Viewer(t, db, "owner")
	modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 1))
	count := func() int64 {
		n, err := db.Count(t.Context(), owner, models.OrderList, parse(t, models.OrderList, "status=in_progress"))
		if err != nil {
			t.Fatal(err)
		}
		return n.N
	}
	err := db.Tx(t.Context(), func(open *models.DB) error {
		modelstest.PutOrders(t, open, p.ID, modelstest.Order(p.ID, 2))
		if err := db.FoldCounts(t.Context()); err != nil {
			return err
		}
		if n := count(); n != 1 {
			t.Errorf("before the writer is done: got %d, want 1", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n := count(); n != 2 {
			t.Errorf("got %d, want 2", n)
		}
		if err := db.FoldCounts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCountsOfEveryListAreWhatARecountGives(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	db := openAt(t, url)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example").ID
	conn := connect(t, url)
	exec := func(query string) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	counts := func() (all string) {
		t.Helper()
		err := conn.QueryRowContext(t.Context(), `SELECT string_agg(concat_ws(' ', list, facet, panel_id, value, label, n), E'\n' ORDER BY list, facet, value)
			FROM (SELECT list, facet, panel_id, value, max(label) AS label, sum(n) AS n
				FROM (SELECT * FROM list_counts UNION ALL SELECT * FROM list_changes) AS t GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0) AS t`).Scan(&all)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	at, raw := modelstest.Now(t), models.Mirrored{Raw: []byte(`{}`)}
	var orders []models.Order
	var payments []models.Payment
	var users []models.User
	var tickets []models.Ticket
	for id := range int64(9) {
		key, odd := models.Key{PanelID: p, ID: id + 1}, []string{"even", "odd"}[id%2]
		orders = append(orders, modelstest.Order(p, id+1, func(o *models.Order) { o.ServiceID, o.ServiceName, o.Mode = id%3, fmt.Sprint("Likes ", id%3), odd }))
		payments = append(payments, models.Payment{Key: key, Status: odd, Method: "card", Risk: odd, Mode: "auto", Mirrored: raw})
		users = append(users, models.User{Key: key, Status: odd, Mirrored: raw})
		tickets = append(tickets, models.Ticket{Key: key, Status: odd, Assignee: odd, CreatedAt: at, UpdatedAt: at, Mirrored: raw})
	}
	for _, put := range []func() (models.Written, error){
		func() (models.Written, error) { return db.PutOrders(t.Context(), p, orders, at) },
		func() (models.Written, error) { return db.PutPayments(t.Context(), p, payments, at) },
		func() (models.Written, error) { return db.PutUsers(t.Context(), p, users, at) },
		func() (models.Written, error) { return db.PutTickets(t.Context(), p, tickets, at) },
	} {
		if w, err := put(); err != nil || w.New != 9 {
			t.Fatalf("%+v, %v, want 9 new", w, err)
		}
	}
	var rows int
	if err := conn.QueryRowContext(t.Context(), "SELECT count(*) FROM list_deltas WHERE list = 'orders'").Scan(&rows); err != nil || rows != 5 {
		t.Errorf("a page of orders left %d rows, %v, want one for each of 5 facets", rows, err)
	}
	for _, table := range []string{"orders", "payments", "users", "tickets"} {
		exec("UPDATE " + table + " SET status = 'changed' WHERE id IN (2, 3)")
		exec("DELETE FROM " + table + " WHERE id = 1")
	}
	kept := counts()
	exec(`SELECT recount(tgrelid::regclass::text, convert_from(substring(tgargs FROM 1 FOR length(tgargs) - 1), 'UTF8'))
		FROM pg_trigger WHERE tgname = 'count_added'`)
	if honest := counts(); kept != honest || !strings.Contains(kept, "service_id "+fmt.Sprint(p)+" 2 Likes 2 3") {
		t.Errorf("kept:\n%s\nafter a recount:\n%s", kept, honest)
	}
}

func TestTotalsLeaveOutThePanelsThatTheViewerMayNotSee(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	alpha := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	beta := modelstest.Panel(t, db, owner, "Beta", "https://beta.example")
	fold := func() {
		if err := db.FoldCounts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() string {
		viewer, q := modelstest.Viewer(t, db, "owner"), parse(t, models.OrderList, "")
		service, _ := models.OrderList.Filter("service")
		options, err := db.Options(t.Context(), viewer, models.OrderList, q, service, "")
		if err != nil {
			t.Fatal(err)
		}
		n, err := db.Count(t.Context(), viewer, models.OrderList, q)
		if err != nil {
			t.Fatal(err)
		}
		words := fmt.Sprint(n.N, ":")
		for _, o := range options {
			words += fmt.Sprintf(" %d of %s", o.Count, o.Label)
		}
		return words
	}
	want := func(when, want string) {
		t.Helper()
		if got := shown(); got != want {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	of := func(service int64) func(*models.Order) {
		return func(o *models.Order) { o.ServiceID, o.ServiceName = service, fmt.Sprint("Service ", service) }
	}
	modelstest.PutOrders(t, db, alpha.ID, modelstest.Order(alpha.ID, 1, of(7)))
	modelstest.PutOrders(t, db, beta.ID, modelstest.Order(beta.ID, 1, of(7)), modelstest.Order(beta.ID, 2, of(8)))
	want("before they are folded", "3: 2 of Service 7 1 of Service 8")
	fold()
	want("folded", "3: 2 of Service 7 1 of Service 8")
	modelstest.PutOrders(t, db, beta.ID, modelstest.Order(beta.ID, 3, of(7)))
	if err := db.RemovePanel(t.Context(), modelstest.Viewer(t, db, "owner"), beta.ID, "Beta"); err != nil {
		t.Fatal(err)
	}
	want("a removed panel whose orders are still there", "1: 1 of Service 7")
	for done := false; !done; {
		var err error
		if done, err = db.PurgeRemovedPanel(t.Context(), beta.ID, 100); err != nil {
			t.Fatal(err)
		}
		want("a panel that is being purged", "1: 1 of Service 7")
	}
	fold()
	want("a purged panel", "1: 1 of Service 7")
}
