package handlers

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// pause waits like a person who thinks before they go on. The length of the pause is the input under test: drafts are
// saved and pages refreshed during it, so no condition can replace it.
func (b *browser) pause(long time.Duration) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`new Promise((then) => setTimeout(then, `+strconv.FormatInt(long.Milliseconds(), 10)+`))`, chromedp.EvalAwaitPromise))
}

// stopTyping waits until single keys are shortcuts again.
func (b *browser) stopTyping() { b.t.Helper(); b.pause(1100 * time.Millisecond) }

func TestInABrowserAPauseInTheSidePanelLeavesTheReplyAlone(t *testing.T) {
	t.Parallel()
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

// opensBeside opens a ticket beside its list and waits until it is complete.
func (b *browser) opensBeside(key models.Key) {
	b.t.Helper()
	b.open("/tickets")
	b.click(fmt.Sprintf("#tickets-row-%d-%d [data-col=subject]", key.PanelID, key.ID))
	b.until(`document.querySelector("#side #tickets-message") !== null && document.querySelector("#side #tickets-context .lines, #side #tickets-context .hint") !== null`)
}

func TestInABrowserADraftIsSavedHoweverItsPageIsLeft(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	owner, key := modelstest.Viewer(t, s.db, "owner"), models.Key{PanelID: panel.ID, ID: 2}
	b := newBrowser(t, s)
	b.logIn("owner")
	saved := func(want string) {
		t.Helper()
		deadline := time.Now().Add(20 * time.Second)
		for ; ; b.pause(50 * time.Millisecond) {
			got, err := s.db.Draft(t.Context(), owner, key)
			if err != nil || time.Until(deadline) < 0 {
				t.Fatalf("the draft is %q, %v, want %q", got, err, want)
			}
			if got == want {
				return
			}
		}
	}
	for word, leave := range map[string]func(){
		"closed": func() { b.press('\x1b', '\x1b') },
		"left":   func() { b.open("/orders") },
		"hidden": func() {
			b.run(`Object.defineProperty(document, "hidden", { get: () => true }), document.dispatchEvent(new Event("visibilitychange"))`)
		},
		"another": func() { b.click(fmt.Sprintf("#tickets-row-%d-1 [data-col=subject]", panel.ID)) },
	} {
		b.opensBeside(key)
		b.run(`document.querySelector("#tickets-message").select()`)
		b.press([]rune(word)...)
		leave()
		saved(word)
	}
}

func TestInABrowserLettersThatFollowAWordAreNoCommandsWhereverTheFocusWent(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	key := models.Key{PanelID: panel.ID, ID: 2}
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open(pathOf("tickets", key))
	b.until(`document.querySelector("#tickets-desk [data-htmx-powered]") !== null`)
	const add = `document.querySelector(".ticket-main").append(box), box.focus()`
	for kind, makes := range map[string]string{
		"a box that went":   `(box = document.createElement("input"), ` + add + `)`,
		"editable text":     `(box = document.createElement("div"), box.contentEditable = "true", ` + add + `)`,
		"an open shadow":    `(box = document.createElement("div"), box.attachShadow({ mode: "open" }).append(document.createElement("textarea")), ` + add + `, box.shadowRoot.firstChild.focus())`,
		"a closed shadow":   `(box = document.createElement("x-box"), box.inner = document.createElement("textarea"), box.attachShadow({ mode: "closed" }).append(box.inner), ` + add + `, box.inner.focus())`,
		"a page in a frame": `(box = document.createElement("iframe"), ` + add + `)`,
	} {
		b.run(`window.box = null, ` + makes)
		b.press([]rune("Dear customer, we are done")...)
		b.run(`box.remove()`)
		b.press([]rune("aetsz")...) // each less than a second after the previous one
		b.until(`document.querySelector("[data-toast]") === null && document.querySelector("#tickets-desk details[open]") === null`)
		if got := s.stands(key); got != models.QueueWaiting {
			t.Fatalf("%s: the ticket is %q", kind, got)
		}
		b.stopTyping()
	}
	b.press('a')
	b.until(`document.querySelector("#tickets-desk").textContent.includes("Assigned to owner")`)
}

func TestInABrowserAPollOfAnEndedSessionLeavesTheWords(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	agent := modelstest.Staff(t, s.db, "huseyin", models.RoleAgent, true)
	b := newBrowser(t, s)
	b.expected = "401"
	b.logIn("huseyin")
	b.opensBeside(models.Key{PanelID: panel.ID, ID: 2})
	b.press('n')
	b.hasFocus("#ticket-note-body")
	b.press([]rune("half a note")...)
	if err := s.db.EndMemberSessions(t.Context(), modelstest.Viewer(t, s.db, "owner"), agent.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.versions.Bump(t.Context(), jobs.StaffVersion); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector("#session-ended")?.textContent.includes("Your session has ended") && document.querySelector("#ticket-note-body").value === "half a note"`)
}
