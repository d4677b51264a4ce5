package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// asked puts a ticket on a panel in which the customer asked a question some time ago.
func asked(t testing.TB, s *site, panelID, id int64, ago time.Duration) {
	t.Helper()
	askedFor(t, s, panelID, id, ago, "where is it?")
}

func askedFor(t testing.TB, s *site, panelID, id int64, ago time.Duration, body string) {
	t.Helper()
	at := modelstest.Now(t).Add(-ago)
	key := models.Key{PanelID: panelID, ID: id}
	row := models.Ticket{Key: key, UserName: "anna", Subject: fmt.Sprintf("Refill %d", id), Status: "pending", CreatedAt: at, UpdatedAt: at,
		Mirrored: models.Mirrored{Raw: fmt.Appendf(nil, `{"id":%d}`, id)}}
	if _, err := s.db.PutTickets(t.Context(), panelID, []models.Ticket{row}, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	message := models.TicketMessage{PanelID: panelID, TicketID: id, Sender: "anna", Body: body, CreatedAt: at}
	if _, err := s.db.PutTicket(t.Context(), row, []models.TicketMessage{message}, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
}

func TestTakeNextLeadsToTheTicketThatWaitsLongest(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	asked(t, s, panel.ID, 1, time.Minute)
	asked(t, s, panel.ID, 2, 2*time.Hour)
	s.get("/tickets").expect(t, 200, "Take next", "heat-hot", `<span aria-hidden="true">2</span>`)
	taken := s.post("/tickets/next", nil)
	taken.expect(t, 303)
	if got := taken.Header.Get("Location"); got != fmt.Sprintf("/tickets/%d/2", panel.ID) {
		t.Errorf("led to %s", got)
	}
	s.post("/tickets/next", nil).expect(t, 303)
	if got := s.post("/tickets/next", nil).Header.Get("Location"); got != "/tickets?tab=unassigned" {
		t.Errorf("with nobody left it led to %s", got)
	}
	s.get("/tickets?tab=mine").expect(t, 200, fmt.Sprintf(`id="tickets-row-%d-1"`, panel.ID), fmt.Sprintf(`id="tickets-row-%d-2"`, panel.ID))
}

func TestWhatIsDoneAtTheDeskIsInTheActivityLog(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	asked(t, s, panel.ID, 1, time.Minute)
	asked(t, s, panel.ID, 2, time.Minute)
	path := fmt.Sprintf("/tickets/%d/1", panel.ID)
	for _, one := range []struct{ what, form, word string }{
		{"assign", "assignee=me", "Assign ticket"}, {"snooze", "until=1h&seen=1", "Snooze ticket"}, {"wake", "", "End snooze"},
		{"done", "seen=1", "Mark ticket done"}, {"reopen", "", "Mark ticket not done"}, {"link", "ticket=2&seen=1", "Link duplicate ticket"},
		{"notes", "body=asked", "Note on ticket"},
	} {
		form, _ := url.ParseQuery(one.form)
		s.post(path+"/"+one.what, form).expect(t, 303)
		s.get(path).expect(t, 200, one.word)
	}
	for what, form := range map[string]string{"snooze": "until=order", "link": "ticket=1", "notes": "body="} {
		values, _ := url.ParseQuery(form)
		s.post(path+"/"+what, values).expect(t, 422)
	}
	s.post("/settings/tickets", url.Values{"warn_minutes": {"5"}, "late_minutes": {"x"}, "return_minutes": {"0"}}).expect(t, 422, "Enter a whole number.")
	s.post("/settings/tickets", url.Values{"warn_minutes": {"5"}, "late_minutes": {"50"}, "return_minutes": {"0"}}).expect(t, 303)
	s.get("/activity").expect(t, 200, "Change ticket settings")
}

func TestAViewerLooksAtTheDeskAndHasNoButtons(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	asked(t, s, panel.ID, 1, time.Minute)
	modelstest.Staff(t, s.db, "viewer", models.RoleViewer, true)
	s.as("viewer")
	seen := s.get(fmt.Sprintf("/tickets/%d/1", panel.ID))
	seen.expect(t, 200, "Needs reply")
	if strings.Contains(seen.Body, "/assign") || strings.Contains(s.get("/tickets").Body, "Take next") {
		t.Error("a viewer is offered what they may not do")
	}
}

func TestATicketThatItsPanelForgotSaysSoAndARefusedReplyKeepsItsText(t *testing.T) {
	t.Parallel()
	now := modelstest.Now(t)
	s := siteOn(t, modelstest.NewAt(t, func() time.Time { return now }))
	panel := modelstest.Panel(t, s.db, modelstest.Owner(t, s.db), "MTP", "https://mtp.example")
	s.as("owner").talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "where is my order"})
	key, path := models.Key{PanelID: panel.ID, ID: 7}, fmt.Sprintf("/tickets/%d/7", panel.ID)
	if news, err := s.db.TicketGone(t.Context(), key); err != nil || !news {
		t.Fatalf("got %v, %v", news, err)
	}
	if news, err := s.db.TicketGone(t.Context(), key); err != nil || news {
		t.Errorf("a second time: got %v, %v", news, err)
	}
	s.get("/tickets").expect(t, 200, `data-status="pending">Gone<`)
	s.get(path).expect(t, 200, "The panel no longer has this ticket (noticed ", "The panel no longer has this ticket", "It will refuse a reply", "where is my order")
	s.post(path+"/replies", url.Values{"message": {"It is on its way."}, "key": {"k"}}).expect(t, 303)
	now = now.Add(10 * time.Second)
	action, err := s.db.ClaimAction(t.Context(), s.acted[0], time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.EndAction(t.Context(), action, models.ActionRefused, "The panel no longer has it. Nothing was sent."); err != nil {
		t.Fatal(err)
	}
	s.get(path).expect(t, 200, "Refused", "The panel no longer has it. Nothing was sent.", "It is on its way.</textarea>")
	s.post("/tickets/reply", url.Values{"ids": {fmt.Sprintf("%d-7", panel.ID)}, "step": {"preview"}, "message": {"Hi"}}).expect(t, 200, "The panel no longer has it.")
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "where is my order"}) // now the panel has the ticket again
	s.get("/tickets").expect(t, 200, `data-status="pending">Pending<`)
}

func TestWhoeverANoteNamesSeesABadgeAndATabUntilTheTicketIsDone(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	asked(t, s, panel.ID, 1, time.Minute)
	asked(t, s, panel.ID, 2, time.Minute)
	modelstest.Staff(t, s.db, "huseyin", models.RoleAgent, true)
	path := fmt.Sprintf("/tickets/%d/1", panel.ID)
	s.post(path+"/notes", url.Values{"body": {"@huseyin please look"}}).expect(t, 303)
	if body := s.get("/tickets").Body; strings.Contains(body, "count-mentions") {
		t.Error("whoever wrote it is told of it")
	}
	s.as("huseyin").get("/orders").expect(t, 200, `title="Notes name you"><span aria-hidden="true">@1</span>`)
	tab := func(want ...string) {
		t.Helper()
		if got := rows(t, s.get("/tickets?tab=mentions").Body); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the tab shows %v, want %v", got, want)
		}
	}
	tab("1")
	before := s.get("/badges").Header.Get("HX-PTag")
	s.get(path).expect(t, 200, "@huseyin please look")
	s.feed.Reread(t.Context())
	left := s.poll("/badges", "", before)
	if left.Status != 200 || strings.Contains(left.Body, "count-mentions") {
		t.Errorf("after it was read the badge is %d %s", left.Status, left.Body)
	}
	tab("1")
	s.post(path+"/done", url.Values{"seen": {"1"}}).expect(t, 303)
	tab()
	s.get("/tickets?tab=mentions").expect(t, 200, "mentions you as @huseyin")
}
