package models_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func parse(t testing.TB, l *models.List, query string) models.ListQuery {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return models.ParseListQuery(l, values, time.UTC, time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
}

// listOrders returns the ids on the page for a query string, and the page.
func listOrders(t testing.TB, db *models.DB, v models.Viewer, query string) ([]int64, models.Page[models.Order]) {
	t.Helper()
	page, err := db.Orders(t.Context(), v, parse(t, models.OrderList, query))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	ids := []int64{}
	for _, o := range page.Rows {
		ids = append(ids, o.ID)
	}
	return ids, page
}

func TestOrdersAreFiltered(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	owner = modelstest.Viewer(t, db, "owner")
	modelstest.PutOrders(t, db, p.ID,
		modelstest.Order(p.ID, 1),
		modelstest.Order(p.ID, 2, func(o *models.Order) { o.Status, o.UserName = "completed", "bob" }),
		modelstest.Order(p.ID, 3, func(o *models.Order) { o.Mode, o.Provider, o.ServiceID = "manual", "", 9 }),
		modelstest.Order(p.ID, 4, func(o *models.Order) { o.Link, o.Source = "@100%_sure", "new_order_form" }),
	)
	for query, want := range map[string][]int64{
		"":                            {4, 3, 2, 1},
		"status=completed":            {2},
		"status=completed&status=bad": {2},
		"mode=manual":                 {3},
		"provider=none":               {3},
		"provider=provider.example":   {4, 2, 1},
		"service=9":                   {3},
		"service=009":                 {3},
		"service=x":                   {4, 3, 2, 1}, // invalid, so it is ignored
		"source=new_order_form":       {4},
		"q=3":                         {3},
		"q=88000002":                  {2}, // the provider's order id
		"q=1,+2%0A4":                  {4, 2, 1},
		"q=bo":                        {2},
		"q=BOB":                       {2},
		"q=instagram.com/p/1":         {1},
		"q=%40100%25_":                {4}, // % and _ are not wildcards
		"q=%25":                       {},
		"q=%00":                       {4, 3, 2, 1},
		"created=yesterday":           {4, 3, 2, 1},
		"created=today":               {},
		"created_from=2026-03-02":     {},
		"created_to=2026-03-01":       {4, 3, 2, 1},
		"sort=id":                     {1, 2, 3, 4},
		"sort=-quantity":              {4, 3, 2, 1},
		"sort=raw":                    {4, 3, 2, 1},
		"panel=999":                   {},
		"after=garbage":               {4, 3, 2, 1},
	} {
		if got, _ := listOrders(t, db, owner, query); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
	}
}

func TestPagingForwardAndBackMeetsEveryRowOnce(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	same := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, name := range []string{"Alpha", "Beta"} {
		p := modelstest.Panel(t, db, owner, name, "https://"+name+".example")
		for id := range int64(60) {
			modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, id+1, func(o *models.Order) { o.CreatedAt = same.Add(time.Duration(id/20) * time.Millisecond) }))
		}
	}
	owner = modelstest.Viewer(t, db, "owner")
	for _, sort := range []string{"-created", "created", "charge", "-id"} {
		base := "per=25&sort=" + sort
		seen, query, pages := map[string]bool{}, base, []string{}
		var last models.Page[models.Order]
		for {
			ids, page := listOrders(t, db, owner, query)
			for i, o := range page.Rows {
				seen[fmt.Sprint(o.PanelID, "-", ids[i])] = true
			}
			pages = append(pages, fmt.Sprint(ids))
			last = page
			if page.Next == "" {
				break
			}
			query = base + "&after=" + page.Next
		}
		if len(seen) != 120 || len(pages) != 5 {
			t.Errorf("%s: %d rows on %d pages, want 120 on 5", sort, len(seen), len(pages))
		}
		for i := len(pages) - 2; i >= 0; i-- {
			ids, page := listOrders(t, db, owner, base+"&before="+last.Prev)
			if fmt.Sprint(ids) != pages[i] {
				t.Errorf("%s: page %d going back differs", sort, i)
			}
			last = page
		}
		if last.Prev != "" {
			t.Errorf("%s: the first page has a previous one", sort)
		}
	}
}

func TestForgedCursorsNeverFail(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	for _, cursor := range []string{
		"eyJzIjoiLWNyZWF0ZWQiLCJrIjoieCcgT1IgMT0xIn0", "eyJzIjoiLWNyZWF0ZWQiLCJrIjoiMjAyNi0wMS0wMSJ9", "%00", "e30", "bnVsbA",
		"eyJzIjoiLWNyZWF0ZWQiLCJrIjoiMjAyNi0wMS0wMSAwMDowMDowMCsyMCIsInAiOjEsImkiOjF9", // a zone that PostgreSQL does not have
	} {
		for _, sort := range []string{"-created", "charge", "id"} {
			q := parse(t, models.OrderList, "sort="+sort+"&after="+cursor)
			if _, err := db.Orders(t.Context(), owner, q); err != nil {
				t.Errorf("%s by %s: %v", cursor, sort, err)
			}
		}
	}
}

func TestAViewerSeesOnlyTheirPanels(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	mine := modelstest.Panel(t, db, owner, "Mine", "https://mine.example")
	other := modelstest.Panel(t, db, owner, "Other", "https://other.example")
	modelstest.PutOrders(t, db, mine.ID, modelstest.Order(mine.ID, 1))
	modelstest.PutOrders(t, db, other.ID, modelstest.Order(other.ID, 2))
	modelstest.Staff(t, db, "agent", models.RoleAgent, false)
	agent := modelstest.Viewer(t, db, "agent")
	agent.Panels = []models.PanelRef{{ID: mine.ID, Name: "Mine"}}

	for _, query := range []string{"", fmt.Sprint("panel=", other.ID), fmt.Sprintf("panel=%d&panel=%d", mine.ID, other.ID),
		"q=2", "q=1,2", "q=instagram.com", "status=in_progress", "sort=charge"} {
		ids, _ := listOrders(t, db, agent, query)
		if slices.Contains(ids, 2) {
			t.Errorf("%q shows an order of another panel", query)
		}
		q := parse(t, models.OrderList, query)
		if n, err := db.Count(t.Context(), agent, models.OrderList, q); err != nil || n.N > 1 {
			t.Errorf("%q counts %d, %v", query, n.N, err)
		}
		tabs, err := db.Tabs(t.Context(), agent, models.OrderList, q)
		if err != nil || tabs[0].Count.N > 1 {
			t.Errorf("%q: tabs %v, %v", query, tabs, err)
		}
	}
	for _, f := range models.OrderList.Filters {
		options, err := db.Options(t.Context(), agent, models.OrderList, parse(t, models.OrderList, ""), f, "")
		if err != nil || len(options) != 1 || options[0].Count != 1 {
			t.Errorf("options of %s: %v, %v, want one of count 1", f.Name, options, err)
		}
	}
	if _, err := db.Order(t.Context(), agent, models.Key{PanelID: other.ID, ID: 2}); err != models.ErrNotFound {
		t.Errorf("the other panel's order: got %v, want ErrNotFound", err)
	}
	if same, err := db.OrdersOnLink(t.Context(), agent, modelstest.Order(mine.ID, 2), 10); err != nil || len(same) != 0 {
		t.Errorf("orders on the link: %v, %v, want none", same, err)
	}
}

func TestTotalsAreExactAndThenEstimated(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	owner = modelstest.Viewer(t, db, "owner")
	var rows []models.Order
	for id := range int64(models.CountLimit + 500) {
		rows = append(rows, modelstest.Order(p.ID, id+1))
	}
	modelstest.PutOrders(t, db, p.ID, rows[:700]...)
	n, err := db.Count(t.Context(), owner, models.OrderList, parse(t, models.OrderList, ""))
	if err != nil || n.N != 700 || n.About {
		t.Errorf("got %+v, %v, want exactly 700", n, err)
	}
	modelstest.PutOrders(t, db, p.ID, rows...)
	n, err = db.Count(t.Context(), owner, models.OrderList, parse(t, models.OrderList, ""))
	if err != nil || n.N != models.CountLimit+500 || n.About {
		t.Errorf("unfiltered: got %+v, %v, want exactly %d", n, err, models.CountLimit+500)
	}
	n, err = db.Count(t.Context(), owner, models.OrderList, parse(t, models.OrderList, "mode=auto"))
	if err != nil || n.N != models.CountLimit+500 || n.About {
		t.Errorf("one filter: got %+v, %v, want exactly %d", n, err, models.CountLimit+500)
	}
	n, err = db.Count(t.Context(), owner, models.OrderList, parse(t, models.OrderList, "mode=auto&source=api"))
	if err != nil || n.N < models.CountLimit || !n.About {
		t.Errorf("two filters: got %+v, %v, want about more than the limit", n, err)
	}
}

func FuzzParseListQuery(f *testing.F) {
	for _, seed := range []string{"panel=1&status=x&q=%00", "after=e30&sort=-id", "created=7d&created_from=2026-02-30", "per=9&service=-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		for _, l := range []*models.List{models.OrderList, models.TicketList, models.UserList, models.PaymentList, models.ServiceList, models.ActivityList} {
			q := models.ParseListQuery(l, values, time.UTC, modelstest.Now(t))
			again := models.ParseListQuery(l, q.Params(l), time.UTC, modelstest.Now(t))
			if got, want := again.Params(l).Encode(), q.Params(l).Encode(); got != want {
				t.Errorf("%q: parameters are not stable: %q, then %q", query, want, got)
			}
		}
	})
}
