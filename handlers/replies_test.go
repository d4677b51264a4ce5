package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func modelsOrder(panelID, id int64) models.Order { return modelstest.Order(panelID, id) }

func (s *site) putOrders(panelID int64, orders ...models.Order) {
	s.t.Helper()
	modelstest.PutOrders(s.t, s.db, panelID, orders...)
}

// ticketSite is an owner's site with ticket 7, in which anna asks a question.
func ticketSite(t testing.TB) (s *site, panel models.Panel, path string) {
	t.Helper()
	s, panel = ownersSite(t, 0)
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "where is my order"})
	return s, panel, fmt.Sprintf("/tickets/%d/7", panel.ID)
}

func TestAReplyIsOneActionHoweverOftenItsFormIsSent(t *testing.T) {
	t.Parallel()
	s, _, path := ticketSite(t)
	form := url.Values{"message": {"It is on its way."}, "key": {"k1"}}
	for range 3 {
		if got := s.post(path+"/replies", form); got.Status != 303 || got.Header.Get("Location") != path {
			t.Fatalf("got %d to %s", got.Status, got.Header.Get("Location"))
		}
	}
	page := s.get(path)
	page.expect(t, 200, "It is on its way.", "Sends in a moment", "Cancel before it is sent")
	if n := strings.Count(page.Body, `id="tickets-reply-`); n != 1 {
		t.Errorf("the page shows %d replies, want 1", n)
	}
	if len(s.acted) == 0 || s.acted[0] != s.acted[len(s.acted)-1] {
		t.Errorf("woken up for %v, want one action", s.acted)
	}
}

func TestAnEmptyReplyAndOneToAChangedTicketGiveTheTextBack(t *testing.T) {
	t.Parallel()
	s, panel, path := ticketSite(t)
	s.post(path+"/replies", url.Values{"message": {" "}, "key": {"k1"}}).expect(t, 422, "Write a message.")
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "where is my order"}, models.TicketMessage{Sender: "anna", Body: "never mind"})
	form := url.Values{"message": {"A long answer"}, "key": {"k2"}, "seen": {"1"}, "seen_action": {"0"}}
	htmx := []string{"HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "div#tickets-compose"}
	held := s.post(path+"/replies", form, htmx...)
	held.expect(t, 409, "This ticket changed after you opened it", "never mind", "A long answer", "Send anyway", `name="seen" value="2"`)
	s.post(path+"/replies", form).expect(t, 409, "This ticket changed after you opened it", "A long answer")
	form.Set("seen", "2")
	s.post(path+"/replies", form, htmx...).expect(t, 200, "tickets-outgoing", "A long answer")
}

func TestADraftOutlivesThePageAndTheSession(t *testing.T) {
	t.Parallel()
	s, _, path := ticketSite(t)
	if got := s.post(path+"/draft", url.Values{"message": {"Dear <b>anna</b>"}}); got.Status != 204 {
		t.Fatalf("got %d", got.Status)
	}
	s.as("owner").get(path).expect(t, 200, "Dear &lt;b&gt;anna&lt;/b&gt;</textarea>")
	s.post(path+"/replies", url.Values{"message": {"Dear <b>anna</b>"}, "key": {"k"}}).expect(t, 303)
	if body := s.get(path).Body; strings.Contains(body, "</b></textarea>") {
		t.Error("the draft of what was sent is still there")
	}
	s.post(fmt.Sprintf("%s/replies/%d/cancel", path, s.acted[0]), nil).expect(t, 303)
	s.get(path).expect(t, 200, "Dear &lt;b&gt;anna&lt;/b&gt;</textarea>")
	s.post(path+"/draft", url.Values{"message": {strings.Repeat("x", 60_000)}}).expect(t, 422, "too long")
}

func TestWhoIsAtATicketIsToldToTheOthersWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	s, _, path := ticketSite(t)
	modelstest.Staff(t, s.db, "huseyin", models.RoleAgent, true)
	s.as("huseyin").get(path)
	s.as("owner").get(path).expect(t, 200, "huseyin is viewing")
	s.as("huseyin").post(path+"/draft", url.Values{"message": {"Hi"}})
	line := s.as("owner").get(path + "/presence")
	line.expect(t, 200, "huseyin is writing")
	if again := s.poll(path+"/presence", "tickets-presence", line.Header.Get("HX-PTag")); again.Status != 304 {
		t.Errorf("unchanged: got %d, want 304", again.Status)
	}
}

func TestInABrowserANewMessageLeavesWhatIsTypedAlone(t *testing.T) {
	t.Parallel()
	s, panel, path := ticketSite(t)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open(path)
	b.until(`document.querySelector("#tickets-context .lines, #tickets-context .hint") !== null`)
	b.click("#tickets-message")
	b.press('H', 'e', 'l', 'l', 'o')
	b.until(`document.querySelector("[data-draft-state]").textContent === "Draft saved"`)
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "where is my order"}, models.TicketMessage{Sender: "anna", Body: "hello??", CreatedAt: modelstest.Now(t)})
	if err := s.versions.Bump(t.Context(), jobs.ResourceVersion(panel.ID, models.Tickets)); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector("#tickets-talk").textContent.includes("hello??")`)
	b.until(`document.querySelector("#tickets-message").value === "Hello" && document.activeElement.id === "tickets-message"`)
	b.open("/orders")
	b.open(path)
	b.do(chromedp.WaitVisible(chromedp.CSS("#tickets-message")))
	b.until(`document.querySelector("#tickets-message").value === "Hello"`)
	b.click("#tickets-message")
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(`document.querySelector("#tickets-outgoing .message-body")?.textContent === "Hello" && document.querySelector("#tickets-message").value === ""`)
	b.do(chromedp.Evaluate[chromedp.Void](`void document.querySelector("#tickets-outgoing button").click()`))
	b.until(`document.querySelector("#tickets-outgoing .message") === null && document.querySelector("#tickets-message").value === "Hello"`)
}

func TestInABrowserAnOrderOpensFromItsNumberAndIsPutIntoTheReply(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	s.putOrders(panel.ID, modelsOrder(panel.ID, 550039))
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "refill 550039"})
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open(fmt.Sprintf("/tickets/%d/7", panel.ID))
	b.click("[data-order]")
	b.until(`document.querySelector("[data-order-card]").open && document.querySelector("[data-insert]") !== null`)
	b.click("[data-insert]")
	b.until(`document.querySelector("#tickets-message").value === "Order 550039: in progress, start count 1,200, remains 400 of 1,000."`)
}

func TestNotesAndWhatWasDoneStandBetweenTheMessagesByTheirTime(t *testing.T) {
	t.Parallel()
	s, panel, path := ticketSite(t)
	s.post(path+"/notes", url.Values{"body": {"asked the provider"}}).expect(t, 303)
	s.post(path+"/assign", url.Values{"assignee": {"me"}}).expect(t, 303)
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "where is my order", CreatedAt: modelstest.Now(t).Add(-time.Hour)},
		models.TicketMessage{Sender: "anna", Body: "thanks anyway", CreatedAt: modelstest.Now(t).Add(time.Minute)})
	body := s.get(path).Body
	talk := body[strings.Index(body, `id="tickets-talk"`):strings.Index(body, `id="tickets-outgoing"`)]
	last := 0
	for _, want := range []string{"where is my order", "asked the provider", "Assign ticket", "thanks anyway"} {
		at := strings.Index(talk, want)
		if at < last {
			t.Errorf("%q stands at %d, want it after %d", want, at, last)
		}
		last = max(at, last)
	}
}

func TestSendAndNextLeadsToWhoWaitsLongestAfterThisOne(t *testing.T) {
	t.Parallel()
	s, panel, path := ticketSite(t)
	asked(t, s, panel.ID, 8, time.Minute)
	asked(t, s, panel.ID, 9, 2*time.Hour)
	got := s.post(fmt.Sprintf("/tickets/%d/9/replies", panel.ID), url.Values{"message": {"Hello"}, "key": {"k"}, "then": {"next"}})
	if want := fmt.Sprintf("/tickets/%d/8", panel.ID); got.Status != 303 || got.Header.Get("Location") != want {
		t.Errorf("got %d to %s, want %s", got.Status, got.Header.Get("Location"), want)
	}
	got = s.post(path+"/replies", url.Values{"message": {"Hello"}, "key": {"k2"}, "then": {"next"}}, "HX-Request", "true", "HX-Target", "div#tickets-compose")
	if got.Status != 204 || got.Header.Get("HX-Location")+got.Header.Get("HX-Redirect") == "" {
		t.Errorf("htmx: got %d, %v", got.Status, got.Header)
	}
}

func TestTheListShowsWhoIsAtATicket(t *testing.T) {
	t.Parallel()
	s, _, path := ticketSite(t)
	modelstest.Staff(t, s.db, "huseyin", models.RoleAgent, true)
	s.as("huseyin").get(path)
	s.as("owner").get("/tickets?tab=all").expect(t, 200, `<td data-col="viewers" class="mute">huseyin</td>`)
}
