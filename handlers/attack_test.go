package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// canaryScript reports every dialog and every call of canary to the test. A hostile text wins if it reaches one of
// them.
const canaryScript = `window.canary = (n) => console.error("CANARY", n, location.href);
for (const dialog of ["alert", "confirm", "prompt", "print"]) window[dialog] = window.canary;`

// injected returns the elements of a page that none of our templates writes.
const injected = `[...document.querySelectorAll("*")].filter((el) =>
  ["iframe", "frame", "object", "embed", "img", "video", "audio", "base", "math", "style", "marquee", "foreignObject", "animate", "set", "use"].includes(el.localName) || el.localName === "dialog" && !["palette", "keys"].includes(el.id) ||
  el.localName === "script" && !el.src.startsWith(location.origin + "/static/app.") ||
  el.localName === "meta" && el.httpEquiv || el.localName === "link" && !el.href.startsWith(location.origin + "/static/") ||
  [...el.attributes].some((a) => /^on|^style$|^srcdoc$|^data-hx|^hx-on/.test(a.name) || a.name.startsWith("hx-") && !el.hasAttribute("hx-nonce") ||
    /^(href|src|action|formaction|data|xlink:href)$/.test(a.name) && /^[\s\0-\x1f]*(javascript|vbscript|data):/i.test(a.value))
).map((el) => el.outerHTML.slice(0, 200))`

// attacked is a browser that ignores the content security policy. So an attack that fails here fails because of our
// templates and our sanitiser alone; the policy is an additional defence.
type attacked struct {
	*browser
	canaries atomic.Int64
	pages    int
}

func newAttacked(t testing.TB, s *site) *attacked {
	a := &attacked{browser: newBrowser(t, s)}
	if err := chromedp.Listen(a.ctx, func(event any) {
		if e, ok := event.(*runtime.EventConsoleAPICalled); ok && len(e.Args) > 0 && string(e.Args[0].Value) == `"CANARY"` {
			a.canaries.Add(1)
		}
	}); err != nil {
		t.Fatal(err)
	}
	a.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}); err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, page.Enable, page.EnableParams{}); err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, runtime.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: canaryScript})
		return err
	}))
	return a
}

// visit opens a page and looks for injected elements.
func (a *attacked) visit(path string) {
	a.t.Helper()
	a.open(path)
	a.look(path)
}

// swap makes htmx load a fragment into the page, as a click does.
func (a *attacked) swap(path string) {
	a.t.Helper()
	a.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`htmx.ajax("GET", %q, {source: document.getElementById("side")}).then(() => {})`, path), chromedp.EvalAwaitPromise))
	a.until(`document.querySelector("#side .detail") !== null`)
	a.look("in the side panel: " + path)
}

func (a *attacked) look(where string) {
	a.t.Helper()
	a.pages++
	found, err := chromedp.Run(a.ctx, chromedp.Evaluate[[]string](injected))
	if err != nil {
		a.t.Fatal(err)
	}
	if len(found) > 0 {
		a.t.Errorf("%s holds %d foreign elements, first %s", where, len(found), found[0])
	}
	if n := a.canaries.Load(); n > 0 {
		a.t.Errorf("%s: %d scripts ran", where, n)
	}
}

// next returns the address of a list's next page, or "".
func (a *attacked) next() string {
	a.t.Helper()
	path, err := chromedp.Run(a.ctx, chromedp.Evaluate[string](`document.querySelector("a[rel=next]")?.getAttribute("href") ?? ""`))
	if err != nil {
		a.t.Fatal(err)
	}
	return path
}

// forgive drops the recorded browser problems.
func (a *attacked) forgive() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.problems = nil
}

// left counts the requests to other hosts.
func (a *attacked) left() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, problem := range a.problems {
		if strings.HasPrefix(problem, "left the site") {
			n++
		}
	}
	return n
}

// groups joins every n hostile texts into one, for pages that show a single row.
func groups(texts []string, n int) []string {
	var joined []string
	for part := range slices.Chunk(texts, n) {
		joined = append(joined, strings.Join(part, " "))
	}
	return joined
}

// infest writes a hostile text into every field that a customer or a panel controls, one row per text.
func infest(t testing.TB, db *models.DB, panelID, first int64, texts []string) {
	t.Helper()
	now := modelstest.Now(t).Truncate(time.Second)
	var orders []models.Order
	var tickets []models.Ticket
	var users []models.User
	var payments []models.Payment
	var services []models.Service
	for i, x := range texts {
		key := models.Key{PanelID: panelID, ID: first + int64(i)}
		raw, err := json.Marshal(map[string]string{"id": x, "comments": x, x: x})
		if err != nil {
			t.Fatal(err)
		}
		m := models.Mirrored{Raw: raw}
		orders = append(orders, modelstest.Order(panelID, key.ID, func(o *models.Order) {
			o.UserName, o.Link, o.ServiceName, o.ServiceType, o.Provider, o.ExternalID = x, x, x, x, x, x
			o.Status, o.Mode, o.Source, o.Currency, o.CostCurrency = x, x, x, x, x
		}))
		orders[i].Raw = raw
		tickets = append(tickets, models.Ticket{Key: key, UserName: x, Subject: x, Status: x, Assignee: x, CreatedAt: now, UpdatedAt: now, Mirrored: m})
		users = append(users, models.User{Key: key, Username: x, Email: x, Currency: x, Status: x, Discount: x, CreatedAt: now, Mirrored: m})
		payments = append(payments, models.Payment{Key: key, UserName: x, Currency: x, Method: x, Status: x, Risk: x, Memo: x, Mode: x, CreatedAt: now, Mirrored: m})
		services = append(services, models.Service{Key: key, Name: x, Category: x, Type: x, Mirrored: m})
	}
	modelstest.PutOrders(t, db, panelID, orders...)
	_, ticketsErr := db.PutTickets(t.Context(), panelID, tickets, now)
	_, usersErr := db.PutUsers(t.Context(), panelID, users, now)
	_, paymentsErr := db.PutPayments(t.Context(), panelID, payments, now)
	before := slices.Clone(services)
	for i, x := range texts {
		before[i].Name, before[i].Category, before[i].Type = x+"2", x+"2", x+"2"
	}
	_, beforeErr := db.PutServices(t.Context(), panelID, before, 0, now.Add(-time.Minute)) // so that there are changes to show
	_, servicesErr := db.PutServices(t.Context(), panelID, services, 0, now)
	for _, err := range []error{ticketsErr, usersErr, paymentsErr, beforeErr, servicesErr} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// complain reports a problem with each of some services, with hostile texts.
func complain(t testing.TB, db *models.DB, panelID, first int64, words []string) {
	t.Helper()
	owner := modelstest.Viewer(t, db, "owner")
	for i, x := range words {
		if _, err := db.AddReport(t.Context(), owner, models.ReportInput{PanelID: panelID, ServiceID: first + int64(i), Reason: x}); err != nil {
			t.Fatal(err)
		}
	}
}

// reply sends hostile replies to a ticket; the outbox then shows them.
func reply(t testing.TB, db *models.DB, ticket models.Key, words []string) {
	t.Helper()
	owner := modelstest.Viewer(t, db, "owner")
	for i, x := range words {
		n := models.NewAction{Key: fmt.Sprint("reply ", i), Kind: models.KindReply, PanelID: ticket.PanelID, TargetID: ticket.ID, Payload: models.ActionPayload{Message: x}}
		if _, err := db.Enqueue(t.Context(), owner, n); err != nil {
			t.Fatal(err)
		}
	}
}

// converse adds one message per text to a ticket.
func converse(t testing.TB, db *models.DB, panelID, id int64, texts []string) {
	t.Helper()
	now := modelstest.Now(t).Truncate(time.Second)
	ticket := models.Ticket{Key: models.Key{PanelID: panelID, ID: id}, UserName: texts[0], Subject: texts[0], Status: "pending", CreatedAt: now, UpdatedAt: now,
		Mirrored: models.Mirrored{Raw: []byte("{}")}}
	var messages []models.TicketMessage
	for i, x := range texts {
		messages = append(messages, models.TicketMessage{PanelID: panelID, TicketID: id, Position: i, Sender: x, IsStaff: i%2 == 1, Body: x, CreatedAt: now})
	}
	if _, err := db.PutTickets(t.Context(), panelID, []models.Ticket{ticket}, now); err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutTicket(t.Context(), ticket, messages, now); err != nil {
		t.Fatal(err)
	}
}

// fail makes a panel refuse its streams and its connection test with hostile messages.
func fail(t testing.TB, db *models.DB, panelID int64, words []string) {
	t.Helper()
	for i, resource := range models.Resources {
		stream, err := db.ClaimStream(t.Context(), models.StreamKey{PanelID: panelID, Resource: resource}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		failure := models.StreamFailure{Status: models.StreamBackingOff, Class: "refused", Words: words[i%len(words)], RetryAt: modelstest.Now(t).Add(time.Hour)}
		if err := db.FailStream(t.Context(), stream, failure); err != nil {
			t.Fatal(err)
		}
	}
	var lines []models.CheckLine
	for _, x := range words {
		lines = append(lines, models.CheckLine{What: x, Words: x})
	}
	if err := db.SetCheck(t.Context(), panelID, modelstest.Now(t).Add(time.Hour), lines); err != nil {
		t.Fatal(err)
	}
}

func TestInABrowserNothingThatACustomerOrAPanelWroteRuns(t *testing.T) {
	t.Parallel()
	const aRow, aTicket = 16, 50 // texts
	s, panel := ownersSite(t, 0)
	texts := hostileTexts()
	if distinct := slices.Compact(slices.Sorted(slices.Values(texts))); len(distinct) != len(texts) || len(texts) < 300 {
		t.Fatalf("%d texts, %d of them distinct; want 300", len(texts), len(distinct))
	}
	infest(t, s.db, panel.ID, 1, texts)
	joined := groups(texts, aRow)
	details := int64(100_000)
	infest(t, s.db, panel.ID, details, joined)
	tickets := int64(200_000)
	for part := range slices.Chunk(texts, aTicket) {
		converse(t, s.db, panel.ID, tickets, part)
		tickets++
	}
	fail(t, s.db, panel.ID, texts)
	complain(t, s.db, panel.ID, details, joined)
	reply(t, s.db, models.Key{PanelID: panel.ID, ID: 200_000}, joined)

	b := newAttacked(t, s)
	b.open("/login")
	b.do(chromedp.Evaluate[chromedp.Void](`void document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=canary()>")`))
	b.until(`document.querySelector("img").complete`)
	b.until(`(console.error("CANARY"), true)`)
	if b.canaries.Swap(0) < 2 {
		t.Fatal("a script that runs is not noticed")
	}
	b.forgive()
	b.logIn("owner")

	for _, noun := range []string{"orders", "tickets", "users", "payments", "services", "service-changes", "reports", "outbox"} {
		for path := "/" + noun + "?per=200"; path != ""; path = b.next() {
			b.visit(path)
		}
	}
	for _, filter := range []string{"orders/filters/mode", "orders/filters/source", "orders/filters/service", "orders/filters/provider",
		"tickets/filters/assignee", "payments/filters/method", "payments/filters/mode",
		"service-changes/filters/service", "reports/filters/service"} {
		b.visit("/" + filter)
	}
	for _, x := range joined[:8] {
		b.visit("/orders?" + url.Values{"q": {x}, "status": {texts[0]}, "provider": {texts[20]}, "sort": {x}, "created": {x}, "panel": {x}}.Encode())
	}
	b.visit("/activity?per=200")
	b.visit("/settings/panels")
	b.visit("/settings/sync")
	b.visit("/")
	b.open("/orders")
	for _, noun := range []string{"orders", "users", "payments", "services"} {
		for i := range joined {
			b.swap(fmt.Sprintf("/%s/%d/%d", noun, panel.ID, details+int64(i)))
		}
		b.visit(fmt.Sprintf("/%s/%d/%d", noun, panel.ID, details))
		b.open("/" + noun)
	}
	for id := int64(200_000); id < tickets; id++ {
		b.swap(fmt.Sprintf("/tickets/%d/%d", panel.ID, id))
	}
	for id := int64(200_000); id < tickets; id++ {
		b.visit(fmt.Sprintf("/tickets/%d/%d", panel.ID, id))
	}
	t.Logf("%d hostile texts in every field, %d pages and fragments rendered without a policy: %d scripts ran, %d requests left",
		len(texts), b.pages, b.canaries.Load(), b.left())
}
