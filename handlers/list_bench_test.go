package handlers

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"
	"github.com/valyala/fasthttp"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// connections is how many browsers send requests concurrently.
const connections = 32

// client requests one path of a server repeatedly, over its own connections.
type client struct {
	b       *testing.B
	host    *fasthttp.HostClient
	request *fasthttp.Request
	cookies []string // one session cookie per connection; may be empty
	before  func()   // runs before each request
	status  int      // the required status of every response
	size    atomic.Int64
}

// serve starts a server on its own port. The client requests path with headers, given as alternating names and values.
func serve(b *testing.B, app *fiber.App, status int, path string, headers ...string) *client {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go app.Listener(listener)
	b.Cleanup(func() { app.Shutdown() })
	c := &client{b: b, status: status, before: func() {}, request: new(fasthttp.Request),
		host: &fasthttp.HostClient{Addr: listener.Addr().String(), MaxConns: connections}}
	c.request.SetRequestURI("http://" + listener.Addr().String() + path)
	for i := 0; i+1 < len(headers); i += 2 {
		c.request.Header.Set(headers[i], headers[i+1])
	}
	return c
}

// ask sends n requests on each connection and returns the total time.
func (c *client) ask(n int) time.Duration {
	c.b.Helper()
	var all sync.WaitGroup
	began := time.Now()
	for i := range connections {
		all.Go(func() {
			var request fasthttp.Request
			var response fasthttp.Response
			c.request.CopyTo(&request)
			if len(c.cookies) > 0 {
				request.Header.Set("Cookie", c.cookies[i])
			}
			for range n {
				c.before()
				if err := c.host.Do(&request, &response); err != nil || response.StatusCode() != c.status {
					c.b.Errorf("got %d (%v), want %d", response.StatusCode(), err, c.status)
					return
				}
			}
			c.size.Store(int64(len(response.Body())))
		})
	}
	all.Wait()
	return time.Since(began)
}

// compare requests both servers in turn, so that other load on the machine slows both. It reports our requests per
// second and their ratio to the other server's.
func compare(b *testing.B, ours, other *client, each int, name string) {
	b.Helper()
	ours.ask(1) // so that Fiber builds its routes and the connections open before the measurement
	other.ask(1)
	var took, others time.Duration
	rounds := 0
	for b.Loop() {
		others += other.ask(each)
		took += ours.ask(each)
		rounds++
	}
	asked := float64(rounds * each * connections)
	b.ReportMetric(asked/took.Seconds(), "ours/s")
	b.ReportMetric(asked/others.Seconds(), name+"/s")
	b.ReportMetric(others.Seconds()/took.Seconds(), "of-"+name)
	b.ReportMetric(float64(ours.size.Load()), "wire-bytes")
	b.ReportMetric(0, "ns/op") // the time of one round has no meaning
}

// benchSite has 5,000 orders on one panel, and PostgreSQL has statistics about them.
func benchSite(b *testing.B) (*site, models.Panel) {
	b.Helper()
	address := modelstest.URL(b)
	s := siteOn(b, modelstest.OpenAt(b, address, nil))
	panel := modelstest.Panel(b, s.db, modelstest.Owner(b, s.db), "MTP", "https://mtp.example")
	s.as("owner")
	var orders []models.Order
	for id := int64(1); id <= benchOrders; id++ {
		orders = append(orders, modelstest.Order(panel.ID, id))
	}
	modelstest.PutOrders(b, s.db, panel.ID, orders...)
	if err := s.db.FoldCounts(b.Context()); err != nil {
		b.Fatal(err)
	}
	conn, err := pgx.Connect(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context())
	if _, err := conn.Exec(b.Context(), "VACUUM ANALYZE"); err != nil {
		b.Fatal(err)
	}
	go s.feed.Run(b.Context())
	return s, panel
}

// benchOrders is how many orders the panel of a benchmark has.
const benchOrders = 5000

var fragmentHeaders = []string{"HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "section#orders-list"}

// BenchmarkOrdersFragment compares the list of orders, as htmx requests it, with a handler that only runs the list's query
// for all columns of its rows. 32 people send requests, each in their own session, with and without compression. Cached
// rows and counts serve later responses too, so the speed depends on how the orders change meanwhile. The name says how:
//
//   - live: 20 times a second an order on the page changes in the mirror and the panel's version moves. This equals four
//     panels that return a change for each of the five calls a second that they allow.
//   - worst: the version moves before every single request, also for the query alone. So a cached count serves only
//     concurrent requests. The rows stay the same, because no mirror writes thousands of pages a second.
//   - still: nothing changes. In production a poll would then get a 304 and not even render the page.
func BenchmarkOrdersFragment(b *testing.B) {
	for _, life := range []struct {
		name  string
		begin func(b *testing.B, s *site, panelID int64) (before func())
	}{{"live", changing}, {"worst", moving}, {"still", func(*testing.B, *site, int64) func() { return func() {} }}} {
		for _, kind := range []struct {
			name    string
			headers []string
		}{{"plain", nil}, {"gzip", []string{"Accept-Encoding", "gzip"}}} {
			b.Run(life.name+"/"+kind.name, func(b *testing.B) {
				s, panel := benchSite(b)
				ours := serve(b, s.app, http.StatusOK, "/orders", append(slices.Clone(fragmentHeaders), kind.headers...)...)
				ours.cookies = staffAtWork(b, s)
				alone := serve(b, queryAlone(b, s), http.StatusOK, "/")
				ours.before = life.begin(b, s, panel.ID)
				alone.before = ours.before
				compare(b, ours, alone, 8, "query")
			})
		}
	}
}

// staffAtWork returns one session cookie per connection, each of another staff member.
func staffAtWork(b *testing.B, s *site) []string {
	b.Helper()
	cookies := make([]string, connections)
	for i := range cookies {
		name := fmt.Sprintf("agent%d", i)
		modelstest.Staff(b, s.db, name, models.RoleAgent, true)
		cookies[i] = "session=" + modelstest.LogIn(b, s.db, name)
	}
	return cookies
}

// changing changes the newest 50 orders one after the other, as a worker does.
func changing(b *testing.B, s *site, panelID int64) func() {
	ticker, fold := time.NewTicker(50*time.Millisecond), time.NewTicker(time.Second)
	var worker sync.WaitGroup
	ctx, stop := context.WithCancel(b.Context())
	b.Cleanup(func() { stop(); worker.Wait() })
	worker.Go(func() {
		for i := int64(0); ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-fold.C:
				if err := s.db.FoldCounts(ctx); err != nil && ctx.Err() == nil {
					b.Error(err)
				}
			case <-ticker.C:
				order := modelstest.Order(panelID, benchOrders-i%50, func(o *models.Order) {
					o.Remains, o.Status = &i, models.OrderStatuses[i%int64(len(models.OrderStatuses))]
				})
				_, err := s.db.PutOrders(ctx, panelID, []models.Order{order}, modelstest.Now(b))
				if err == nil {
					err = s.versions.Bump(ctx, jobs.ResourceVersion(panelID, models.Orders))
				}
				if err != nil && ctx.Err() == nil {
					b.Error(err)
				}
			}
		}
	})
	return func() {}
}

// moving changes the version of a panel's orders before each request.
func moving(b *testing.B, s *site, panelID int64) func() {
	return func() {
		if err := s.versions.Bump(b.Context(), jobs.ResourceVersion(panelID, models.Orders)); err != nil {
			b.Error(err)
		}
	}
}

func queryAlone(b *testing.B, s *site) *fiber.App {
	v := modelstest.Viewer(b, s.db, "owner")
	q := models.ParseListQuery(models.OrderList, nil, time.UTC, modelstest.Now(b))
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/", func(c *fiber.Ctx) error {
		page, err := s.db.Orders(c.UserContext(), v, q)
		if err == nil && len(page.Rows) != q.Per {
			err = fmt.Errorf("got %d rows", len(page.Rows))
		}
		return err
	})
	return app
}

// BenchmarkUnchangedPoll compares an unchanged poll, including its session check, with a Fiber server that only says
// hello.
func BenchmarkUnchangedPoll(b *testing.B) {
	s, _ := benchSite(b)
	tag := s.poll("/orders", "section#orders-list", "").Header.Get("HX-PTag")
	headers := append([]string{"Cookie", s.cookie, "X-Auto-Refresh", "1", "HX-PTag", tag}, fragmentHeaders...)
	hello := fiber.New(fiber.Config{DisableStartupMessage: true})
	hello.Get("/", func(c *fiber.Ctx) error { return c.SendString("hello") })
	compare(b, serve(b, s.app, http.StatusNotModified, "/orders", headers...), serve(b, hello, http.StatusOK, "/"), 200, "hello")
}

func TestAPageIsSmallOverTheWire(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	var orders []models.Order
	for id := int64(1); id <= 60; id++ {
		orders = append(orders, modelstest.Order(panel.ID, id))
	}
	modelstest.PutOrders(t, s.db, panel.ID, orders...)
	page := s.get("/orders", "Accept-Encoding", "gzip")
	if got, limit := len(page.Body), 30_000; got > limit {
		t.Errorf("50 rows take %d bytes, want at most %d", got, limit)
	}
	reader, err := gzip.NewReader(strings.NewReader(page.Body))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(rows(t, string(whole))); got != 50 {
		t.Errorf("got %d rows, want 50", got)
	}
}
