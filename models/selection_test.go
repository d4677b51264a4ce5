package models_test

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func selection(t testing.TB, l *models.List, query string) models.Selection {
	t.Helper()
	s, err := parseSelection(t, l, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}

func parseSelection(t testing.TB, l *models.List, query string) (models.Selection, error) {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return models.ParseSelection(l, values, time.UTC, modelstest.Now(t))
}

// selected returns the ids of a selection's rows for a viewer.
func selected(t testing.TB, db *models.DB, v models.Viewer, query string) []int64 {
	t.Helper()
	var ids []int64
	err := db.EachSelected(t.Context(), v, selection(t, models.OrderList, query), func(keys []models.Key) (bool, error) {
		for _, key := range keys {
			ids = append(ids, key.ID)
		}
		return false, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return ids
}

// twoPanels returns a panel with ten orders and another with one, and an agent who works on the first only.
func twoPanels(t testing.TB) (db *models.DB, owner, agent models.Viewer, mine, other models.Panel) {
	t.Helper()
	db = modelstest.New(t)
	owner = modelstest.Owner(t, db)
	mine = modelstest.Panel(t, db, owner, "Mine", "https://mine.example")
	other = modelstest.Panel(t, db, owner, "Other", "https://other.example")
	owner = modelstest.Viewer(t, db, "owner")
	for id := int64(1); id <= 10; id++ {
		modelstest.PutOrders(t, db, mine.ID, modelstest.Order(mine.ID, id, func(o *models.Order) {
			if id > 7 {
				o.Status, o.ExternalID = "completed", ""
			}
		}))
	}
	modelstest.PutOrders(t, db, other.ID, modelstest.Order(other.ID, 99))
	staff := modelstest.Staff(t, db, "agent", models.RoleAgent, false)
	if err := db.ChangeMember(t.Context(), owner, staff.ID, models.MemberInput{Role: models.RoleAgent, Panels: []int64{mine.ID}}); err != nil {
		t.Fatal(err)
	}
	return db, owner, modelstest.Viewer(t, db, "agent"), mine, other
}

func keyWords(panel models.Panel, ids ...int64) string {
	var keys []models.Key
	for _, id := range ids {
		keys = append(keys, models.Key{PanelID: panel.ID, ID: id})
	}
	return models.FormatKeys(keys)
}

func TestASelectionFindsWhatWasChosenAndNoMore(t *testing.T) {
	t.Parallel()
	db, owner, agent, mine, other := twoPanels(t)
	for query, want := range map[string][]int64{
		"ids=" + keyWords(mine, 2, 9, 2):                       {9, 2}, // in the list's order, without duplicates
		"status=pending&ids=" + keyWords(mine, 2, 9):           {9, 2}, // even if its status changed since
		"sort=-charge&ids=" + keyWords(mine, 2, 9, 404):        {9, 2}, // one no longer exists
		"all=1&status=completed":                               {10, 9, 8},
		"all=1&status=completed&ids=" + keyWords(mine, 9, 1):   {10, 8},
		"all=1&panel=" + idWord(other.ID):                      {99},
		"ids=" + keyWords(mine, 3) + "," + keyWords(other, 99): {99, 3},
	} {
		if got := selected(t, db, owner, query); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"ids=" + keyWords(other, 99), "all=1&panel=" + idWord(other.ID)} {
		if got := selected(t, db, agent, query); len(got) > 0 {
			t.Errorf("%s: another's panel gives %v", query, got)
		}
	}
	if got := selected(t, db, agent, "all=1"); len(got) != 10 {
		t.Errorf("all of the agent's: got %v", got)
	}
}

func TestASelectionThatIsNotUnderstoodIsRefusedAndNeverWider(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "ids=", "ids=x", "ids=1-2,3", "ids=1-2-3", "ids=1-99999999999999999999", "all=1&ids=nonsense", "all=1&service=x",
		"all=1&after=x", "all=1&sort=nothing", "ids=" + strings.Repeat("1-1,", 10_001), "status=completed"} {
		_, err := parseSelection(t, models.OrderList, query)
		var invalid models.Invalid
		if !errors.As(err, &invalid) {
			t.Errorf("%.60s: got %v, want a message", query, err)
		}
	}
}

func TestWhatIsCopiedIsOfTheChosenRowsAndLogged(t *testing.T) {
	t.Parallel()
	db, owner, agent, mine, other := twoPanels(t)
	for _, c := range []struct{ what, query, want string }{
		{"ids", "ids=" + keyWords(mine, 2, 9), "9 2"},
		{"provider_ids", "ids=" + keyWords(mine, 2, 9), "88000002"}, // the other has none
		{"links", "all=1&q=99", "https://instagram.com/p/99"},
	} {
		what, _ := models.OrderList.Copy(c.what)
		got, err := db.CopySelected(t.Context(), owner, selection(t, models.OrderList, c.query), what)
		if err != nil || strings.Join(got.Lines, " ") != c.want || got.More {
			t.Errorf("%s of %s: got %v, %v, want %s", c.what, c.query, got, err, c.want)
		}
	}
	ids, _ := models.OrderList.Copy("ids")
	got, err := db.CopySelected(t.Context(), agent, selection(t, models.OrderList, "ids="+keyWords(mine, 1)+","+keyWords(other, 99)), ids)
	if err != nil || got.Rows != 1 || got.Panels != 1 {
		t.Errorf("the agent's: got %+v, %v", got, err)
	}
	if last := activityOf(t, db, agent, "")[0]; last.Action != models.ActCopy || last.Changes[len(last.Changes)-1].New != "1 IDs" {
		t.Errorf("the log: got %+v", last)
	}
}

// A person without PermExport cannot copy a whole list line by line either.
func TestCopyingHasALimitThatIsToldAndALowerOneWithoutThePermissionToExport(t *testing.T) {
	t.Parallel()
	db, owner, agent, mine, _ := twoPanels(t)
	var many []models.Order
	for id := int64(1000); id < 1000+models.MaxCopied; id++ {
		many = append(many, modelstest.Order(mine.ID, id))
	}
	modelstest.PutOrders(t, db, mine.ID, many...)
	ids, _ := models.OrderList.Copy("ids")
	for v, want := range map[*models.Viewer]int{&owner: models.MaxCopied, &agent: 500} {
		got, err := db.CopySelected(t.Context(), *v, selection(t, models.OrderList, "all=1"), ids)
		if err != nil || got.Rows != want || len(got.Lines) != want || !got.More || got.NoExport != (v == &agent) {
			t.Errorf("%s: got %d rows, more %v, no export %v, %v", v.Username, got.Rows, got.More, got.NoExport, err)
		}
	}
}

func idWord(id int64) string { return strconv.FormatInt(id, 10) }
