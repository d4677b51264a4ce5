package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// ordersOf fills a panel with n orders whose IDs start at 1. Every second one is completed.
func ordersOf(t testing.TB, s *site, owner models.Viewer, name string, n int, change ...func(*models.Order)) int64 {
	t.Helper()
	p := modelstest.Panel(t, s.db, owner, name, "https://"+strings.ToLower(name)+".example")
	var orders []models.Order
	for id := range n {
		o := modelstest.Order(p.ID, int64(id+1), change...)
		if id%2 == 1 {
			o.Status = "completed"
		}
		orders = append(orders, o)
	}
	modelstest.PutOrders(t, s.db, p.ID, orders...)
	return p.ID
}

func column(t testing.TB, records [][]string, head string) []string {
	t.Helper()
	i := slices.Index(records[0], head)
	if i < 0 {
		t.Fatalf("there is no column %s in %v", head, records[0])
	}
	var cells []string
	for _, record := range records[1:] {
		cells = append(cells, record[i])
	}
	return cells
}

func TestWhoAsksForTheHeadOfAFileTakesNothingAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	ordersOf(t, s, owner, "Alpha", 3)
	modelstest.Staff(t, s.db, "agent", models.RoleAgent, true)
	head := func(path string) answer { return s.do(httptest.NewRequest(http.MethodHead, path, nil)) }
	s.as("owner")
	for _, path := range []string{"/orders.csv", "/activity.csv"} {
		got := head(path)
		got.expect(t, 200)
		if got.Header.Get("Content-Disposition") == "" || got.Body != "" {
			t.Errorf("%s: got %v and %q", path, got.Header, got.Body)
		}
	}
	s.as("agent")
	if got := head("/orders.csv"); got.Status != 403 {
		t.Errorf("somebody who may not export: got %d", got.Status)
	}
	page, err := s.db.Activities(t.Context(), owner, models.ParseListQuery(models.ActivityList, url.Values{"action": {string(models.ActExport)}}, time.UTC, modelstest.Now(t)))
	if err != nil || len(page.Rows) != 0 {
		t.Errorf("the activity log says %v, %v", page.Rows, err)
	}
}

func TestAFileHoldsEveryRowOfTheListInItsOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	const n = 2300 // more than two portions
	ordersOf(t, s, owner, "Alpha", n, func(o *models.Order) { o.Link, o.UserName = "=1+1", "@anna" })
	ordersOf(t, s, owner, "Beta", 3)
	file := s.as("owner").get("/orders.csv?status=completed&sort=created&panel=1&bom=1&per=25")
	file.expect(t, 200)
	records := readCSV(t, file.Body)
	ids := column(t, records, "ID")
	if len(ids) != n/2 || ids[0] != "2" || ids[len(ids)-1] != fmt.Sprint(n) || !slices.Contains(column(t, records, "Link"), "'=1+1") {
		t.Errorf("%d rows from %s to %s: %v", len(ids), ids[0], ids[len(ids)-1], records[1])
	}
	want := "Panel ID User Charge Currency Link Start count Quantity Service ID Service Status Remains Created Mode Provider Provider order ID"
	if got := strings.Join(records[0], " "); got != want {
		t.Errorf("the heads are %s", got)
	}
	if got := strings.Join(records[1][:12], " "); got != "ALPHA 2 '@anna 5 USD '=1+1 1200 1000 171 Instagram Likes Completed 400" {
		t.Errorf("a row is %s", got)
	}
	if plain := s.get("/orders.csv"); strings.HasPrefix(plain.Body, "\uFEFF") || strings.Count(plain.Body, "\r\n") != n+4 {
		t.Errorf("without bom=1 the file begins with %.20q and has %d lines", plain.Body, strings.Count(plain.Body, "\r\n"))
	}
	s.get("/orders?sort=created&status=completed").expect(t, 200, `href="/orders.csv?bom=1&amp;sort=created&amp;status=completed"`)
	s.get("/activity?action=export").expect(t, 200, "Rows:", fmt.Sprint(n/2), "orders")
}

func TestAFileHoldsChosenRowsOnlyAndOnlyThoseOfTheViewersPanels(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	ours := ordersOf(t, s, owner, "Alpha", 5)
	theirs := ordersOf(t, s, owner, "Beta", 5)
	admin := modelstest.Staff(t, s.db, "admin", models.RoleAdmin, false)
	if err := s.db.ChangeMember(t.Context(), modelstest.Viewer(t, s.db, "owner"), admin.ID, models.MemberInput{Role: models.RoleAdmin, Panels: []int64{ours}}); err != nil {
		t.Fatal(err)
	}
	chosen := fmt.Sprintf("%d-4,%d-2,%d-3,junk,%d-999", ours, ours, theirs, ours)
	s.as("admin")
	file := s.post("/orders.csv?sort=created", url.Values{"ids": {chosen}, "bom": {"1"}})
	file.expect(t, 200)
	if got := strings.Join(column(t, readCSV(t, file.Body), "ID"), " "); got != "2 4" {
		t.Errorf("got %s", got)
	}
	if got := s.get("/orders.csv?ids=junk").Body; strings.Count(got, "\r\n") != 1 {
		t.Errorf("names that are none choose everything: %s", got)
	}
	s.get("/activity?action=export").expect(t, 200, "Chosen rows:")
}

func TestAFileLeavesOutWhatTheViewerMayNotSee(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	id := ordersOf(t, s, owner, "Alpha", 1, func(o *models.Order) { o.Charge = modelstest.Amount("7771.11") })
	blind := modelstest.Staff(t, s.db, "blind", models.RoleAdmin, true)
	if err := s.db.ChangeMember(t.Context(), modelstest.Viewer(t, s.db, "owner"), blind.ID,
		models.MemberInput{Role: models.RoleAdmin, Panels: []int64{id}, Taken: []models.Permission{models.PermSeeMoney, models.PermSeeEmails}}); err != nil {
		t.Fatal(err)
	}
	s.as("blind")
	for _, noun := range []string{"orders", "users", "payments", "services"} {
		file := s.get("/" + noun + ".csv?sort=-charge")
		file.expect(t, 200)
		for _, secret := range []string{"7771", "Charge", "Currency", "Balance", "Spent", "Amount", "Rate", "E-mail", "Discount"} {
			if strings.Contains(file.Body, secret) {
				t.Errorf("%s.csv holds %s: %s", noun, secret, file.Body)
			}
		}
	}
}

func TestAFileNeedsAFreshProof(t *testing.T) {
	t.Parallel()
	now := modelstest.Now(t)
	s := newSite(t, func(c *Config) { c.Now = func() time.Time { return now } })
	modelstest.Owner(t, s.db)
	s.as("owner")
	now = now.Add(time.Hour)
	file := s.get("/orders.csv?status=pending&bom=1")
	if to := file.Header.Get("Location"); file.Status != 303 || to != "/confirm?next="+url.QueryEscape("/orders.csv?status=pending&bom=1") {
		t.Fatalf("got %d and %s", file.Status, to)
	}
	proved := s.post("/confirm", url.Values{"next": {"/orders.csv?status=pending&bom=1"}, "confirm_proof": {modelstest.Password}})
	proved.expect(t, 200, "Your file is on its way", `href="/orders?status=pending"`)
	if got := proved.Header.Get("Refresh"); got != "0; url=/orders.csv?status=pending&bom=1" {
		t.Errorf("the browser is sent to %s", got)
	}
}

// TestEveryColumnIsInTheFile fails if a list shows a column that its file lacks.
func TestEveryColumnIsInTheFile(t *testing.T) {
	t.Parallel()
	has := map[string]func(string) bool{
		"orders": in(orderFile), "tickets": in(ticketFile), "users": in(userFile), "payments": in(paymentFile), "services": in(serviceFile),
	}
	for _, l := range []*models.List{models.OrderList, models.TicketList, models.UserList, models.PaymentList, models.ServiceList} {
		for _, c := range l.Columns {
			if !c.Never && c.Name != "actions" && !has[l.Noun](c.Name) { // buttons have no text
				t.Errorf("%s: %s is not in the file", l.Noun, c.Name)
			}
		}
	}
}

func in[T any](columns map[string]fileColumn[T]) func(string) bool {
	return func(name string) bool { _, ok := columns[name]; return ok }
}
