package models_test

import (
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestACountKeyHoldsWhatTheNumbersDependOn(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	alpha := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	one := modelstest.Viewer(t, db, "owner")
	modelstest.Panel(t, db, owner, "Beta", "https://beta.example")
	both := modelstest.Viewer(t, db, "owner")
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	anna := modelstest.Viewer(t, db, "anna")
	chosen := both
	chosen.Selection = []int64{alpha.ID}

	key := func(l *models.List, v models.Viewer, query string) string { return l.CountKey(v, parse(t, l, query)) }
	seen := map[string]string{}
	for _, query := range []string{"", "status=pending", "status=pending&status=error", "mode=pending", "status=pending+error", "created=today", "created=yesterday"} {
		name := "both panels, " + query
		k := key(models.OrderList, both, query)
		if other, there := seen[k]; there || k == "" {
			t.Errorf("%s: the key %q is that of %q", name, k, other)
		}
		seen[k] = name
	}
	plain := key(models.OrderList, both, "")
	if key(models.OrderList, one, "") == plain {
		t.Error("who sees one panel has the key of who sees two")
	}
	if got, want := key(models.OrderList, chosen, ""), key(models.OrderList, one, ""); got != want {
		t.Errorf("one of two panels chosen: got %q, want that of who has one, %q", got, want)
	}
	if key(models.OrderList, anna, "per=25&sort=charge") != plain {
		t.Error("another page of the same rows has another key")
	}
	if key(models.TicketList, anna, "") == key(models.TicketList, both, "") {
		t.Error("my tickets are counted as yours")
	}
	for _, query := range []string{"q=anna", "status=pending&q=1"} {
		if k := key(models.OrderList, both, query); k != "" {
			t.Errorf("%q: a search has the key %q, want none", query, k)
		}
	}
	if k := key(models.ActivityList, both, ""); k != "" {
		t.Errorf("the activity log has the key %q, want none", k)
	}
}
