package handlers

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

var undoField = regexp.MustCompile(`name="undo" value="(\d+)"`)

// stands returns a ticket's queue and its assignee.
func (s *site) stands(key models.Key) string {
	s.t.Helper()
	got, _, err := s.db.Ticket(s.t.Context(), modelstest.Viewer(s.t, s.db, "owner"), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(got.Queue + " " + got.Holder)
}

func TestAPlainFormLeadsToANoteWithAButtonThatUndoesIt(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	key := models.Key{PanelID: panel.ID, ID: 2}
	path := pathOf("tickets", key)
	done := s.post(path+"/done", url.Values{"seen": {"1"}})
	done.expect(t, 303)
	cookie := s.cookie + "; " + strings.Split(done.Header.Get("Set-Cookie"), ";")[0]
	if poll := s.get(path, "Cookie", cookie, "HX-Request", "true", "HX-Target", "article#tickets-detail", "X-Auto-Refresh", "1"); strings.Contains(poll.Body, "toast") {
		t.Error("a poll took the note from the page that a person waits for")
	}
	page := s.get(path, "Cookie", cookie)
	page.expect(t, 200, "You marked ticket 2 as done.", `action="/tickets/undo"`, `name="next" value="`+path+`"`)
	if again := page.Header.Get("Set-Cookie"); !strings.HasPrefix(again, "did=;") {
		t.Errorf("the note comes again: %q", again)
	}
	undo := url.Values{"undo": {undoField.FindStringSubmatch(page.Body)[1]}, "next": {path}}
	undone := s.post("/tickets/undo", undo)
	undone.expect(t, 303)
	s.get(undone.Header.Get("Location"), "Cookie", s.cookie+"; "+strings.Split(undone.Header.Get("Set-Cookie"), ";")[0]).expect(t, 200, "Ticket 2: change undone.")
	if got := s.stands(key); got != models.QueueWaiting {
		t.Errorf("the ticket is %s", got)
	}
	modelstest.Staff(t, s.db, "huseyin", models.RoleAgent, true)
	s.as("huseyin").post("/tickets/undo", undo).expect(t, 404)
}

func TestInABrowserAKeyIsUndoneByAKeyAndNothingTakesTheFocus(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	key := models.Key{PanelID: panel.ID, ID: 2}
	b := newBrowser(t, s)
	b.logIn("owner")
	for _, opens := range []func(){
		func() { b.open(pathOf("tickets", key)) },
		func() { b.open("/tickets"); b.click(fmt.Sprintf("#tickets-row-%d-2 [data-col=subject]", panel.ID)) },
	} {
		opens()
		b.until(`document.querySelector("#tickets-desk [data-htmx-powered]") !== null && document.querySelector("#tickets-context .lines, #tickets-context .hint") !== null`)
		b.run(`(document.querySelector(".detail-title").focus(), window.waits = [], window.wait = setTimeout, window.setTimeout = (then, long, ...more) => { waits.push(long); return wait(then, long, ...more); })`)
		for _, press := range []struct {
			key         rune
			says, stand string
		}{{'a', "You assigned ticket 2 to yourself.", "waiting owner"}, {'e', "You marked ticket 2 as done.", "done"}} {
			b.press(press.key)
			b.until(`document.querySelector("#toasts[role=status] [data-toast] p")?.textContent === "` + press.says + `"`)
			b.until(`document.activeElement.matches("[data-key], .detail-title") && waits.some((long) => long >= 8000)`)
			if got := s.stands(key); got != press.stand {
				t.Errorf("%c: the ticket is %q", press.key, got)
			}
			b.press('z')
			b.until(`document.querySelector("[data-toast] p")?.textContent === "Ticket 2: change undone." && document.querySelector("#tickets-desk [data-queue=waiting]") !== null`)
			b.until(`document.activeElement.matches("[data-key], .detail-title") && !document.querySelector("#tickets-desk").textContent.includes("Assigned to owner")`)
			if got := s.stands(key); got != models.QueueWaiting {
				t.Errorf("undone, the ticket is %q", got)
			}
			b.click("[data-toast] [data-dismiss]")
			b.until(`document.querySelector("[data-toast]") === null`)
		}
	}
}

func TestInABrowserCommandsInQuickSuccessionAllHappenAndCanBeUndone(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.opensBeside(models.Key{PanelID: panel.ID, ID: 2})
	b.run(`(window.wait = setTimeout, window.setTimeout = (then, long, ...more) => long < 8000 && wait(then, long, ...more))`) // notes stay, however long the test takes
	b.press([]rune("ae]")...)
	b.until(`document.querySelectorAll("[data-toast] [data-undo]").length === 2 && document.querySelector("#side .detail").dataset.row.endsWith("-3")`)
	if got := s.stands(models.Key{PanelID: panel.ID, ID: 2}); got != "done owner" {
		t.Errorf("the ticket is %q", got)
	}
	b.press('z')
	b.until(`document.querySelectorAll("[data-undo]").length === 1`)
	b.press('z')
	b.until(`document.querySelectorAll("[data-undo]").length === 0`)
	if got := s.stands(models.Key{PanelID: panel.ID, ID: 2}); got != models.QueueWaiting {
		t.Errorf("undone, the ticket is %q", got)
	}
}

func TestInABrowserWhatIsDoneToManyTicketsIsUndoneInTheList(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/tickets")
	b.press('j', 'x', 'j', 'x')
	b.click(`[data-bulk] form:has([name=do][value=done]) button`)
	b.do(chromedp.WaitVisible(chromedp.CSS("[data-toast]")))
	b.until(`document.querySelector("[data-toast] p").textContent === "You marked 2 tickets as done."`)
	b.tabTo("[data-undo]")
	b.press('\r')
	b.until(`document.querySelector("[data-toast] p").textContent === "2 tickets: changes undone." && document.querySelectorAll("#tickets-list tbody tr").length === 4`)
	for id := int64(1); id <= 4; id++ {
		if got := s.stands(models.Key{PanelID: panel.ID, ID: id}); got != models.QueueWaiting {
			t.Errorf("ticket %d is %q", id, got)
		}
	}
}
