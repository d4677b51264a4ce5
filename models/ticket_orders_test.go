package models_test

import (
	"slices"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestOrdersThatATicketNamesAreFoundOnItsPanelAndTheRestIsAskedForOnce(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.orders(1, 2)
	find := func(v models.Viewer) models.NamedOrders {
		t.Helper()
		named, err := a.db.NamedOrders(t.Context(), v, a.panel.ID, []int64{2, 999001, 1})
		if err != nil {
			t.Fatal(err)
		}
		return named
	}
	watched := func() []int64 {
		t.Helper()
		ids, err := a.db.Watched(t.Context(), models.StreamKey{PanelID: a.panel.ID, Resource: models.Orders}, time.Time{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	named := find(a.owner)
	if len(named.Found) != 2 || named.Found[0].ID != 2 || !slices.Equal(named.Awaited, []int64{999001}) || !slices.Equal(watched(), []int64{999001}) {
		t.Errorf("got %d orders, awaited %v, watched %v", len(named.Found), named.Awaited, watched())
	}
	a.turn(time.Minute)
	if named = find(a.owner); len(named.Awaited) != 0 || len(watched()) != 0 {
		t.Errorf("a minute later: awaited %v, watched %v, want it left alone", named.Awaited, watched())
	}
	modelstest.Staff(t, a.db, "stranger", models.RoleAgent, false)
	if named = find(modelstest.Viewer(t, a.db, "stranger")); len(named.Found)+len(named.Awaited) != 0 {
		t.Errorf("a stranger got %+v", named)
	}
	a.turn(2 * time.Hour)
	if err := a.db.PurgeOrderLookups(t.Context()); err != nil {
		t.Fatal(err)
	}
	if named = find(a.owner); !slices.Equal(named.Awaited, []int64{999001}) {
		t.Errorf("hours later: awaited %v, want it asked for again", named.Awaited)
	}
}
