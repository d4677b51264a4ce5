package handlers

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"masterpanel/models"
)

// tabTo presses Tab until the focused element matches css. Every element on the way must have a visible focus outline.
func (b *browser) tabTo(css string) {
	b.t.Helper()
	var way []string
	for range 120 {
		b.press('\t')
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`(() => {
			const el = document.activeElement;
			return [String(el.matches(`+strconv.Quote(css)+`)), getComputedStyle(el).outlineStyle, el.outerHTML.slice(0, 80)];
		})()`))
		if err != nil {
			b.t.Fatal(err)
		}
		if way = append(way, at[2]); at[1] == "none" && at[2][:5] != "<body" {
			b.t.Errorf("nobody sees that this has the focus: %s", at[2])
		}
		if at[0] == "true" {
			return
		}
	}
	b.t.Fatalf("Tab never comes to %s; it went by %q", css, way)
}

// hasFocus waits until the focused element matches css.
func (b *browser) hasFocus(css string) {
	b.t.Helper()
	b.until(`document.activeElement.matches(` + strconv.Quote(css) + `)`)
}

// deskSite is an owner's site with four tickets and a canned reply. Ticket 2 mentions an order; ticket 4 is new.
func deskSite(t *testing.T) (*site, models.Panel) {
	t.Helper()
	s, panel := ownersSite(t, 0)
	s.putOrders(panel.ID, modelsOrder(panel.ID, 550039))
	for id := int64(1); id <= 3; id++ {
		body := map[int64]string{2: "where is 550039?"}[id]
		askedFor(t, s, panel.ID, id, time.Duration(10-id)*time.Hour, body+" please")
	}
	askedFor(t, s, panel.ID, 4, time.Second, "hello")
	s.post("/settings/replies", url.Values{"title": {"Refill"}, "body": {"Dear {user}, it is refilled."}}).expect(t, 303)
	return s, panel
}

func TestInABrowserADayAtTheDeskByKeyboard(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/tickets?tab=unassigned")
	b.agesByItself(fmt.Sprintf("#tickets-row-%d-4 [data-col=waiting]", panel.ID))
	b.press('j', '\r') // the queue: open, look, close, and continue at the same row
	b.hasFocus("#side .detail-title")
	b.press('\x1b')
	b.hasFocus(fmt.Sprintf("#tickets-row-%d-1 a", panel.ID))
	b.press('t')
	b.do(chromedp.WaitVisible(chromedp.CSS("#tickets-desk"))) // a new page has loaded
	b.until(`location.pathname.endsWith("/1") && document.querySelector("#tickets-desk")?.textContent.includes("Assigned to owner") && document.querySelector("#tickets-desk [data-htmx-powered]") !== null`)

	b.press('n')
	b.hasFocus("#ticket-note-body")
	b.press([]rune("asked @owner")...)
	b.tabTo(".note-new button")
	b.press('\r')
	b.until(`document.querySelector("#tickets-talk .note-body")?.textContent === "asked @owner" && document.querySelector("#ticket-note-body").value === ""`)
	b.hasFocus("[data-key=n]")

	b.stopTyping()
	b.press('s')
	b.hasFocus("#ticket-snooze [value=customer]")
	b.press('\r')
	b.until(`document.querySelector("#tickets-desk [data-queue=snoozed]") !== null && !document.querySelector("#ticket-snooze").open`)
	b.hasFocus("#ticket-snooze > summary")
	b.tabTo(`form[action$="/wake"] button`)
	b.press('\r')
	b.until(`document.querySelector("#tickets-desk [data-queue=waiting]") !== null`)

	b.tabTo("#ticket-assign > summary") // back to the queue
	b.press('\r')
	b.tabTo("#ticket-assign [value='0']")
	b.press('\r')
	b.until(`document.querySelector("#tickets-desk").textContent.includes("Unassigned")`)
	b.hasFocus("#ticket-assign > summary")
	b.tabTo("#ticket-link > summary")
	b.press('\r')
	b.tabTo("#ticket-link-to")
	b.press('3', '\r')
	b.until(`document.querySelector("#tickets-desk").textContent.includes("Duplicate of ticket 3") && document.querySelector("#tickets-desk [data-queue=done]") !== null`)
	b.hasFocus("#ticket-link > summary")
	b.stopTyping()
	b.press('e')
	b.until(`document.querySelector("#tickets-desk [data-queue=waiting]") !== null`)

	b.press(']')
	b.until(`location.pathname.endsWith("/2") && document.querySelector("#tickets-desk [data-htmx-powered]") !== null`)
	b.hasFocus("#tickets-detail .detail-title")
	b.press('a')
	b.until(`document.querySelector("#tickets-desk").textContent.includes("Assigned to owner")`)
	b.actOnTheOrder()
	b.answer()

	b.stopTyping()
	b.press('g', 't')
	b.do(chromedp.WaitVisible(chromedp.CSS("#tickets-list")))
	b.until(`location.pathname === "/tickets" && document.querySelectorAll("#tickets-list tbody tr").length === 4 && document.querySelector("#tickets-list tr[data-href]") !== null`)
	b.replyToTwo()
}

// agesByItself checks that a ticket's wait turns warm and hot when only time passes. It moves the page's clock.
func (b *browser) agesByItself(cell string) {
	b.t.Helper()
	b.until(`document.querySelector("` + cell + `").className === ""`)
	b.run(`window.realNow = Date.now`)
	for _, step := range []struct{ minutes, looks string }{{"20", "heat-warm"}, {"80", "heat-hot"}} {
		b.run(`Date.now = () => window.realNow() + ` + step.minutes + ` * 60000`)
		b.until(`document.querySelector("` + cell + `").className === "` + step.looks + `"`)
	}
	b.run(`Date.now = window.realNow`)
}

// actOnTheOrder opens the card of the order in the open ticket, opens an action form and leaves it.
func (b *browser) actOnTheOrder() {
	b.t.Helper()
	b.tabTo(".order-card > summary")
	b.press('\r')
	b.until(`document.querySelector(".order-card-body .order-card-head") !== null`)
	b.tabTo(".order-card-body .pop > summary")
	b.press('\r')
	b.tabTo(".order-card-body a.menu-item")
	b.press('\r')
	b.hasFocus("#side .detail-title")
	b.press('\x1b')
	b.until(`document.querySelector("#side .detail") === null && document.querySelector("#tickets-detail") !== null`)
	b.hasFocus(".order-card-body .pop > summary")
}

// answer sends a canned reply to the open ticket.
func (b *browser) answer() {
	b.t.Helper()
	b.press('r', '/')
	b.until(`document.activeElement.name === "canned" && document.querySelectorAll("[data-canned]").length === 1`)
	b.press('\r')
	b.until(`document.querySelector("#tickets-message").value === "Dear anna, it is refilled."`)
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(`document.querySelector("#tickets-outgoing .message-body")?.textContent === "Dear anna, it is refilled."`)
	b.hasFocus("#tickets-message")
	b.press('\x1b')
	b.hasFocus("#tickets-detail .detail-title")
}

// replyToTwo sends one text to the first two rows of the list.
func (b *browser) replyToTwo() {
	b.t.Helper()
	b.press('j', 'x', 'j', 'x', 'b')
	b.hasFocus("[data-bulk] button")
	b.tabTo(`[data-bulk] form[action="/tickets/reply"] button`)
	b.press('\r')
	b.do(chromedp.WaitVisible(chromedp.CSS(".many-form")))
	b.hasFocus(".many-form textarea")
	b.press([]rune("Sorry, {user}.")...)
	b.tabTo(".many-form [value=preview]")
	b.press('\r')
	b.do(chromedp.WaitVisible(chromedp.CSS("#many-preview")))
	b.hasFocus("#many-preview")
	b.tabTo(".many-confirm button")
	b.press('\r')
	b.do(chromedp.WaitVisible(chromedp.CSS("#many-title")))
	b.until(`document.querySelector("#many-title")?.textContent === "Reply to 2 tickets" && document.querySelectorAll("#tickets-many .act").length === 2`)
}

// tap touches the middle of the matching element, as a finger does.
func (b *browser) tap(css string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(css)))
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](`(() => {
		const el = document.querySelector(`+strconv.Quote(css)+`);
		el.scrollIntoView({ block: "nearest" });
		const { x, y, width, height } = el.getBoundingClientRect();
		return [x + width / 2, y + height / 2];
	})()`))
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		point := &input.TouchPoint{X: at[0], Y: at[1]}
		start := input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{point}}
		end := input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}}
		for _, event := range []input.DispatchTouchEventParams{start, end} {
			if _, err := cdp.Call(ctx, target, input.DispatchTouchEvent, event); err != nil {
				return none, err
			}
		}
		return none, nil
	})
}

// fitsAThumb checks that the page does not scroll sideways and that all touch targets except links within text are
// large enough.
func (b *browser) fitsAThumb(where string) {
	b.t.Helper()
	small, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`(() => {
		const within = "p a, dd a, .fresh a, .message-body a, .lines a, .hint a, td a, .copy";
		const small = [...document.querySelectorAll(":is(.nav, .bar, .main, .side) :is(a, button, summary, select, textarea, input:not([type=hidden], [type=checkbox], [type=radio])), .pick-box")]
			.filter((el) => el.checkVisibility() && !el.matches(within) && !el.closest("[hidden]"))
			.filter((el) => { const { width, height } = el.getBoundingClientRect(); return width > 1 && (height < 43.5 || width < 43.5); })
			.map((el) => el.outerHTML.slice(0, 90) + " " + JSON.stringify(el.getBoundingClientRect()));
		if (document.documentElement.scrollWidth > innerWidth) small.push("it scrolls sideways: " + document.documentElement.scrollWidth);
		return small;
	})()`))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, what := range small {
		b.t.Errorf("%s: too small for a thumb: %s", where, what)
	}
}

func TestInABrowserATicketIsAnsweredOnAPhone(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	b := newBrowser(t, s)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	b.logIn("owner")
	b.open("/tickets")
	b.fitsAThumb("the list")
	b.tap(fmt.Sprintf("#tickets-row-%d-2 [data-col=subject]", panel.ID))
	b.until(`document.querySelector("#side #tickets-message") !== null && document.querySelector("#side #tickets-context .lines, #side #tickets-context .hint") !== null`)
	b.fitsAThumb("the ticket")
	reachable := `(() => { const at = document.querySelector("#side [data-send]").getBoundingClientRect(); return at.top > 422 && at.bottom <= 844 &&
		document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2).closest("[data-send]") !== null; })()`
	b.until(reachable) // in the lower half of the screen, and not covered
	b.tap("#tickets-message")
	b.hasFocus("#tickets-message")
	b.press([]rune("It is on its way.")...)
	b.until(reachable)
	b.tap("#side [data-send]")
	b.until(`document.querySelector("#tickets-outgoing .message-body")?.textContent === "It is on its way."`)
	b.fitsAThumb("the answer")
	b.tap("#side .detail-close")
	b.until(`location.pathname === "/tickets" && document.querySelector("#side .detail") === null`)
	b.fitsAThumb("the list again")
}
