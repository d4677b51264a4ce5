package models_test

import (
	"slices"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// laid stores a layout and returns the names of the columns that its owner then has.
func laid(t *testing.T, db *models.DB, username string, l *models.List, layout models.Layout) (shown, offered []string) {
	t.Helper()
	if err := db.SetLayout(t.Context(), modelstest.Viewer(t, db, username), l, layout); err != nil {
		t.Fatal(err)
	}
	v := modelstest.Viewer(t, db, username)
	return names(l.Shown(v)), names(l.Offered(v))
}

func names(columns []models.Column) []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.Name)
	}
	return all
}

func TestALayoutOrdersAndHidesColumns(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Owner(t, db)
	shown, offered := laid(t, db, "owner", models.UserList, models.Layout{
		Columns: []string{"status", "nonsense", "status", "email", "id"}, Hidden: []string{"email", "id", "spent"}})
	want := []string{"status", "id", "panel", "username", "balance", "created", "last_auth", "discount"}
	if !slices.Equal(shown, want) {
		t.Errorf("shown: got %v, want %v: the id stays, what is not named stands at the end", shown, want)
	}
	if want := []string{"status", "email", "id"}; !slices.Equal(offered[:3], want) || len(offered) != len(models.UserList.Columns) {
		t.Errorf("offered: got %v, want all of them and %v first", offered, want)
	}
	if shown, _ := laid(t, db, "owner", models.TicketList, models.Layout{Compact: true}); len(shown) != len(models.TicketList.Columns) {
		t.Errorf("rows that are only denser lost columns: %v", shown)
	}
	if own := modelstest.Viewer(t, db, "owner").Layouts["users"].Own(); !own {
		t.Error("the layout of one list ended that of another")
	}
	if shown, _ := laid(t, db, "owner", models.UserList, models.Layout{}); !slices.Equal(shown, names(models.UserList.Columns)) {
		t.Errorf("after the reset: got %v", shown)
	}
}

func TestALayoutOffersNoColumnThatItsOwnerMayNotSee(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Owner(t, db)
	modelstest.Staff(t, db, "viewer", models.RoleViewer, true)
	layout := models.Layout{Columns: []string{"charge", "panel", "id"}}
	shown, offered := laid(t, db, "viewer", models.OrderList, layout)
	if slices.Contains(shown, "charge") || slices.Contains(offered, "charge") {
		t.Errorf("got the charge in %v of %v", shown, offered)
	}
	if shown, _ := laid(t, db, "owner", models.OrderList, layout); shown[0] != "charge" {
		t.Errorf("got %v, want the charge first", shown)
	}
}

func TestAColumnMovesOnePlaceAndStopsAtTheEnds(t *testing.T) {
	t.Parallel()
	layout := models.Layout{Columns: []string{"a", "b", "c"}}
	for _, test := range []struct {
		name string
		by   int
		want []string
	}{
		{"b", -1, []string{"b", "a", "c"}}, {"b", 1, []string{"a", "c", "b"}}, {"a", -1, []string{"a", "b", "c"}},
		{"c", 1, []string{"a", "b", "c"}}, {"x", 1, []string{"a", "b", "c"}},
	} {
		if got := layout.Move(test.name, test.by).Columns; !slices.Equal(got, test.want) {
			t.Errorf("%s by %d: got %v, want %v", test.name, test.by, got, test.want)
		}
	}
}
