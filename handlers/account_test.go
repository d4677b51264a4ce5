package handlers

import (
	"net/url"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestPreferencesAreKeptPerStaffMember(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 1)
	s.get("/orders").expect(t, 200, `data-theme="system"`, `data-auto-refresh="true"`)
	s.post("/account/theme", url.Values{"theme": {"dark"}, "next": {"/orders"}}).expect(t, 303)
	s.post("/account/auto-refresh", url.Values{"auto_refresh": {"false"}}, "HX-Request", "true").expect(t, 200, `data-auto-refresh="false"`)
	s.post("/account/time-zone", url.Values{"time_zone": {"Europe/Istanbul"}}).expect(t, 303)
	s.get("/orders").expect(t, 200, `data-theme="dark"`, `data-auto-refresh="false"`, "15:01:00 &#43;03")
	s.post("/account/time-zone", url.Values{"time_zone": {"Mars/Olympus"}}).expect(t, 422, "Choose a time zone", "Mars/Olympus")
	s.post("/account/theme", url.Values{"theme": {"pink"}}).expect(t, 422, "Choose system, light or dark.")
}

func TestAPasswordIsChangedOnlyWithTheOldOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	s.as("ada")
	const next = "another long enough phrase"
	s.post("/account/password", url.Values{"old_password": {"wrong"}, "password": {next}}).expect(t, 422, "This is not your current password.")
	s.post("/account/password", url.Values{"old_password": {modelstest.Password}, "password": {"short"}}).expect(t, 422, "12")
	s.post("/account/password", url.Values{"old_password": {modelstest.Password}, "password": {next}}).expect(t, 303)
	s.post("/login", url.Values{"username": {"ada"}, "password": {next}}).expect(t, 303)
}

func TestGuessingThePasswordOfAnOpenScreenIsSlowedDown(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	guess := url.Values{"old_password": {"a wrong one"}, "password": {"another long enough phrase"}}
	for range 5 {
		s.post("/account/password", guess).expect(t, 422)
	}
	last := s.post("/account/password", guess)
	last.expect(t, 429, "Too many wrong passwords. Try again in")
	if last.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestAFormThatCameBackLeadsToAPageThatExists(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	for path, next := range map[string]string{"/account/password": "/account", "/account/time-zone": "/account",
		"/settings/panels/" + pathID(panel.ID) + "/remove": "/settings/panels"} {
		s.post(path, nil).expect(t, 422, `name="next" value="`+next+`"`)
		s.post("/account/theme", url.Values{"theme": {"dark"}, "next": {next}}).expect(t, 303)
		s.get(next).expect(t, 200)
	}
}

func TestTheTitleSaysHowManyTicketsWaitAndAMutedPanelIsNotHeard(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	s.get("/orders").expect(t, 200, "<title>Orders · Masterpanel</title>", `data-waiting="" data-loud="0" data-refresh`)
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "please refill"})
	s.get("/orders").expect(t, 200, "<title>(1) Orders · Masterpanel</title>")
	s.post("/account/alerts", url.Values{"sound": {"1"}, "notify": {"1"}}).expect(t, 303)
	s.get("/badges").expect(t, 200, `data-waiting="1" data-loud="1" data-sound data-notify`)
	s.post("/account/alerts", url.Values{"sound": {"1"}, "muted": {pathID(panel.ID), "999999"}}).expect(t, 303)
	s.get("/badges").expect(t, 200, `data-waiting="1" data-loud="0" data-sound data-refresh`)
	s.get("/account").expect(t, 200, `name="sound" value="1" checked`, `name="muted" value="`+pathID(panel.ID)+`" checked`, `name="notify" value="1" data-notify-ask`)
	s.post("/account/alerts", url.Values{"muted": {"x"}}).expect(t, 400)
}
