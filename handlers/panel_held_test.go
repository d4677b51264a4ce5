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

func TestAPausedPanelLooksPausedOnEveryPageThatShowsIt(t *testing.T) {
	t.Parallel()
	clock := modelstest.Now(t)
	now := func() time.Time { return clock }
	s := siteOn(t, modelstest.NewAt(t, now), func(c *Config) { c.Now = now })
	panel := modelstest.Panel(t, s.db, modelstest.Owner(t, s.db), "MTP", "https://mtp.example")
	modelstest.Panel(t, s.db, modelstest.Viewer(t, s.db, "owner"), "Other", "https://other.example")
	owner := modelstest.Viewer(t, s.db, "owner")
	s.as("owner")
	ticket := models.Ticket{Key: models.Key{PanelID: panel.ID, ID: 7}, Status: "pending", UserName: "anna", Subject: "Where is it?"}
	ticket.CreatedAt, ticket.UpdatedAt, ticket.Raw = clock, clock, []byte("{}")
	if _, err := s.db.PutTickets(t.Context(), panel.ID, []models.Ticket{ticket}, clock); err != nil {
		t.Fatal(err)
	}
	reply, err := s.db.Enqueue(t.Context(), owner, models.NewAction{Key: "r", Kind: models.KindReply, PanelID: panel.ID, TargetID: 7,
		Payload: models.ActionPayload{Message: "Hello"}})
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/tickets/%d/7", panel.ID)
	s.get(path).expect(t, 200, "Sends in a moment")
	s.post(fmt.Sprintf("/settings/panels/%d/pause", panel.ID), nil).expect(t, 303)
	const waits = "The panel is paused. Masterpanel sends this when the panel is resumed."
	for where, want := range map[string]string{
		"/": ">Paused</span>", "/freshness": "MTP paused", "/settings/sync": ", 1 paused", "/settings/panels": "Paused since",
		"/outbox": waits, fmt.Sprintf("/outbox/%d", reply.ID): waits, path: waits,
	} {
		s.get(where).expect(t, 200, want)
	}
	for _, list := range []string{"/orders", "/tickets", "/users", "/payments", "/services", "/outbox", fmt.Sprintf("/orders?panel=%d", panel.ID)} {
		s.get(list).expect(t, 200, "MTP paused", "MTP is paused. Nothing is read from it or sent to it until it is resumed.")
	}
	if page := s.get(fmt.Sprintf("/orders?panel=%d", panel.ID+1)); strings.Contains(page.Body, "MTP is paused.") {
		t.Error("a list without the panel says that it is paused")
	}
	s.post(fmt.Sprintf("/settings/panels/%d/resume", panel.ID), nil).expect(t, 303)
	if page := s.get("/orders"); strings.Contains(page.Body, "MTP paused") || strings.Contains(page.Body, "is paused") {
		t.Error("a resumed panel looks paused")
	}
}

func TestATicketWhoseReplyMeetsARefusedKeySaysSo(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	owner := modelstest.Viewer(t, s.db, "owner")
	action, err := s.db.Enqueue(t.Context(), owner, models.NewAction{Key: "c", Kind: models.KindCancel, PanelID: panel.ID, TargetID: 1})
	if err != nil {
		t.Fatal(err)
	}
	access, err := s.db.PanelAccess(t.Context(), panel.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.MarkKeyRefused(t.Context(), access, modelstest.Now(t).Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.get(fmt.Sprintf("/outbox/%d", action.ID)).expect(t, 200, "The panel refused its key. Masterpanel sends this when the key is replaced.", "Cancel before it is sent")
	s.get("/").expect(t, 200, ">Needs key</span>")
}

func TestAnAddressThatChangesIsAskedAbout(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	s.post(fmt.Sprintf("/orders/%d/1/actions", panel.ID), url.Values{"kind": {"cancel"}, "key": {"1"}}).expect(t, 303)
	path := fmt.Sprintf("/settings/panels/%d", panel.ID)
	form := url.Values{"name": {"MTP"}, "short_code": {"MTP"}, "colour": {panel.Colour}, "url": {"https://new.example"}, "admin_api_key": {"a-key"}, "services_api_key": {"-"}}
	s.post(path, form).expect(t, 422, "Which shop answers at https://new.example?", "Same shop, new address", "Another shop", "Nothing was saved yet.")
	form.Set("shop", "another")
	s.post(path, form).expect(t, 422, "Connect the other shop as a new panel.")
	s.get(path).expect(t, 200, `value="https://mtp.example"`)
	s.get("/outbox/1").expect(t, 200, "Masterpanel sends it in a moment.")
	form.Set("shop", "same")
	s.post(path, form).expect(t, 303)
	s.get("/settings/panels").expect(t, 200, "Comparing", "Masterpanel compares its newest records with the mirror")
	s.get("/orders").expect(t, 200, "MTP has a new address or key. Masterpanel compares its newest records with the mirror before it reads or sends anything.")
	if page := s.get("/settings/sync"); strings.Contains(page.Body, ">Running<") {
		t.Error("the summary of the sync page says Running while the only panel is compared")
	}
	s.get("/outbox/1").expect(t, 200, "Needs review", "address changed from https://mtp.example to https://new.example while this action waited.",
		"Address when requested", "It did not, send again", `name="address" value="1"`)
	s.post("/outbox/1/decision", url.Values{"attempt": {"0"}, "address": {"0"}, "decision": {"send_again"}}).expect(t, 409)
	s.post("/outbox/1/decision", url.Values{"decision": {"send_again"}, "note": {"Still wanted"}}).expect(t, 303)
	s.get("/outbox/1").expect(t, 200, "It sends this when they match.", "Waiting")
}

func TestAReplyThatAsksAfterAnAddressChangeLeadsToTheDecision(t *testing.T) {
	t.Parallel()
	s, panel, path := ticketSite(t)
	s.post(path+"/replies", url.Values{"message": {"It is on its way."}, "key": {"k1"}}).expect(t, 303)
	form := url.Values{"name": {panel.Name}, "short_code": {panel.ShortCode}, "colour": {panel.Colour}, "url": {"https://new.example"},
		"admin_api_key": {"a-key"}, "services_api_key": {"-"}, "shop": {"same"}}
	s.post(fmt.Sprintf("/settings/panels/%d", panel.ID), form).expect(t, 303)
	page := s.get(path)
	page.expect(t, 200, "Decide if Masterpanel sends it to the new address.", fmt.Sprintf(`href="/outbox/%d">Decide</a>`, s.acted[0]))
	if strings.Contains(page.Body, "Cancel before it is sent") {
		t.Error("it offers to cancel beside the decision")
	}
}
