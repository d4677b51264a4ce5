package handlers

import (
	"net/url"
	"testing"
)

func TestATicketIsOpenedToACustomer(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.get("/tickets").expect(t, 200, `href="/tickets/new"`)
	s.get("/users/"+pathID(s.panel.ID)+"/7").expect(t, 200, "/tickets/new?panel="+pathID(s.panel.ID)+"&amp;user=anna")
	s.get("/tickets/new?user=anna").expect(t, 200, `value="anna"`, "Signed as owner")
	form := url.Values{"panel": {pathID(s.panel.ID)}, "user": {"anna"}, "subject": {"About <you>"}, "message": {""}, "key": {"k"}}
	s.post("/tickets", form).expect(t, 422, `value="About &lt;you&gt;"`, "Write a message.")
	form.Set("message", "Hello\r\nthere")
	first := s.post("/tickets", form)
	first.expect(t, 303)
	if again := s.post("/tickets", form); again.Header.Get("Location") != first.Header.Get("Location") {
		t.Error("the same form twice made two tickets")
	}
	s.get(first.Header.Get("Location")).expect(t, 200, "Open ticket", "Hello")
	form.Set("message", "Another")
	s.post("/tickets", form).expect(t, 422, "already sent this form with other values", "Another")
}
