package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func service(panelID, id int64, rate string, change ...func(*models.Service)) models.Service {
	s := models.Service{Key: models.Key{PanelID: panelID, ID: id}, Name: fmt.Sprint("Likes ", id), Category: "Likes", Type: "Default",
		Rate: modelstest.Amount(rate), Min: new(int64(10)), Max: new(int64(1000))}
	for _, f := range change {
		f(&s)
	}
	s.Raw = fmt.Appendf(nil, `{"service":%d,"rate":"%s","name":"%s","max":%d,"refill":%t}`, id, rate, s.Name, *s.Max, s.Refill)
	return s
}

func TestWhatChangesInServicesIsKept(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example").ID
	v := modelstest.Viewer(t, db, "owner")
	at := modelstest.Now(t).Add(-time.Hour)
	read := func(bad int, services ...models.Service) {
		t.Helper()
		at = at.Add(time.Minute)
		if _, err := db.PutServices(t.Context(), p, services, bad, at); err != nil {
			t.Fatal(err)
		}
	}
	history := func(v models.Viewer) string {
		t.Helper()
		page, err := db.ServiceChanges(t.Context(), v, parse(t, models.ServiceChangeList, ""))
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, c := range page.Rows {
			words = append(words, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s", c.ServiceID, c.Kind, c.Field, c.Old, c.New)))
		}
		return strings.Join(words, "; ")
	}
	read(0, service(p, 1, "1.50"), service(p, 2, "2"))
	read(0, service(p, 1, "1.5"), service(p, 2, "2"))
	if got := history(v); got != "" {
		t.Errorf("first services, and rates that are written otherwise, are told as changes: %s", got)
	}
	read(0, service(p, 1, "1.60", func(s *models.Service) { s.Max, s.Refill = new(int64(5000)), true }), service(p, 3, "3"))
	read(1, service(p, 1, "1.60", func(s *models.Service) { s.Max, s.Refill = new(int64(5000)), true })) // not complete: 3 may still exist
	read(0, service(p, 1, "1.60", func(s *models.Service) { s.Max, s.Refill = new(int64(5000)), true }), service(p, 2, "2"), service(p, 3, "3"))
	want := "2 back; 2 removed; 3 new; 1 changed refill false true; 1 changed max 1000 5000; 1 changed rate 1.5 1.6"
	if got := history(v); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	late := at
	at = at.Add(-10 * time.Minute)
	read(0, service(p, 1, "9"))
	at = late
	if got := history(v); got != want {
		t.Errorf("an older answer is told as news: %s", got)
	}
	v.Role, v.Taken = models.RoleAgent, []models.Permission{models.PermSeeMoney}
	if got := history(v); strings.Contains(got, "rate") {
		t.Errorf("who may not see money is told %s", got)
	}
	v.Panels = nil
	if got := history(v); got != "" {
		t.Errorf("who may not see the panel is told %s", got)
	}
}

func TestAServicesOrdersAndProblemsAreCountedWhenServicesAreRead(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example").ID
	var orders []models.Order
	for id, status := range map[int64]string{1: "completed", 2: "partial", 3: "canceled", 4: "fail", 5: "pending"} {
		orders = append(orders, modelstest.Order(p, id, func(o *models.Order) { o.ServiceID, o.Status, o.CreatedAt = 2, status, c.now().Add(-time.Hour) }))
	}
	orders = append(orders, modelstest.Order(p, 6, func(o *models.Order) { o.ServiceID, o.Status, o.CreatedAt = 2, "fail", c.now().AddDate(0, 0, -31) }))
	modelstest.PutOrders(t, db, p, orders...)
	if _, err := db.PutServices(t.Context(), p, []models.Service{service(p, 1, "1"), service(p, 2, "2")}, 0, c.now()); err != nil {
		t.Fatal(err)
	}
	page, err := db.Services(t.Context(), modelstest.Viewer(t, db, "owner"), parse(t, models.ServiceList, "sort=-problems"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range page.Rows {
		got = append(got, fmt.Sprintf("%d: %d orders, %d problems", s.ID, s.Orders30, s.Problems30))
	}
	if want := "2: 5 orders, 3 problems; 1: 0 orders, 0 problems"; strings.Join(got, "; ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "; "), want)
	}
	modelstest.PutOrders(t, db, p, modelstest.Order(p, 9, func(o *models.Order) { o.ServiceID, o.CreatedAt = 1, c.now() }))
	for _, want := range []int{1, 0} { // it is reported once
		if changed, err := db.CountServices(t.Context()); err != nil || len(changed) != want {
			t.Errorf("numbers changed on %v (%v), want %d panels", changed, err, want)
		}
	}
}
