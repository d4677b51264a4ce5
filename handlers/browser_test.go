package handlers

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// browser is a real Chromium on a site. It records every browser complaint, such as a violation of the content security
// policy, and every request that would have left the site.
type browser struct {
	t    testing.TB
	ctx  context.Context
	base string

	mu       sync.Mutex
	problems []string
	expected string // part of a complaint that the test provokes
}

var (
	startChromium = sync.OnceValues(func() (context.Context, error) {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium-headless-shell"))
		if os.Geteuid() == 0 {
			options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses to run as root
		}
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, cancel := chromedp.NewContext(allocator)
		stopChromium = func() { cancel(); stop() }
		return ctx, chromedp.Do(ctx)
	})
	stopChromium = func() {}
)

// chromium returns the one Chromium of all tests, because a start takes one second of CPU time. It runs until the last
// test ends.
func chromium(t testing.TB) context.Context {
	t.Helper()
	ctx, err := startChromium()
	if err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return ctx
}

// newBrowser opens a tab with its own profile, so tests share neither cookies nor storage.
func newBrowser(t testing.TB, s *site) *browser {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.app.Listener(listener)
	t.Cleanup(func() { s.app.Shutdown() })
	feed, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go s.feed.Run(feed)

	ctx, cancel := chromedp.NewContext(chromium(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, base: "http://" + listener.Addr().String()}
	b.listen()
	return b
}

// listen records the browser's complaints and fails the test at its end if there are any.
func (b *browser) listen() {
	b.t.Helper()
	if err := chromedp.Listen(b.ctx, b.note); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
		return err
	}))
	b.t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, problem := range b.problems {
			b.t.Error(problem)
		}
	})
}

func (b *browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, "script error: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && (b.expected == "" || !strings.Contains(e.Entry.Text, b.expected)) {
			b.problems = append(b.problems, "browser: "+e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, b.base) && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "chrome") {
			b.problems = append(b.problems, "left the site: "+url)
		}
	}
}

// do runs steps. It fails after a minute, so that a hanging page does not block other tests.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) open(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.base + path)) }

func (b *browser) click(css string) { b.t.Helper(); b.do(chromedp.Click(chromedp.CSS(css))) }

// until waits for a condition in the page.
func (b *browser) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingInterval(40*time.Millisecond))); err != nil {
		where, _ := chromedp.Run(b.ctx, chromedp.Location())
		b.t.Fatalf("at %s, waiting for %s: %v", where, expression, err)
	}
}

func (b *browser) logIn(username string) {
	b.t.Helper()
	b.open("/login")
	b.do(chromedp.SendKeys(chromedp.CSS("[name=username]"), username),
		chromedp.SendKeys(chromedp.CSS("[name=password]"), modelstest.Password+"\r"),
		chromedp.WaitVisible(chromedp.CSS("#home-overview")))
}

func TestInABrowserARowOpensBesideItsListAndEscClosesIt(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.click(fmt.Sprintf("#orders-row-%d-2 [data-col=status]", panel.ID))
	b.do(chromedp.WaitVisible(chromedp.CSS("#side #orders-detail")))
	b.until(fmt.Sprintf(`location.pathname === "/orders/%d/2" && document.querySelector("#orders-list tr[aria-selected]").dataset.id === "2"`, panel.ID))
	b.do(chromedp.KeyEvent("\x1b"))
	b.until(`location.pathname === "/orders" && !document.querySelector("#orders-detail") && document.querySelectorAll("#orders-list tbody tr").length === 3`)
	b.do(chromedp.NavigateBack())
	b.until(`document.querySelector("#orders-detail") !== null`)
}

func TestInABrowserBackGoesThroughTheSidePanelAndTheListStays(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.do(chromedp.Evaluate[chromedp.Void](`void (window.unloaded = false); document.querySelector("#orders-list").dataset.same = "yes"`))
	shows := func(id int) string {
		return fmt.Sprintf(`location.pathname === "/orders/%d/%d" && document.querySelector("#side .detail")?.dataset.row === "orders-row-%d-%d"`, panel.ID, id, panel.ID, id)
	}
	b.click(fmt.Sprintf("#orders-row-%d-3 [data-col=status]", panel.ID))
	b.until(shows(3))
	b.do(chromedp.KeyEvent("j")) // starting at the open row
	b.do(chromedp.KeyEvent("\r"))
	b.until(shows(2))
	b.click(fmt.Sprintf(`#side .lines a[href="/orders/%d/1"]`, panel.ID)) // another order of this user
	b.until(shows(1))
	for _, id := range []int{2, 3} {
		b.do(chromedp.NavigateBack())
		b.until(shows(id))
	}
	b.do(chromedp.NavigateBack())
	b.until(`location.pathname === "/orders" && !document.querySelector("#side .detail")`)
	b.until(`window.unloaded === false && document.querySelector("#orders-list").dataset.same === "yes"`)
}

func TestInABrowserAPickerFiltersAsOneTicks(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.ServiceID, o.ServiceName = 200, "TikTok Views" }))
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.click("#orders-filter-service summary")
	b.do(chromedp.WaitVisible(chromedp.CSS("#orders-filter-service [value='200']")))
	b.click("#orders-filter-service [value='200']")
	b.until(`location.search === "?service=200" && document.querySelectorAll("#orders-list tbody tr").length === 1`)
	b.until(`document.querySelector("#orders-filter-service").open && document.querySelector("#orders-filter-service [value='171']") !== null`)
	b.click("#orders-title")
	b.click(".pill-x")
	b.until(`location.search === "" && document.querySelectorAll("#orders-list tbody tr").length === 4`)
	b.do(chromedp.SendKeys(chromedp.CSS("#orders-q"), "TikTok"))
	b.until(`location.search === "?q=TikTok" && document.activeElement.id === "orders-q" && document.querySelector("#orders-list .empty") !== null`)
}

// The picker reloads its options each time it opens, and the response may arrive after the user ticks a box.
func TestInABrowserATickOutlivesOptionsThatWereAskedForBeforeIt(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.ServiceID, o.ServiceName = 200, "TikTok Views" }))
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.click("#orders-filter-service summary")
	b.do(chromedp.WaitVisible(chromedp.CSS("#orders-filter-service [value='200']")))
	b.click("#orders-title")
	b.run(`(window.answers = [], window.ask = window.fetch, window.fetch = (url, how) => !String(url).includes("/filters/") ? ask(url, how)
		: new Promise((then) => answers.push(() => then(ask(url, how)))), document.querySelector("#orders-filter-service [value='200']").dataset.old = "yes")`)
	b.click("#orders-filter-service summary")
	b.until(`answers.length === 1`)
	b.click("#orders-filter-service [value='200']")
	b.until(`location.search === "?service=200" && document.querySelectorAll("#orders-list tbody tr").length === 1`)
	b.run(`(window.fetch = ask, answers.forEach((answer) => answer()))`)
	b.until(`document.querySelector("#orders-filter-service [value='200']:not([data-old])")?.checked === true`)
	b.until(`document.querySelector("#orders-filter-service .pop-body:not(.htmx-request)") !== null && location.search === "?service=200"`)
}

// Enter presses the form's first button, so that must be Apply and never a button that opens a picker.
func TestInABrowserEnterSearches(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.do(chromedp.SendKeys(chromedp.CSS("#orders-q"), "2\r"))
	b.until(`location.pathname === "/orders" && location.search === "?q=2" && document.querySelectorAll("#orders-list tbody tr").length === 1`)
}

func TestInABrowserHostileTextIsOnlyText(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	const hostile = `"><img src=https://evil.example/x onerror="document.title='owned'"><script>document.title='owned'</script>{{.}}<hx-partial hx-target="body">`
	now := modelstest.Now(t).Truncate(time.Second)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 1, func(o *models.Order) {
		o.UserName, o.Link, o.ServiceName, o.Provider, o.ExternalID, o.Status, o.Mode, o.Source = hostile, "javascript:document.title='owned'", hostile, hostile, hostile, hostile, hostile, hostile
	}))
	key := models.Key{PanelID: panel.ID, ID: 1}
	ticket := models.Ticket{Key: key, UserName: hostile, Subject: hostile, Status: hostile, Assignee: hostile, CreatedAt: now, UpdatedAt: now, Mirrored: models.Mirrored{Raw: []byte("{}")}}
	if _, err := s.db.PutTickets(t.Context(), panel.ID, []models.Ticket{ticket}, now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.PutTicket(t.Context(), ticket, []models.TicketMessage{{PanelID: panel.ID, TicketID: 1, Sender: hostile, Body: hostile, CreatedAt: now}}, now); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	b.logIn("owner")
	for _, path := range []string{"/orders", "/tickets"} {
		b.open(path)
		b.click(fmt.Sprintf("#%s-row-%d-1 [data-col=id] a", path[1:], panel.ID))
		b.do(chromedp.WaitVisible(chromedp.CSS("#side .detail")))
		b.until(`document.querySelector("#orders-list, #tickets-list") !== null && !document.title.includes("owned")`)
		b.open(fmt.Sprintf("%s/%d/1", path, panel.ID))
		b.until(`document.querySelector("main .detail") !== null && !document.title.includes("owned")`)
	}
	for _, filter := range []string{"mode", "source", "service", "provider"} {
		b.open("/orders")
		b.click("#orders-filter-" + filter + " summary")
		b.until(`document.querySelector("#orders-filter-` + filter + ` .options input") !== null && !document.title.includes("owned")`)
	}
}
