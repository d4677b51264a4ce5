package handlers

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAFailedRefreshIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 1)
	s.poll("/orders", "section#orders-list", "").expect(t, 200)
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	failed := s.poll("/orders?status=pending", "section#orders-list", "old")
	failed.expect(t, 500)
	// htmx stores the tag of every response. With a tag here, the next poll would get a 304 and keep the old rows.
	if tag := failed.Header.Get("HX-PTag"); tag != "" {
		t.Errorf("a failure carries the tag %q", tag)
	}
}

func TestAListOf500IDsIsSearchedForAsTheBrowserSendsIt(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	ids := make([]string, 500)
	for i := range ids {
		ids[i] = strconv.Itoa(2_000_000_000 + i)
	}
	ids[len(ids)-1] = "1"
	s.get("/orders").expect(t, 200, `name="q" value="" placeholder="Order or provider ID, user, link" maxlength="6000"`)
	path := "/orders?q=" + strings.Join(ids, "%2C")
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for name, value := range map[string]string{"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#orders-list",
		"HX-Current-URL": "https://desk.example" + path, "Referer": "https://desk.example" + path} {
		r.Header.Set(name, value)
	}
	s.do(r).expect(t, 200, "Any of 500", "orders-row-"+pathID(panel.ID)+"-1")
}

func TestAProblemLeavesTheNavigationAndSaysWhomToAsk(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	modelstest.Staff(t, s.db, "anna", models.RoleAgent, true)
	s.get("/nowhere").expect(t, 404, `<nav class="nav"`, "There is no page at this address.")
	s.get("/orders/1/99").expect(t, 404, `<nav class="nav"`)
	s.as("anna").get("/settings/staff").expect(t, 403, `<nav class="nav"`, "Ask owner, the owner here.")
	s.cookie = ""
	if got := s.get("/nowhere"); got.Status != 404 || strings.Contains(got.Body, `class="nav"`) {
		t.Errorf("a stranger got %d: %.300s", got.Status, got.Body)
	}
}
