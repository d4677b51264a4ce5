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

// connections is how many browsers ask at once.
const connections = 32

// client asks one path of a server again and again, over connections of its own.
type client struct {
	b       *testing.B
	host    *fasthttp.HostClient
	request *fasthttp.Request
	cookies []string // of each connection's own session, if there are any
	before  func()   // what happens before each request
	status  int      // what every answer must be
	size    atomic.Int64
}

// serve starts a server on a port of its own; the client asks it for path with headers, name and value in turn.
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

// ask asks n times on each connection, and returns how long that took in all.
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

// compare asks both in turn, so that whatever else the machine does slows both, and reports how many requests a second
// ours answers and which part that is of what the other does.
func compare(b *testing.B, ours, other *client, each int, name string) {
	b.Helper()
	ours.ask(1) // Fiber builds its routes, and connections are opened
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
	b.ReportMetric(0, "ns/op") // a round is no unit
}

// benchSite has 5,000 orders on one panel, and PostgreSQL knows it.
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

// BenchmarkOrdersFragment compares the list of orders, as htmx asks for it, with a handler that does nothing but run the
// list's query for all that its rows hold. 32 people ask, each in a session of their own, with and without compression.
// What was written and counted before serves the next answer too, so how fast it is depends on what happens to the orders
// meanwhile. That is said by the name:
//
//   - live: 20 times a second an order on the page becomes another in the mirror and the panel's version moves, as when
//     four panels answer each of the five calls a second that they allow with something new.
//   - worst: the version moves before every single request, to the query alone too, so that what was counted serves only
//     those who ask at that very moment. The rows stay: no mirror writes thousands of pages a second.
//   - still: nothing moves. A page that refreshes itself would not even be written then.
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

// staffAtWork are the cookies of as many people as there are connections.
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

// changing changes orders among the newest 50, one after the other, as a worker does.
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

// moving moves the version of a panel's orders.
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

// BenchmarkUnchangedPoll compares a poll of something unchanged, with its session, with a Fiber that says hello.
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
