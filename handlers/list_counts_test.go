package handlers

import (
	"fmt"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

var allTab = regexp.MustCompile(`id="orders-tab-all"[^>]*>All <span class="count">([^<]*)<`)

// allOrders returns the count on the tab of all orders.
func allOrders(t testing.TB, s *site) string {
	t.Helper()
	m := allTab.FindStringSubmatch(s.get("/orders").Body)
	if m == nil {
		t.Fatal("there is no tab of all orders")
	}
	return m[1]
}

func TestWhatWasCountedForOneIsToldOnlyToThoseWhoSeeTheSamePanels(t *testing.T) {
	t.Parallel()
	s, ours := ownersSite(t, 2)
	owner := modelstest.Viewer(t, s.db, "owner")
	theirs := modelstest.Panel(t, s.db, owner, "Other", "https://other.example")
	for id := range int64(3) {
		modelstest.PutOrders(t, s.db, theirs.ID, modelstest.Order(theirs.ID, id+1))
	}
	for name, panels := range map[string][]int64{"both": {ours.ID, theirs.ID}, "one": {ours.ID}, "other": {theirs.ID}, "none": nil} {
		staff := modelstest.Staff(t, s.db, name, models.RoleAgent, false)
		if err := s.db.ChangeMember(t.Context(), owner, staff.ID, models.MemberInput{Role: models.RoleAgent, Panels: panels}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the first round counts, the second uses the cache
		for name, want := range map[string]string{"owner": "5", "both": "5", "one": "2", "other": "3", "none": "0"} {
			if got := allOrders(t, s.as(name)); got != want {
				t.Errorf("%s: got %s orders, want %s", name, got, want)
			}
		}
	}
}

func TestNumbersMoveWithTheirVersionAndWithoutItWithinASecond(t *testing.T) {
	t.Parallel()
	var late atomic.Int64 // seconds
	s := newSite(t, func(c *Config) {
		c.Now = func() time.Time { return time.Unix(1_800_000_000+late.Load(), 0) }
	})
	panel := modelstest.Panel(t, s.db, modelstest.Owner(t, s.db), "MTP", "https://mtp.example")
	s.as("owner")
	expect := func(want int) {
		t.Helper()
		if got := allOrders(t, s); got != fmt.Sprint(want) {
			t.Errorf("got %s orders, want %d", got, want)
		}
	}
	put := func(id int64) { modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, id)) }
	put(1)
	expect(1)
	put(2) // without an announcement
	expect(1)
	late.Add(1)
	expect(2)
	put(3)
	if err := s.versions.Bump(t.Context(), jobs.ResourceVersion(panel.ID, models.Orders)); err != nil {
		t.Fatal(err)
	}
	s.feed.Reread(t.Context())
	expect(3)
}

func TestNumbersAreCountedAgainWhileVersionsAreUnknown(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	s.memory.SetError("down")
	s.feed.Reread(t.Context())
	for n := int64(2); n < 4; n++ {
		modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, n))
		if got := allOrders(t, s); got != fmt.Sprint(n) {
			t.Errorf("got %s orders, want %d", got, n)
		}
	}
}
