package handlers

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

var (
	nonceWords = regexp.MustCompile(`nonce="[^"]*"`)
	tagWords   = regexp.MustCompile(`hx-ptag="[^"]*"`)
)

// ordersFragment returns the list of orders as htmx gets it, without the parts that differ in every response.
func ordersFragment(s *site, path string, headers ...string) string {
	s.t.Helper()
	got := s.get(path, append([]string{"HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "section#orders-list"}, headers...)...)
	got.expect(s.t, 200, `id="orders-list"`)
	return tagWords.ReplaceAllString(nonceWords.ReplaceAllString(got.Body, ""), "")
}

// expectAlike reports the first difference of two texts.
func expectAlike(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	from := max(0, at-100)
	t.Errorf("%s: got …%s…, want …%s…", what, got[from:min(at+200, len(got))], want[from:min(at+200, len(want))])
}

// TestAListFromWhatIsKeptIsThatOfAServerThatKeepsNothing compares, after each of several changes, a server with a warm
// cache and a freshly started one. Both must show the same bytes.
func TestAListFromWhatIsKeptIsThatOfAServerThatKeepsNothing(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 60)
	modelstest.Staff(t, s.db, "anna", models.RoleAgent, true)
	modelstest.Staff(t, s.db, "vera", models.RoleViewer, true) // may see no money
	s.as("anna").post("/account/time-zone", url.Values{"time_zone": {"Asia/Tokyo"}}).expect(t, 303)
	put := func(id int64, change func(*models.Order)) func() {
		return func() { modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, id, change)) }
	}
	cookies := map[string]string{}
	for _, name := range []string{"owner", "anna", "vera"} {
		cookies[name] = s.as(name).cookie
	}
	next := link(t, s.get("/orders?per=25").Body, "next")
	owner := modelstest.Viewer(t, s.db, "owner")
	for what, change := range map[string]func(){
		"nothing changed":      func() {},
		"an order was changed": put(58, func(o *models.Order) { o.Status, o.UserName = "completed", "bob\u202e" }),
		"an order came":        put(61, func(o *models.Order) { o.Link = "https://tiktok.com/@new" }),
		"it was changed back":  put(58, func(*models.Order) {}),
		"an order is canceled": func() {
			if _, err := s.db.Enqueue(t.Context(), owner, models.NewAction{Key: "one", Kind: models.KindCancel, PanelID: panel.ID, TargetID: 57}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		change()
		if err := s.versions.Bump(t.Context(), jobs.ResourceVersion(panel.ID, models.Orders), jobs.ResourceVersion(panel.ID, models.Outbox)); err != nil {
			t.Fatal(err)
		}
		s.feed.Reread(t.Context())
		for name, cookie := range cookies {
			cold := siteOn(t, s.db)
			s.cookie, cold.cookie = cookie, cookie
			for _, path := range []string{"/orders", "/orders?sort=-id", "/orders?status=in_progress&per=25", next} {
				kept, fresh := ordersFragment(s, path), ordersFragment(cold, path)
				expectAlike(t, what+", "+name+", "+path, kept, fresh)
				if canceled := what == "an order is canceled"; canceled && path != next && !strings.Contains(kept, "badge-pending") {
					t.Errorf("%s: nothing on %s says that it is pending", what, path)
				}
				if name == "vera" && strings.Contains(kept, "5.00") {
					t.Errorf("%s: %s shows money to who may not see it", what, path)
				}
			}
			shown := []string{"X-Auto-Refresh", "1", "X-Shown", models.FormatKeys([]models.Key{{PanelID: panel.ID, ID: 58}, {PanelID: panel.ID, ID: 2}})}
			expectAlike(t, what+", "+name+", who looks at two rows", ordersFragment(s, "/orders", shown...), ordersFragment(cold, "/orders", shown...))
		}
	}
}
