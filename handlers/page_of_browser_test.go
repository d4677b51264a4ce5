package handlers

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// endSessions ends a member's sessions, as when they expire.
func (s *site) endSessions(staff models.Staff) {
	s.t.Helper()
	if err := s.db.EndMemberSessions(s.t.Context(), modelstest.Viewer(s.t, s.db, "owner"), staff.ID); err != nil {
		s.t.Fatal(err)
	}
	if err := s.versions.Bump(s.t.Context(), jobs.StaffVersion); err != nil {
		s.t.Fatal(err)
	}
}

// logInHere fills the login page that the browser shows and waits for the page at path.
func (b *browser) logInHere(username, path string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS("[name=username]"), username), chromedp.SendKeys(chromedp.CSS("[name=password]"), modelstest.Password+"\r"),
		chromedp.WaitVisible(chromedp.CSS("#tickets-message")))
	b.until(fmt.Sprintf(`location.pathname === %q && document.querySelector("#tickets-message").dataset.restored === "1"`, path))
}

// writesIn logs a member in and puts the cursor into the reply box of the ticket at the path. A 401 is no problem later.
func (b *browser) writesIn(path, username string) {
	b.t.Helper()
	b.expected = "401"
	b.logIn(username)
	b.open(path)
	b.until(`document.querySelector("#tickets-desk [data-htmx-powered]") !== null`)
	b.click("#tickets-message")
}

func TestInABrowserTheNextPersonInATabNeverSeesTheWordsOfTheLast(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	ada, ece := modelstest.Staff(t, s.db, "ada", models.RoleAgent, true), modelstest.Staff(t, s.db, "ece", models.RoleAgent, true)
	at := pathOf("tickets", models.Key{PanelID: panel.ID, ID: 2})
	b := newBrowser(t, s)
	b.writesIn(at, "ada")
	b.press([]rune("words ")...)
	b.until(`document.querySelector("[data-draft-state]").textContent === "Draft saved"`)
	s.endSessions(ada)
	b.press([]rune("of ada")...)
	b.until(`document.querySelector("[data-draft-state]").textContent.includes("Log in again")`)
	b.click("#session-ended a")
	b.do(chromedp.WaitVisible(chromedp.CSS("[name=username]")))
	b.logInHere("ece", at)
	b.until(`document.querySelector("#tickets-message").value === ""`)

	s.endSessions(ece)
	b.open(at)
	b.logInHere("ada", at)
	b.until(`document.querySelector("#tickets-message").value === "words of ada"`)
}

func TestInABrowserAReplyFromThePageOfAnotherPersonIsNotSent(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleAgent, true)
	modelstest.Staff(t, s.db, "ece", models.RoleAgent, true)
	at := pathOf("tickets", models.Key{PanelID: panel.ID, ID: 2})
	b := newBrowser(t, s)
	b.writesIn(at, "ada")
	b.press([]rune("words of ada")...)
	b.do(chromedp.Evaluate[chromedp.Void](`fetch("/login", { method: "POST", body: new URLSearchParams({ username: "ece", password: `+
		strconv.Quote(modelstest.Password)+` }) }).then((answer) => answer.text())`, chromedp.EvalAwaitPromise)) // as in another tab
	b.click("[data-send]")
	b.do(chromedp.WaitVisible(chromedp.CSS(`[aria-label="Account of ece"]`))) // their own page has loaded
	b.until(`document.querySelector("#tickets-message")?.dataset.restored === "1" && document.querySelector("#tickets-message").value === ""`)
	s.as("owner").get("/outbox").expect(t, 200, `data-total>0`)
}
