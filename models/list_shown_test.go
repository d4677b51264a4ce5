package models_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestRowsThatAreLookedAtStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	foreign := modelstest.Panel(t, db, owner, "Beta", "https://beta.example")
	var orders []models.Order
	for id := int64(1); id <= 40; id++ {
		orders = append(orders, modelstest.Order(p.ID, id, func(o *models.Order) { o.Status = "pending" }))
	}
	modelstest.PutOrders(t, db, p.ID, orders...)
	modelstest.PutOrders(t, db, foreign.ID, modelstest.Order(foreign.ID, 1))
	viewer := modelstest.Viewer(t, db, "owner")
	viewer.Panels = viewer.Panels[:1]
	read := func(shown string) models.Page[models.Order] {
		t.Helper()
		q := models.ParseListQuery(models.OrderList, url.Values{"status": {"pending"}, "per": {"25"}}, time.UTC, modelstest.Now(t))
		q.Shown = models.ParseShown(shown)
		page, err := db.Orders(t.Context(), viewer, q)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	first := read("")
	shown := models.FormatKeys(first.Keys())
	// Two orders arrive and one leaves the filter, so the orders at the end of the page are pushed off or stay.
	modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 41, func(o *models.Order) { o.Status = "pending" }),
		modelstest.Order(p.ID, 42, func(o *models.Order) { o.Status = "pending" }), modelstest.Order(p.ID, 30, func(o *models.Order) { o.Status = "completed" }))
	now := read(shown)
	if got := models.FormatKeys(now.Keys()); got != shown || now.Waiting != 2 || now.Matching != 25 {
		t.Errorf("%d wait, %d match; got %s, want %s", now.Waiting, now.Matching, got, shown)
	}
	if now.Rows[10].ID != 30 || now.Rows[10].Status != "completed" {
		t.Errorf("the row that left is %d, %s", now.Rows[10].ID, now.Rows[10].Status)
	}
	if got := read(fmt.Sprintf("%s,%d-1", shown, foreign.ID)); models.FormatKeys(got.Keys()) != shown {
		t.Error("a row of a panel that is not theirs is shown to who claims to show it")
	}
	if got := read(fmt.Sprintf("%d-1,%d-1,%d-999", foreign.ID, foreign.ID, p.ID)); got.Waiting != 0 || len(got.Rows) != 25 || got.Rows[0].ID != 42 {
		t.Errorf("of who shows nothing that there is %d rows wait", got.Waiting)
	}
	if got := read(fmt.Sprintf("%d-3,%d-2", p.ID, p.ID)); got.Waiting != 25 || models.FormatKeys(got.Keys()) != fmt.Sprintf("%d-3,%d-2", p.ID, p.ID) {
		t.Errorf("%d wait before rows that were all pushed off: %s", got.Waiting, models.FormatKeys(got.Keys()))
	}
}
