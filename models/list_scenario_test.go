//go:build scenario

package models_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// rounds is how often each case runs, each time with other values if possible.
const rounds = 20

// asked is one case: the calls that a page view makes to models, given the number of the round.
type asked struct {
	name string
	ask  func(round int) error
}

// listWorld is a generated world with the values for its cases.
type listWorld struct {
	testing.TB
	db         *models.DB
	conn       *pgx.Conn
	owner      models.Viewer
	statements []string
	cases      []asked
}

// timing is the duration of a case in milliseconds: through models, and the same statements through pgx alone.
type timing struct{ p50, p95, pgx float64 }

func TestListsStayFastAsTheyGrow(t *testing.T) {
	worlds, chosen := modelstest.OpenWorlds(t), regexp.MustCompile(os.Getenv("CASES"))
	var sizes []string
	taken := map[string]map[string]timing{}
	var names []string
	for _, size := range strings.Fields(os.Getenv("SIZES")) {
		orders, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		w := openListWorld(t, worlds.World(t, orders))
		sizes = append(sizes, size)
		names = names[:0]
		for _, c := range w.cases {
			if !chosen.MatchString(c.name) {
				continue
			}
			names = append(names, c.name)
			if taken[c.name] == nil {
				taken[c.name] = map[string]timing{}
			}
			taken[c.name][size] = w.time(c)
			t.Logf("%8s %-44s %7.1f ms, 95 %% %7.1f, pgx alone %7.1f", size, c.name, taken[c.name][size].p50, taken[c.name][size].p95, taken[c.name][size].pgx)
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-44s", "milliseconds")
	for _, size := range sizes {
		fmt.Fprintf(&table, " | %7s p50    p95    pgx  ratio", size)
	}
	table.WriteString(" | growth\n")
	for _, name := range names {
		fmt.Fprintf(&table, "%-44s", name)
		for _, size := range sizes {
			c := taken[name][size]
			fmt.Fprintf(&table, " | %11.1f %6.1f %6.1f %6.2f", c.p50, c.p95, c.pgx, c.p50/c.pgx)
		}
		fmt.Fprintf(&table, " | %.1f\n", taken[name][sizes[len(sizes)-1]].p50/taken[name][sizes[0]].p50)
	}
	t.Log(table.String())
}

func openListWorld(t testing.TB, url string) *listWorld {
	t.Helper()
	db, err := models.Open(t.Context(), url, models.Options{Box: modelstest.Box(t), Now: modelstest.Clock(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	w := &listWorld{TB: t, db: db, conn: conn, owner: modelstest.Viewer(t, db, "owner")}
	db.OnQuery(func(statement string) { w.statements = append(w.statements, statement) })
	w.describe()
	return w
}

// time runs a case through models and the same statements through pgx alone, in alternating order. The first run of a
// case counts for the 95th percentile, not for the comparison.
func (w *listWorld) time(c asked) timing {
	var all, through, alone []float64
	ask := func(round int) float64 {
		w.statements = nil
		began := time.Now()
		if err := c.ask(round); err != nil {
			w.Fatalf("%s: %v", c.name, err)
		}
		return time.Since(began).Seconds() * 1000
	}
	replay := func(statements []string) float64 {
		began := time.Now()
		for _, statement := range statements {
			w.run(statement)
		}
		return time.Since(began).Seconds() * 1000
	}
	for round := range rounds {
		all = append(all, ask(round))
		statements := w.statements
		if round%2 == 0 {
			alone = append(alone, replay(statements))
		}
		through = append(through, ask(round))
		if round%2 == 1 {
			alone = append(alone, replay(statements))
		}
	}
	all = append(all, through...)
	slices.Sort(all)
	slices.Sort(through)
	slices.Sort(alone)
	return timing{through[rounds/2], all[len(all)*95/100], alone[rounds/2]}
}

func (w *listWorld) run(statement string) {
	rows, err := w.conn.Query(w.Context(), statement, pgx.QueryExecModeExec)
	if err != nil {
		w.Fatal(err)
	}
	for rows.Next() {
		if _, err := rows.Values(); err != nil {
			w.Fatal(err)
		}
	}
	switch err := rows.Err(); {
	case err == nil:
	case strings.Contains(err.Error(), "57014"): // models also gives up such a count
		if _, err := w.conn.Exec(w.Context(), "ROLLBACK"); err != nil {
			w.Fatal(err)
		}
	default:
		w.Fatalf("%.100s: %v", statement, err)
	}
}

// column returns the values that cases use.
func (w *listWorld) column(query string) []string {
	rows, err := w.conn.Query(w.Context(), query)
	if err != nil {
		w.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.Fatalf("%s: %v", query, err)
	}
	if len(values) == 0 {
		w.Fatalf("%s: nothing to draw from", query)
	}
	return values
}

func (w *listWorld) query(l *models.List, query string) models.ListQuery {
	return parse(w, l, query)
}

// page adds a case for a page of orders; each round chooses from the values, which replace % in the query.
func (w *listWorld) page(name, query string, values ...string) {
	w.cases = append(w.cases, asked{name, func(round int) error {
		_, err := w.db.Orders(w.Context(), w.owner, w.query(models.OrderList, w.fill(query, round, values)))
		return err
	}})
}

func (w *listWorld) fill(query string, round int, values []string) string {
	if len(values) > 0 {
		query = strings.ReplaceAll(query, "%", url.QueryEscape(values[round%len(values)]))
	}
	return query
}

func (w *listWorld) counts(name, query string, values ...string) {
	w.cases = append(w.cases, asked{"tabs and total: " + name, func(round int) error {
		_, _, err := w.db.Counts(w.Context(), w.owner, models.OrderList, w.query(models.OrderList, w.fill(query, round, values)))
		return err
	}})
}

func (w *listWorld) picker(name, filter, query string, values ...string) {
	w.cases = append(w.cases, asked{"picker " + name, func(round int) error {
		f, _ := models.OrderList.Filter(filter)
		_, err := w.db.Options(w.Context(), w.owner, models.OrderList, w.query(models.OrderList, w.fill(query, round, values)), f, "")
		return err
	}})
}

func (w *listWorld) other(name string, ask func(query string) error, query string, values ...string) {
	w.cases = append(w.cases, asked{name, func(round int) error { return ask(w.fill(query, round, values)) }})
}

// describe fills the table of cases.
func (w *listWorld) describe() {
	const some = " WHERE hashint8(id) % 97 = 0 ORDER BY hashint8(id) LIMIT 40"
	panels := w.column("SELECT id::text FROM panels ORDER BY id")
	users := w.column("SELECT user_name FROM orders" + some)
	ids := w.column("SELECT id::text FROM orders" + some)
	services := w.column("SELECT value FROM list_counts WHERE facet = 'service_id' GROUP BY value ORDER BY sum(n) DESC")
	providers := w.column("SELECT value FROM list_counts WHERE facet = 'provider' AND value <> '' GROUP BY value ORDER BY sum(n) DESC")
	links := w.column("SELECT link FROM orders" + some)
	var handles, inner []string
	for i, link := range links {
		bare := strings.TrimSuffix(link, "/")
		handles = append(handles, bare[strings.LastIndex(bare, "/")+1:])
		inner = append(inner, bare[max(0, len(bare)-6-i%3):])
	}
	fives := make([]string, 40)
	for i := range fives {
		fives[i] = strings.Join([]string{panels[i], panels[(i*3+7)%40], panels[(i*5+11)%40], panels[(i*7+13)%40], panels[(i*11+17)%40]}, "&panel=")
	}

	w.page("no filter", "")
	w.page("1 panel, largest", "panel=%", panels[0])
	w.page("1 panel, any", "panel=%", panels...)
	w.page("1 panel, smallest", "panel=%", panels[39])
	w.cases = append(w.cases, asked{"5 panels, any", func(round int) error {
		_, err := w.db.Orders(w.Context(), w.owner, w.query(models.OrderList, "panel="+fives[round%40]))
		return err
	}})
	w.page("3 panels, smallest", "panel="+panels[37]+"&panel="+panels[38]+"&panel="+panels[39])
	w.page("40 panels", "panel="+strings.Join(panels, "&panel="))
	for _, status := range models.OrderStatuses {
		w.page("status "+status, "status="+status)
	}
	w.page("status error, 1 panel", "status=error&panel=%", panels...)
	w.page("mode and service, popular", "mode=auto&service=%", services[:20]...)
	w.page("mode and service, rare", "mode=auto&service=%", services[len(services)-40:]...)
	w.page("mode manual", "mode=manual")
	w.page("source rare", "source=mass_order")
	w.page("provider, any", "provider=%", providers...)
	w.page("created, a day", "created_from=2025-11-20&created_to=2025-11-20")
	w.page("created, 30 days, panel and status", "created_from=2025-09-01&created_to=2025-09-30&status=completed&panel=%", panels...)
	w.page("user exact", "q=%", users...)
	w.page("user by a narrow prefix", "q=%", "anna1", "mehmet12", "kim33", "omar2", "chen44")
	w.page("user by a broad prefix", "q=%", "anna", "smm", "ali", "kim")
	w.page("order id", "q=%", ids...)
	w.page("panel and order id", "q=P07+%", ids...)
	w.page("100 ids", "q=%", strings.Join(append(append(slices.Clone(ids), ids...), ids[:20]...), ","))
	w.page("link, whole", "q=%", links...)
	w.page("link, rare", "q=/%", handles...)
	w.page("link, end of one", "q=/%", inner...)
	w.page("link, medium", "q=%", "youtu.be/a", "@a1", "/p/xyz", "t.me/ab", "/status/12")
	w.page("link, frequent", "q=%", "instagram.com/", "tiktok.com/@", "youtu.be/", "video/7")
	w.page("link, 3 characters", "q=/%", "abc", "xyz", "q1z", "mm4")
	w.page("link, none", "q=%", "example.org/nothing", "instagram.com/p/zzzzzzzz")
	w.page("page 10,000", "after=%", w.deep())
	w.page("by charge", "sort=-charge")
	w.page("by charge, one status", "sort=-charge&status=partial")
	w.page("by charge, 1 panel", "sort=-charge&panel=%", panels...)
	w.page("by id", "sort=-id")

	w.counts("no filter", "")
	w.counts("1 panel", "panel=%", panels...)
	w.counts("one status", "status=completed")
	w.counts("created, a day", "created_from=2025-11-20&created_to=2025-11-20")
	w.counts("created, 30 days", "created_from=2025-09-01&created_to=2025-09-30")
	w.counts("mode and service, popular", "mode=auto&service=%", services[:20]...)
	w.counts("mode and service, rare", "mode=auto&service=%", services[len(services)-40:]...)
	w.counts("link, rare", "q=/%", handles...)
	w.counts("link, medium", "q=%", "youtu.be/a", "@a1", "/p/xyz", "t.me/ab", "/status/12")
	w.counts("link, frequent", "q=%", "instagram.com/", "tiktok.com/@", "youtu.be/", "video/7")
	w.picker("service", "service", "")
	w.picker("service, 1 panel", "service", "panel=%", panels...)
	w.picker("provider", "provider", "")
	w.picker("service, one status", "service", "status=partial")
	w.picker("provider, created 30 days", "provider", "created_from=2025-09-01&created_to=2025-09-30")

	w.other("users", func(query string) error {
		_, err := w.db.Users(w.Context(), w.owner, w.query(models.UserList, query))
		return err
	}, "")
	w.other("users by spent", func(query string) error {
		_, err := w.db.Users(w.Context(), w.owner, w.query(models.UserList, query))
		return err
	}, "sort=-spent")
	w.other("users by e-mail", func(query string) error {
		_, err := w.db.Users(w.Context(), w.owner, w.query(models.UserList, query))
		return err
	}, "q=%@gmail.com", users...)
	w.other("payments", func(query string) error {
		_, err := w.db.Payments(w.Context(), w.owner, w.query(models.PaymentList, query))
		return err
	}, "")
	w.other("payments by memo", func(query string) error {
		_, err := w.db.Payments(w.Context(), w.owner, w.query(models.PaymentList, query))
		return err
	}, "q=%", w.column("SELECT memo FROM payments WHERE memo <> '' ORDER BY hashint8(id) LIMIT 40")...)
	w.other("tickets", func(query string) error {
		_, err := w.db.Tickets(w.Context(), w.owner, w.query(models.TicketList, query))
		return err
	}, "")
	w.other("tickets by subject", func(query string) error {
		_, err := w.db.Tickets(w.Context(), w.owner, w.query(models.TicketList, query))
		return err
	}, "q=refill+%", ids...)
}

// deep returns a cursor 10,000 pages into the orders, or near their end if there are fewer.
func (w *listWorld) deep() string {
	key := w.column(`SELECT json_build_object('s', '-created', 'k', created_at::text, 'p', panel_id, 'i', id)::text FROM orders
		ORDER BY created_at DESC, panel_id DESC, id DESC
		OFFSET (SELECT least(500000, count(*) - 100) FROM orders) LIMIT 1`)[0]
	return base64.RawURLEncoding.EncodeToString([]byte(key))
}
