package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// pending returns the orders that the list marks as pending.
func (a *archive) pending() string {
	a.Helper()
	page, err := a.db.Orders(a.Context(), a.owner, parse(a, models.OrderList, "sort=id"))
	if err != nil {
		a.Fatal(err)
	}
	if err := a.db.MarkPending(a.Context(), a.owner, page.Rows); err != nil {
		a.Fatal(err)
	}
	acted, err := a.db.OrdersActedOn(a.Context(), a.owner)
	if err != nil {
		a.Fatal(err)
	}
	var ids []string
	for _, o := range page.Rows {
		if o.Pending {
			ids = append(ids, fmt.Sprint(o.ID))
			if !acted.May(o.Key) || !acted.Any() {
				a.Errorf("%d is pending though it cannot be", o.ID)
			}
		} else if o.ID == 3 && acted.May(o.Key) {
			a.Error("an order that nobody touched may be pending")
		}
	}
	return strings.Join(ids, " ")
}

func TestTheListMarksOrdersUntilAReadShowsWhatWasDone(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	put := func(at time.Time, orders ...models.Order) {
		t.Helper()
		if _, err := a.db.PutOrders(t.Context(), a.panel.ID, orders, at); err != nil {
			t.Fatal(err)
		}
	}
	put(a.now(), modelstest.Order(a.panel.ID, 1), modelstest.Order(a.panel.ID, 2), modelstest.Order(a.panel.ID, 3))
	n := a.form("refused", models.KindChangeStatus)
	n.TargetID = 2
	refused, moved := a.enqueue(a.owner, n), a.enqueue(a.owner, a.form("moved", models.KindChangeStatus))
	want := func(when, ids string) {
		t.Helper()
		if got := a.pending(); got != ids {
			t.Errorf("%s: %q is marked, want %q", when, got, ids)
		}
	}
	want("both are queued", "1 2")
	if acted, err := a.db.OrdersActedOn(t.Context(), models.Viewer{StaffID: 9}); acted.Any() || err != nil {
		t.Errorf("on no panel: got %v, %v", acted, err)
	}
	sending := []models.PanelAction{a.sent(refused), a.sent(moved)}
	want("both are on their way", "1 2")
	for i, state := range []models.ActionState{models.ActionRefused, models.ActionDone} {
		if err := a.db.EndAction(t.Context(), sending[i], state, ""); err != nil {
			t.Fatal(err)
		}
	}
	want("one is done and not read, the other refused", "1")
	put(a.now().Add(time.Second), modelstest.Order(a.panel.ID, 1, func(o *models.Order) { o.Status = "completed" }))
	want("the read shows it", "")
}
