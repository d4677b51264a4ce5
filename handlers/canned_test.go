package handlers

import (
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"masterpanel/models"
)

func TestCannedRepliesAreWrittenChangedAndRemoved(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	s.get("/settings/replies").expect(t, 200, "No canned reply yet", "{order_id}")
	s.post("/settings/replies", url.Values{"title": {""}, "body": {"text <b>"}}).expect(t, 422, "Enter a title.", "text &lt;b&gt;</textarea>")
	s.post("/settings/replies", url.Values{"title": {"Refill"}, "folder": {"Orders"}, "body": {"Dear {user}"}, "for": {"everybody"}, "then_done": {"1"}}).expect(t, 303)
	s.get("/settings/replies").expect(t, 200, `id="replies-row-1"`, "Orders", "Dear {user}", "Everybody", "mark done")
	s.post("/settings/replies/1", url.Values{"title": {"Refilled"}, "body": {"Dear {user}!"}}).expect(t, 303)
	s.get("/settings/replies/1").expect(t, 200, "Refilled", "Dear {user}!")
	s.post("/settings/replies/1/remove", nil).expect(t, 303)
	s.get("/settings/replies/1").expect(t, 404)
}

func TestAReplyWithAnOpenVariableIsNotSent(t *testing.T) {
	t.Parallel()
	s, _, path := ticketSite(t)
	s.post(path+"/replies", url.Values{"message": {"Order {order_id} is fine"}, "key": {"k"}}).expect(t, 422, "Fill in {order_id} first.", "Order {order_id} is fine</textarea>")
}

func TestInABrowserACannedReplyIsFoundWithASlashAndAsksForWhatIsMissing(t *testing.T) {
	t.Parallel()
	s, _, path := ticketSite(t)
	for title, body := range map[string]string{"Hello": "Dear {user}, order {order_id} is fine.", "Other": "x"} {
		s.post("/settings/replies", url.Values{"title": {title}, "body": {body}, "then_done": {"1"}}).expect(t, 303)
	}
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open(path)
	b.do(chromedp.WaitVisible(chromedp.CSS("#tickets-message")))
	b.click("#tickets-message")
	b.press('/')
	b.until(`document.activeElement.name === "canned" && document.querySelectorAll("[data-canned]").length === 2`)
	b.press('d', 'e', 'a', 'r')
	b.until(`document.querySelectorAll("[data-canned]").length === 1`)
	b.press('\r')
	b.until(`document.querySelector("#tickets-message").value === "Dear anna, order {order_id} is fine."`)
	b.press('1', '2') // replaces the selected variable
	b.until(`document.querySelector("#tickets-message").value === "Dear anna, order 12 is fine." && !document.querySelector("[data-macro-state]").hidden`)
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(`document.querySelector("#tickets-outgoing .message-body")?.textContent === "Dear anna, order 12 is fine."`)
	rows, err := s.db.CannedReplies(t.Context(), models.Viewer{StaffID: 1}, "dear")
	if err != nil || len(rows) != 1 || rows[0].Uses != 1 {
		t.Errorf("got %+v, %v, want one use", rows, err)
	}
}
