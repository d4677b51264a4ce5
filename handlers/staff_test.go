package handlers

import (
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func idOf(t testing.TB, s *site, username string) string {
	t.Helper()
	members, err := s.db.Members(t.Context(), models.Viewer{Role: models.RoleOwner, AllPanels: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if m.Username == username {
			return pathID(m.ID)
		}
	}
	t.Fatalf("there is no %s", username)
	return ""
}

func TestStaffAreAddedAndListedAsOnTheOriginalScreen(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	s.post("/settings/staff", url.Values{"username": {"kainat"}, "password": {modelstest.Password}, "role": {"agent"},
		"panels": {pathID(panel.ID)}}).expect(t, 303)
	s.get("/settings/staff").expect(t, 200, `must exactly match the staff name configured inside each Perfect Panel admin (e.g. "kainat", "huseyin") so that ticket replies are attributed correctly.`,
		"Username</th>", "Role</th>", "Allowed panels</th>", `data-col="username"><a class="strong" href="/settings/staff/`, "kainat", "Agent", ">MTP</span>")
	s.post("/settings/staff", url.Values{"username": {"Kainat"}, "password": {"short"}, "role": {"king"}}).
		expect(t, 422, "Use at least 12 characters.", "Choose a role from the list.", `value="Kainat"`)
	s.post("/settings/staff", url.Values{"username": {"Kainat"}, "password": {modelstest.Password}, "role": {"agent"}}).expect(t, 422, "This username already exists.")
	s.as("kainat").get("/orders?panel="+pathID(panel.ID)).expect(t, 200, "MTP")
}

func TestAnInvitationIsShownOnceAndUsedOnce(t *testing.T) {
	t.Parallel()
	log := &lines{}
	s := newSite(t, func(c *Config) { c.Log = log.logger() })
	modelstest.Owner(t, s.db)
	s.as("owner")
	added := s.post("/settings/staff", url.Values{"username": {"huseyin"}, "role": {"agent"}, "all_panels": {"1"}})
	added.expect(t, 200, "A one-time link for huseyin.")
	link := regexp.MustCompile(`http://example\.com(/invite/[\w-]+)`).FindStringSubmatch(added.Body)
	if link == nil {
		t.Fatalf("no link in %.3000s", added.Body)
	}
	if page := s.get("/settings/staff"); strings.Contains(page.Body, link[1]) || !strings.Contains(page.Body, "Invited") {
		t.Error("the link is shown again, or nobody is invited")
	}
	s.cookie = ""
	s.get(link[1]).expect(t, 200, "Set your password", "huseyin")
	s.post(link[1], url.Values{"password": {"short"}}).expect(t, 422, "Use at least 12 characters.", "huseyin")
	s.post(link[1], url.Values{"password": {modelstest.Password}}).expect(t, 303)
	s.get(link[1]).expect(t, 404, "This link does not work")
	s.post(link[1], url.Values{"password": {modelstest.Password}}).expect(t, 404)
	s.get("/invite/none").expect(t, 404, "This link does not work")
	s.as("huseyin").get("/").expect(t, 200)
	if strings.Contains(log.String(), strings.TrimPrefix(link[1], "/invite/")) {
		t.Error("the link is in the log")
	}
}

func TestAPermissionIsGrantedAndTakenOneByOne(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	modelstest.Staff(t, s.db, "anna", models.RoleAgent, true)
	path := "/settings/staff/" + idOf(t, s, "anna")
	s.get(path).expect(t, 200, `name="perm_see_money"`, "Owners, admins and agents have it by their role.")
	s.post(path, url.Values{"role": {"agent"}, "all_panels": {"1"}, "perm_see_money": {"deny"}, "perm_export": {"allow"}}).expect(t, 303)
	s.get("/settings/staff").expect(t, 200, "may also export; may not see money")
	s.get(path).expect(t, 200, `<option value="deny" selected>`, `<option value="allow" selected>`)
	s.post(path, url.Values{"role": {"none"}}).expect(t, 422, "Choose a role from the list.")
}

func TestTheLastOwnerIsToldWhy(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	path := "/settings/staff/" + idOf(t, s, "owner")
	s.post(path, url.Values{"role": {"agent"}}).expect(t, 422, "owner is the last owner who can log in.")
	s.post(path+"/disable", nil).expect(t, 422)
	s.post(path+"/remove", url.Values{"confirm": {"owner"}}).expect(t, 422)
	s.get("/settings/staff").expect(t, 200)
}

func TestAForcedPasswordIsChangedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	modelstest.Staff(t, s.db, "anna", models.RoleAgent, true)
	s.post("/settings/staff/"+idOf(t, s, "anna")+"/password", url.Values{"password": {modelstest.Password}, "force_change": {"1"}}).expect(t, 303)
	s.as("anna")
	for _, path := range []string{"/", "/orders", "/freshness"} {
		if got := s.get(path); got.Status != 303 || got.Header.Get("Location") != "/account/password" {
			t.Errorf("%s: got %d to %q, want 303 to /account/password", path, got.Status, got.Header.Get("Location"))
		}
	}
	if got := s.poll("/orders", "section#orders-list", ""); got.Header.Get("HX-Redirect") == "" || strings.Contains(got.Body, "orders-list") {
		t.Errorf("a poll: got %d to %q", got.Status, got.Header.Get("HX-Redirect"))
	}
	changed := s.post("/account/password", url.Values{"old_password": {modelstest.Password}, "password": {"a phrase of her own"}})
	changed.expect(t, 303)
	s.cookie, _, _ = strings.Cut(changed.Header.Get("Set-Cookie"), ";")
	s.get("/orders").expect(t, 200)
}

// TestWhatIsTakenAwayIsGoneWithinTwoSeconds revokes rights directly in the database. The web process gets no
// announcement, so only its cached session could still grant them.
func TestWhatIsTakenAwayIsGoneWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	var late atomic.Int64 // seconds
	s := newSite(t, func(c *Config) {
		c.Now = func() time.Time { return modelstest.Now(t).Add(time.Duration(late.Load()) * time.Second) }
	})
	owner := modelstest.Owner(t, s.db)
	panel := modelstest.Panel(t, s.db, owner, "MTP", "https://mtp.example")
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 1))
	anna := modelstest.Staff(t, s.db, "anna", models.RoleAgent, true)
	owner = modelstest.Viewer(t, s.db, "owner")
	s.as("anna")
	change := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		late.Add(2)
	}
	s.get("/orders").expect(t, 200, `data-col="charge"`, "5.00 USD")
	tag := s.poll("/orders", "section#orders-list", "").Header.Get("HX-PTag")
	change(s.db.ChangeMember(t.Context(), owner, anna.ID, models.MemberInput{Role: models.RoleAgent, AllPanels: true, Taken: []models.Permission{models.PermSeeMoney}}))
	if got := s.poll("/orders?status=in_progress", "section#orders-list", tag); strings.Contains(got.Body, "5.00") {
		t.Error("a poll shows money after the right to it was taken")
	}
	if got := s.get("/orders"); got.Status != 200 || strings.Contains(got.Body, "charge") || strings.Contains(got.Body, "5.00") {
		t.Errorf("the page shows money after the right to it was taken: %d", got.Status)
	}
	change(s.db.ChangeMember(t.Context(), owner, anna.ID, models.MemberInput{Role: models.RoleAgent}))
	if got := s.get("/orders"); len(rows(t, got.Body)) != 0 {
		t.Error("the page shows rows of a panel that was taken")
	}
	change(s.db.DisableMember(t.Context(), owner, anna.ID))
	s.get("/orders").expect(t, 303)
	s.poll("/orders?status=pending", "section#orders-list", "").expect(t, 401)
}

func TestMoneyAndEMailsAreNeitherSortedByNorSearchedForByWhoMayNotSeeThem(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	for i, name := range []string{"poor", "rich"} {
		u := models.User{Key: models.Key{PanelID: panel.ID, ID: int64(i + 1)}, Username: name, Email: name + "@mail.example", CreatedAt: modelstest.Now(t)}
		u.Raw = []byte(`{"n":"` + name + `"}`)
		if _, err := s.db.PutUsers(t.Context(), panel.ID, []models.User{u}, modelstest.Now(t)); err != nil {
			t.Fatal(err)
		}
	}
	modelstest.Staff(t, s.db, "looker", models.RoleViewer, true)
	s.get("/users?q=rich@mail").expect(t, 200, "E-mail starts with")
	s.as("looker")
	for _, path := range []string{"/users?sort=-balance", "/users?sort=discount", "/payments?sort=amount", "/orders?sort=-charge", "/services?sort=rate"} {
		s.get(path).expect(t, 200, "The list cannot be sorted this way")
	}
	if got := s.get("/users?q=rich@mail.example"); len(rows(t, got.Body)) != 0 || !strings.Contains(got.Body, "Username starts with") {
		t.Error("a customer is found by an e-mail that may not be seen")
	}
	v := modelstest.Viewer(t, s.db, "looker")
	for _, sort := range []string{"balance", "spent", "email"} {
		if _, err := s.db.Users(t.Context(), v, models.ListQuery{Sort: sort, Per: 25}); err == nil {
			t.Errorf("the model sorts by %s for who may not see it", sort)
		}
	}
}
