package handlers

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// asks puts a ticket with a customer's message on a panel.
func (s *site) asks(panelID, id int64, customer, status, body string) {
	s.t.Helper()
	now := modelstest.Now(s.t).Truncate(time.Second)
	ticket := models.Ticket{Key: models.Key{PanelID: panelID, ID: id}, UserName: customer, Subject: "Refill", Status: status, CreatedAt: now, UpdatedAt: now,
		Mirrored: models.Mirrored{Raw: fmt.Appendf(nil, `{"status":%q}`, status)}}
	if _, err := s.db.PutTickets(s.t.Context(), panelID, []models.Ticket{ticket}, now); err != nil {
		s.t.Fatal(err)
	}
	message := models.TicketMessage{PanelID: panelID, TicketID: id, Sender: customer, Body: body, CreatedAt: now}
	if _, err := s.db.PutTicket(s.t.Context(), ticket, []models.TicketMessage{message}, now); err != nil {
		s.t.Fatal(err)
	}
}

// manySite is an owner's site with three tickets: anna's about order 550001, ben's about no order, and a closed one.
func manySite(t *testing.T) (s *site, panel models.Panel, form url.Values) {
	t.Helper()
	s, panel = ownersSite(t, 0)
	s.putOrders(panel.ID, modelstest.Order(panel.ID, 550001, func(o *models.Order) { o.UserName = "anna" }))
	s.asks(panel.ID, 1, "anna", "pending", "where is 550001")
	s.asks(panel.ID, 2, "ben", "pending", "where is it")
	s.asks(panel.ID, 3, "carl", "closed", "thanks")
	return s, panel, url.Values{"ids": {fmt.Sprintf("%[1]d-1,%[1]d-2,%[1]d-3", panel.ID)}}
}

// confirmed returns the form of a preview as a browser sends it.
func confirmed(t testing.TB, page answer) url.Values {
	t.Helper()
	form := url.Values{}
	_, check, found := strings.Cut(page.Body, `action="/tickets/reply/send"`)
	if !found {
		t.Fatalf("no preview in %.400s", page.Body)
	}
	for _, input := range regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`).FindAllStringSubmatch(check, -1) {
		form.Add(input[1], input[2])
	}
	return form
}

func TestOneTextGoesToManyTicketsFilledForEachAndIsOneHoweverOftenSent(t *testing.T) {
	t.Parallel()
	s, _, form := manySite(t)
	s.post("/tickets/reply", form).expect(t, 200, "Reply to 3 tickets", "{order_id}")
	form.Set("step", "preview")
	form.Set("message", "Hi {user}, {order_id} is {status}. {staff}")
	page := s.post("/tickets/reply", form)
	page.expect(t, 200, "Hi anna, 550001 is in progress. owner", "No value found for {order_id}.", "The panel shows it as closed.",
		"1 of 3 tickets will get this reply.", "Send 1 reply")
	send := confirmed(t, page)
	var at sync.Map
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() { at.Store(s.post("/tickets/reply/send", send).Header.Get("Location"), true) })
	}
	all.Wait()
	var where []string
	at.Range(func(key, _ any) bool { where = append(where, key.(string)); return true })
	rows := s.actions()
	if len(rows) != 1 || rows[0].TargetID != 1 || rows[0].Payload.Message != "Hi anna, 550001 is in progress. owner" || len(where) != 1 {
		t.Fatalf("got %+v at %v, want one reply to anna", rows, where)
	}
	s.get(where[0]).expect(t, 200, "0 of 3 sent, 1 in progress, 2 not sent", fmt.Sprintf(`id="outbox-state-%d"`, rows[0].ID), "The panel shows it as closed.",
		"No value found for {order_id}.", `data-refresh="2"`)
	send.Set("message", "something else")
	s.post("/tickets/reply/send", send).expect(t, 422, "You already sent this form")
}

func TestATicketThatChangedSinceThePreviewOrIsAColleaguesGetsNothing(t *testing.T) {
	t.Parallel()
	s, panel, form := manySite(t)
	form.Set("step", "preview")
	form.Set("message", "We are on it, {user}.")
	send := confirmed(t, s.post("/tickets/reply", form))
	s.asks(panel.ID, 1, "anna", "pending", "where is 550001")
	ticket := models.Ticket{Key: models.Key{PanelID: panel.ID, ID: 1}, UserName: "anna", Subject: "Refill", Status: "pending", CreatedAt: modelstest.Now(t), UpdatedAt: modelstest.Now(t),
		Mirrored: models.Mirrored{Raw: []byte(`{}`)}}
	said := func(at int, body string) models.TicketMessage {
		return models.TicketMessage{PanelID: panel.ID, TicketID: 1, Position: at, Sender: "anna", Body: body, CreatedAt: modelstest.Now(t)}
	}
	if _, err := s.db.PutTicket(t.Context(), ticket, []models.TicketMessage{said(0, "where is 550001"), said(1, "never mind")}, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	sent := s.post("/tickets/reply/send", send)
	sent.expect(t, 303)
	s.get(sent.Header.Get("Location")).expect(t, 200, "It changed after the preview.", "0 of 3 sent, 1 in progress, 2 not sent")
	if rows := s.actions(); len(rows) != 1 || rows[0].TargetID != 2 || rows[0].Payload.Message != "We are on it, ben." {
		t.Fatalf("got %+v, want one to ben", rows)
	}
	bea := modelstest.Staff(t, s.db, "bea", models.RoleAgent, true)
	if err := s.db.AssignTicket(t.Context(), modelstest.Viewer(t, s.db, "owner"), ticket.Key, bea.ID); err != nil {
		t.Fatal(err)
	}
	s.post("/tickets/reply", form).expect(t, 200, "bea has this ticket.")
	form.Set("others", "1")
	s.post("/tickets/reply", form).expect(t, 200, "We are on it, anna.")
}

func TestRepliesToManySayNothingOfOthersPanelsAndHaveABound(t *testing.T) {
	t.Parallel()
	s, panel, form := manySite(t)
	owner := modelstest.Viewer(t, s.db, "owner")
	other := modelstest.Panel(t, s.db, owner, "Other", "https://other.example")
	s.asks(other.ID, 9, "secret", "pending", "hidden")
	agent := modelstest.Staff(t, s.db, "agent", models.RoleAgent, false)
	if err := s.db.ChangeMember(t.Context(), owner, agent.ID, models.MemberInput{Role: models.RoleAgent, Panels: []int64{panel.ID}}); err != nil {
		t.Fatal(err)
	}
	s.as("agent")
	form.Set("ids", form.Get("ids")+fmt.Sprintf(",%d-9,%d-404", other.ID, panel.ID))
	form.Set("step", "preview")
	form.Set("message", "Hello {user}")
	page := s.post("/tickets/reply", form)
	page.expect(t, 200, "Reply to 3 tickets", "Hello anna", "Hello ben")
	if strings.Contains(page.Body, "secret") || strings.Contains(page.Body, fmt.Sprintf("%d-9", other.ID)) {
		t.Error("a ticket of another's panel is hinted at")
	}
	send := confirmed(t, page)
	send.Set("ids", send.Get("ids")+fmt.Sprintf(",%d-9", other.ID))
	sent := s.post("/tickets/reply/send", send)
	sent.expect(t, 303)
	if rows := s.actions(); len(rows) != 2 {
		t.Errorf("got %d actions, want 2", len(rows))
	}
	s.as("owner").get(sent.Header.Get("Location")).expect(t, 404)
	s.post("/tickets/reply", url.Values{"ids": {fmt.Sprintf("%d-404", panel.ID)}}).expect(t, 422, "no longer exist")
	for id := int64(100); id < 301; id++ {
		s.asks(panel.ID, id, "anna", "pending", "hello")
	}
	s.post("/tickets/reply", url.Values{"all": {"1"}}).expect(t, 422, "One reply can go to at most 200 tickets.")
}

func TestACannedReplyIsPutIntoATextForMany(t *testing.T) {
	t.Parallel()
	s, _, form := manySite(t)
	owner := modelstest.Viewer(t, s.db, "owner")
	if err := s.db.AddCannedReply(t.Context(), owner, models.CannedReply{Title: "Late", Body: "Sorry, {user}."}); err != nil {
		t.Fatal(err)
	}
	rows, err := s.db.CannedReplies(t.Context(), owner, "")
	if err != nil {
		t.Fatal(err)
	}
	form.Set("step", "canned")
	form.Set("canned", pathID(rows[0].ID))
	s.post("/tickets/reply", form).expect(t, 200, "Sorry, {user}.</textarea>")
	form.Set("canned", "0")
	form.Set("message", "kept")
	s.post("/tickets/reply", form).expect(t, 422, "Choose a canned reply.", "kept</textarea>")
	form.Set("step", "preview")
	form.Set("message", " ")
	s.post("/tickets/reply", form).expect(t, 422, "Write a message.")
}

// BenchmarkReplyToManyTickets replies to the maximum number of tickets in one batch, from the preview to the results.
func BenchmarkReplyToManyTickets(b *testing.B) {
	s, panel := ownersSite(b, 0)
	var ids []string
	for id := int64(1); id <= models.MostReplied; id++ {
		s.asks(panel.ID, id, "anna", "pending", "where is it")
		ids = append(ids, fmt.Sprintf("%d-%d", panel.ID, id))
	}
	form := url.Values{"ids": {strings.Join(ids, ",")}, "step": {"preview"}, "message": {"Sorry, {user}."}}
	for b.Loop() {
		began := time.Now()
		send := confirmed(b, s.post("/tickets/reply", form))
		b.ReportMetric(milliseconds(began), "ms-preview")
		began = time.Now()
		sent := s.post("/tickets/reply/send", send)
		b.ReportMetric(milliseconds(began), "ms-send")
		s.get(sent.Header.Get("Location")).expect(b, 200, "200 in progress")
	}
}
