package handlers

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// pause is a person who thinks before they go on. The length of the pause is the input under test: drafts are saved and
// pages refreshed while it lasts, so no condition can stand in for it.
func (b *browser) pause(long time.Duration) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`new Promise((then) => setTimeout(then, `+strconv.FormatInt(long.Milliseconds(), 10)+`))`, chromedp.EvalAwaitPromise))
}

// stopTyping waits until single keys are commands again.
func (b *browser) stopTyping() { b.t.Helper(); b.pause(1100 * time.Millisecond) }

func TestInABrowserAPauseInTheSidePanelLeavesTheReplyAlone(t *testing.T) {
	s, panel := deskSite(t)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/tickets")
	b.click(fmt.Sprintf("#tickets-row-%d-2 [data-col=subject]", panel.ID))
	b.until(`document.querySelector("#side #tickets-message") !== null && document.querySelector("#side #tickets-context .lines, #side #tickets-context .hint") !== null`)
	b.click("#tickets-message")
	b.press([]rune("Dear customer")...)
	b.pause(1200 * time.Millisecond)
	b.press([]rune(", we are done")...)
	b.until(`document.activeElement.id === "tickets-message" && document.querySelector("#tickets-message").value === "Dear customer, we are done"`)
	b.until(`document.querySelector("[data-draft-state]").textContent !== ""`)
	key := models.Key{PanelID: panel.ID, ID: 2}
	ticket, _, err := s.db.Ticket(t.Context(), modelstest.Viewer(t, s.db, "owner"), key)
	if err != nil || ticket.Queue != models.QueueWaiting || ticket.Holder != "" {
		t.Errorf("the ticket is %s of %q: %v", ticket.Queue, ticket.Holder, err)
	}
}
