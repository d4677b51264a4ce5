package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// typed sends the request of the palette on the page at where during typing.
func (s *site) typed(text, where string) answer {
	s.t.Helper()
	return s.get("/search?"+url.Values{"q": {text}}.Encode(), "HX-Request", "true", "HX-Request-Type", "partial",
		"HX-Target", "div#palette-results", "HX-Current-URL", "http://example.com"+where)
}

// searches returns the texts of global searches in the activity log, newest first.
func (s *site) searches() (texts []string) {
	s.t.Helper()
	v := modelstest.Viewer(s.t, s.db, "owner")
	page, err := s.db.Activities(s.t.Context(), v, models.ParseListQuery(models.ActivityList, url.Values{"action": {"view.search"}}, time.UTC, modelstest.Now(s.t)))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range page.Rows {
		texts = append(texts, row.Changes[1].New)
	}
	return texts
}

func TestASearchGoesToWhatItNames(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	for text, want := range map[string]string{
		"2":                         fmt.Sprintf("/orders/%d/2", panel.ID),
		panel.ShortCode + " 3":      fmt.Sprintf("/orders/%d/3", panel.ID),
		"88000001":                  fmt.Sprintf("/orders/%d/1", panel.ID),
		"https://instagram.com/p/3": fmt.Sprintf("/orders/%d/3", panel.ID),
	} {
		got := s.get("/search?" + url.Values{"q": {text}}.Encode())
		if to := got.Header.Get("Location"); got.Status != http.StatusSeeOther || to != want {
			t.Errorf("%q: got %d to %q, want %q", text, got.Status, to, want)
		}
	}
}

func TestASearchThatFindsSeveralGroupsThemAndLinksToTheirList(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 7)
	page := s.get("/search?q=anna")
	page.expect(t, http.StatusOK, "<title>Search", `aria-label="Orders"`, `href="/orders?q=anna"`, "All 7 orders of anna",
		fmt.Sprintf(`href="/orders/%d/7"`, panel.ID), `action="/search"`, `value="anna"`)
	if strings.Contains(page.Body, fmt.Sprintf(`href="/orders/%d/2"`, panel.ID)) {
		t.Error("more than five orders are shown")
	}
	s.get("/search?"+url.Values{"q": {panel.ShortCode + " anna"}}.Encode()).expect(t, http.StatusOK, fmt.Sprintf("/orders?panel=%d&amp;q=anna", panel.ID))
	s.get("/search?q=1+2").expect(t, http.StatusOK, "All 2 orders", `href="/orders?q=1&#43;2"`)
}

func TestASearchThatFindsNothingSaysWhatItWasTakenFor(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	for text, want := range map[string]string{
		"999":                     "the ID of an order, ticket, payment, user or service, or a provider order ID.",
		panel.ShortCode + " 999":  "or a provider order ID on " + panel.ShortCode + ".",
		"nobody@example.com":      "an order’s link, an e-mail or a username.",
		"x.example/nothing":       "as an order’s link.",
		"nobody-like-this":        "a username, a provider order ID or the start of a service’s name.",
		strings.Repeat("x", 6001): "too long",
	} {
		s.get("/search?"+url.Values{"q": {text}}.Encode()).expect(t, http.StatusOK, want)
	}
	s.get("/search").expect(t, http.StatusOK, "Go to Orders")
}

func TestThePaletteIsAnsweredWithAFragmentAndNeverSentAway(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	got := s.typed("2", "/orders?q=x")
	got.expect(t, http.StatusOK, fmt.Sprintf(`href="/orders/%d/2"`, panel.ID), `data-asked="2"`)
	if strings.Contains(got.Body, "<html") || got.Header.Get("HX-Push-Url") != "" {
		t.Error("the palette got a page, or a change of the address")
	}
	s.typed("dark", "/orders?q=x").expect(t, http.StatusOK, `action="/account/theme"`, `name="next" value="/orders?q=x"`)
	s.typed("refresh", "/tickets").expect(t, http.StatusOK, `action="/sync/refresh"`, `name="section" value="tickets"`)
	s.typed("refresh", "//evil.example/").expect(t, http.StatusOK, `name="next" value="/"`)
}

func TestThePaletteOffersOnlyWhatOneMayDo(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	modelstest.Staff(t, s.db, "agent", models.RoleAgent, false)
	s.typed("panels", "/").expect(t, http.StatusOK, "Go to Panels")
	s.typed("work on", "/").expect(t, http.StatusOK, panel.Name)
	s.as("agent")
	for _, text := range []string{"panels", "work on", "settings", "sync"} {
		got := s.typed(text, "/")
		if others := strings.ReplaceAll(got.Body, "/settings/replies", ""); strings.Contains(others, "/settings/") || strings.Contains(got.Body, panel.Name) {
			t.Errorf("%q offers an agent without panels: %s", text, got.Body)
		}
	}
	s.typed("go orders", "/").expect(t, http.StatusOK, `href="/orders"`)
	s.typed("log", "/").expect(t, http.StatusOK, `action="/logout"`)
}

func TestASearchShowsMoneyAndEmailsOnlyToWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	now := modelstest.Now(t)
	raw := models.Mirrored{Raw: []byte("{}")}
	for i := range int64(2) {
		if _, err := s.db.PutUsers(t.Context(), panel.ID, []models.User{{Key: models.Key{PanelID: panel.ID, ID: i + 1}, Username: fmt.Sprint("anna", i), Email: fmt.Sprint("a", i, "@example.com"), Currency: "EUR", CreatedAt: now, Mirrored: raw}}, now); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.PutPayments(t.Context(), panel.ID, []models.Payment{{Key: models.Key{PanelID: panel.ID, ID: i + 1}, UserName: "anna0", Amount: modelstest.Amount("0"), Currency: "EUR", Method: "Card", CreatedAt: now, Mirrored: raw}}, now); err != nil {
			t.Fatal(err)
		}
	}
	s.get("/search?q=anna").expect(t, http.StatusOK, "a0@example.com", "All 2 users that start with anna")
	s.typed("anna0", "/").expect(t, http.StatusOK, "0.00 EUR")
	modelstest.Staff(t, s.db, "viewer", models.RoleViewer, true)
	s.as("viewer")
	for _, text := range []string{"anna", "anna0", "1", "a0@example.com", "a0@"} {
		if got := s.typed(text, "/"); strings.Contains(strings.ReplaceAll(got.Body, text, ""), "@example.com") || strings.Contains(got.Body, "EUR") {
			t.Errorf("%q shows a viewer an e-mail or money: %s", text, got.Body)
		}
	}
	if got := s.typed("a0@example.com", "/"); strings.Contains(got.Body, "anna0") || !strings.Contains(got.Body, "The search skips e-mails") {
		t.Errorf("a viewer found somebody by e-mail: %s", got.Body)
	}
}

func TestASearchIsInTheActivityLogOnceItIsSubmitted(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 2)
	for _, text := range []string{"a", "an", "anna"} {
		s.typed(text, "/orders")
	}
	if got := s.searches(); len(got) != 0 {
		t.Errorf("typing alone was recorded: %v", got)
	}
	s.get("/search?q=anna")
	s.get("/search?q=anna")
	s.post("/search", url.Values{"q": {"anna"}}).expect(t, http.StatusNoContent)
	s.post("/search", url.Values{"q": {" 2 "}}).expect(t, http.StatusNoContent)
	s.post("/search", url.Values{"q": {""}}).expect(t, http.StatusNoContent)
	if got := fmt.Sprint(s.searches()); got != "[2 anna]" {
		t.Errorf("got %v, want each search once", got)
	}
}

func TestACustomerWhoIsFoundWhileOneTypesIsInTheActivityLog(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	fill(t, s.db, panel.ID)
	user, err := s.db.User(t.Context(), modelstest.Viewer(t, s.db, "owner"), models.Key{PanelID: panel.ID, ID: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{user.Username[:2], user.Username, user.Username, user.Email, "1"} {
		s.typed(text, "/")
	}
	if got, want := fmt.Sprint(s.searches()), fmt.Sprint([]string{user.Email, user.Username}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
