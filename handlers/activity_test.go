package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestTheActivityShowsWhatWasDoneFromWhereAndWithWhat(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	agent := "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
	s.post("/settings/sync", url.Values{"resource": {"orders"}, "interval_seconds": {"17"}, "records_per_fetch": {"100"}}, "User-Agent", agent).expect(t, 303)
	s.post("/settings/panels/"+pathID(panel.ID)+"/pause", nil, "User-Agent", agent).expect(t, 303)
	page := s.get("/activity")
	page.expect(t, 200, "Activity log", "Change sync of a resource", "Interval, seconds:", "17", "0.0.0.0", "Safari 17 on iPhone iOS", "Pause panel", panel.Name)
	for _, head := range []string{"When", "Staff", "Action", "Details", "IP / Device", "Result"} {
		if !strings.Contains(page.Body, ">"+head) {
			t.Errorf("there is no column %s", head)
		}
	}
	s.get("/activity?q=interval").expect(t, 200, "1</span> entry", "Change sync of a resource")
	s.get("/activity?action=panel.pause&panel="+pathID(panel.ID)).expect(t, 200, "1</span> entry", "Action: Pause panel", "Panel "+panel.ShortCode)
	s.get("/activity?q=nothing-like-it").expect(t, 200, "No entries match")
	s.get("/settings/panels/"+pathID(panel.ID)).expect(t, 200, "History", "Pause panel")
	s.get("/activity/filters/panel", "HX-Request", "true").expect(t, 200, panel.ShortCode+" · "+panel.Name)
	s.get("/activity/filters/action?find=paus", "HX-Request", "true").expect(t, 200, "Pause panel")
}

func TestASearchAndAViewAreNotedOnceAndNotByARefresh(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	fill(t, s.db, panel.ID)
	noted := func(action models.Action) int64 {
		t.Helper()
		q := models.ParseListQuery(models.ActivityList, url.Values{"action": {string(action)}}, time.UTC, modelstest.Now(t))
		n, err := s.db.Count(t.Context(), modelstest.Viewer(t, s.db, "owner"), models.ActivityList, q)
		if err != nil {
			t.Fatal(err)
		}
		return n.N
	}
	for range 3 {
		s.get("/orders?q=anna").expect(t, 200)
		s.poll("/orders?q=anna", "orders-list", "").expect(t, 200)
	}
	s.get("/orders?q=anna&sort=id").expect(t, 200)
	s.get("/services?q=likes").expect(t, 200)
	s.get("/orders").expect(t, 200)
	if n := noted(models.ActSearch); n != 1 {
		t.Errorf("one search in several pages is noted %d times", n)
	}
	s.get("/users?q=anna").expect(t, 200)
	if n := noted(models.ActSearch); n != 2 {
		t.Errorf("a search of another list: %d are noted, want 2", n)
	}
	for range 2 {
		s.get("/users/"+pathID(panel.ID)+"/1").expect(t, 200, "History", "View customer")
	}
	if n := noted(models.ActOpen); n != 1 {
		t.Errorf("a customer's page is noted %d times", n)
	}
	asked(t, s, panel.ID, 1, time.Minute)
	for range 2 {
		s.get("/tickets/"+pathID(panel.ID)+"/1/context").expect(t, 200, "balance")
	}
	s.get("/activity").expect(t, 200, "Beside ticket")
	if n := noted(models.ActOpen); n != 2 {
		t.Errorf("a customer beside a ticket is noted %d times, want once", n-1)
	}
	for range 2 {
		s.poll("/orders?q=boris", "orders-list", "").expect(t, 200)
	}
	if n := noted(models.ActSearch); n != 3 {
		t.Errorf("who only says that their page refreshes itself is noted %d times, want once", n-2)
	}
}

func TestTheRetentionOfTheLogIsForAnOwner(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	s.get("/settings/sync").expect(t, 200, `name="activity_days" value="730"`)
	s.post("/settings/sync", url.Values{"activity_days": {"7"}}).expect(t, 422, "Use 30 to 3650 days")
	s.post("/settings/sync", url.Values{"activity_days": {"many"}}).expect(t, 422, "Enter a whole number")
	s.post("/settings/sync", url.Values{"activity_days": {"365"}}).expect(t, 303)
	s.get("/activity").expect(t, 200, "Change activity retention", "730", "365")
	s.post("/settings/sync", url.Values{"activity_days": {""}}).expect(t, 303)
	modelstest.Staff(t, s.db, "admin", models.RoleAdmin, true)
	s.as("admin").get("/settings/sync").expect(t, 200, "Only an owner changes this.")
	s.post("/settings/sync", url.Values{"activity_days": {"30"}}).expect(t, 403)
}
