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

// lateSite is a site whose clock the test can advance.
func lateSite(t *testing.T) (*site, *atomic.Int64) {
	t.Helper()
	var seconds atomic.Int64
	now := func() time.Time { return modelstest.Now(t).Add(time.Duration(seconds.Load()) * time.Second) }
	db := modelstest.NewAt(t, now)
	s := newSite(t, func(c *Config) { c.Now, c.DB = now, db })
	s.db, s.now = db, now
	return s, &seconds
}

// take stores the session cookie of a response, as a browser does.
func (s *site) take(a answer) answer {
	for _, line := range a.Header.Values("Set-Cookie") {
		if pair, _, _ := strings.Cut(line, ";"); strings.HasPrefix(pair, "session=") {
			s.cookie = pair
		}
	}
	return a
}

func hidden(t *testing.T, a answer, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.Body)
	if found == nil {
		t.Fatalf("no hidden field %s in: %.1000s", name, a.Body)
	}
	return found[1]
}

func TestASecondFactorIsSetUpAndThenAskedFor(t *testing.T) {
	t.Parallel()
	s, clock := lateSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleAgent, true)
	s.as("ada")
	s.post("/account/two-factor/begin", nil).expect(t, 303)
	page := s.get("/account/two-factor")
	page.expect(t, 200, `<svg class="qr" viewBox="0 0 `, `href="otpauth://totp/Masterpanel:ada?issuer=Masterpanel&amp;secret=`)
	seed := regexp.MustCompile(`<code class="seed">([A-Z2-7 ]+)</code>`).FindStringSubmatch(page.Body)[1]
	app := modelstest.NewApp(t, strings.ReplaceAll(seed, " ", ""), s.now)

	s.post("/account/two-factor/on", url.Values{"code": {"000000"}}).expect(t, 422, "not the current one")
	codes := s.take(s.post("/account/two-factor/on", url.Values{"code": {app.Code()}}))
	codes.expect(t, 200, "Keep these recovery codes")
	recovery := regexp.MustCompile(`[A-Z2-7]{4}(-[A-Z2-7]{4}){3}`).FindString(codes.Body)
	s.get("/account").expect(t, 200, "10 recovery codes are left.")

	logIn := url.Values{"username": {"ada"}, "password": {modelstest.Password}, "next": {"/orders"}}
	s.cookie = ""
	first := s.take(s.post("/login", logIn))
	if got, want := first.Header.Get("Location"), "/login/code?next=%2Forders"; got != want {
		t.Fatalf("after the password: got %q, want %q", got, want)
	}
	s.get("/orders").expect(t, 303)
	s.get("/login/code?next=/orders").expect(t, 200, `name="next" value="/orders"`)
	s.post("/login/code", url.Values{"code": {app.Code()}}).expect(t, 422, "was used before") // this code turned the factor on
	clock.Add(30)
	second := s.take(s.post("/login/code", url.Values{"code": {app.Code()}, "next": {"/orders"}}))
	if got, want := second.Header.Get("Location"), "/orders"; got != want {
		t.Fatalf("after the code: got %q, want %q", got, want)
	}
	s.get("/orders").expect(t, 200)

	for _, want := range []int{303, 422} {
		s.cookie = ""
		s.take(s.post("/login", logIn))
		s.take(s.post("/login/code", url.Values{"code": {recovery}})).expect(t, want)
	}
}

func TestWhenEverybodyMustUseTwoFactorsNothingElseWorksWithoutOne(t *testing.T) {
	t.Parallel()
	s, _ := lateSite(t)
	modelstest.Owner(t, s.db)
	modelstest.Staff(t, s.db, "ada", models.RoleAgent, true)
	s.as("owner").post("/settings/login", url.Values{"idle_minutes": {"240"}, "longest_minutes": {"840"}, "everybody_two_factor": {"true"}}).expect(t, 303)
	s.as("ada")
	for _, path := range []string{"/", "/orders", "/account", "/settings/panels", "/freshness"} {
		if got := s.get(path).Header.Get("Location"); got != "/account/two-factor" {
			t.Errorf("%s: led to %q, want the set-up", path, got)
		}
	}
	if got := s.post("/account/theme", url.Values{"theme": {"dark"}}).Header.Get("Location"); got != "/account/two-factor" {
		t.Errorf("a write: led to %q, want the set-up", got)
	}
	s.get("/account/two-factor").expect(t, 200, "asks everybody to use it")
	s.post("/account/two-factor/begin", nil).expect(t, 303)
	seed := regexp.MustCompile(`<code class="seed">([A-Z2-7 ]+)</code>`).FindStringSubmatch(s.get("/account/two-factor").Body)[1]
	app := modelstest.NewApp(t, strings.ReplaceAll(seed, " ", ""), s.now)
	s.take(s.post("/account/two-factor/on", url.Values{"code": {app.Code()}})).expect(t, 200)
	s.get("/orders").expect(t, 200)
}

func TestAPasswordThatSomebodyElseSetIsChangedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	s, _ := lateSite(t)
	owner := modelstest.Owner(t, s.db)
	ada := modelstest.Staff(t, s.db, "ada", models.RoleAgent, true)
	const given, own = "a phrase that was given", "a phrase of my own choice"
	if err := s.db.SetMemberPassword(t.Context(), owner, ada.ID, given, true); err != nil {
		t.Fatal(err)
	}
	s.take(s.post("/login", url.Values{"username": {"ada"}, "password": {given}}))
	if got := s.get("/orders").Header.Get("Location"); got != "/account/password" {
		t.Errorf("led to %q, want the new password", got)
	}
	s.get("/account/password").expect(t, 200, "Choose your own password")
	s.post("/account/password", url.Values{"old_password": {given}, "password": {given}}).expect(t, 422, "your current password", "Choose your own password")
	s.take(s.post("/account/password", url.Values{"old_password": {given}, "password": {own}})).expect(t, 303)
	s.get("/orders").expect(t, 200)
	s.get("/account/password").expect(t, 303)
}

func TestAnOldLoginConfirmsBeforeItChangesAPanelAndLosesNothing(t *testing.T) {
	t.Parallel()
	s, clock := lateSite(t)
	modelstest.Owner(t, s.db)
	s.as("owner")
	clock.Store(int64(models.RecentFor.Seconds()))
	const key = "an-admin-key-0123456789"
	form := url.Values{"name": {"Alpha & Sons"}, "short_code": {"ALP"}, "colour": {"blue"}, "url": {"https://alpha.example"}, "admin_api_key": {key}}
	asked := s.post("/settings/panels", form, "Referer", "http://example.com/settings/panels")
	asked.expect(t, 403, "Confirm it’s you", `action="/settings/panels"`, `href="/settings/panels"`)
	if strings.Contains(asked.Body, key) || strings.Contains(asked.Body, "Alpha") {
		t.Error("what was typed stands in the page in clear")
	}
	sealed := hidden(t, asked, "confirm_form")
	wrong := s.post("/settings/panels", url.Values{"confirm_form": {sealed}, "confirm_proof": {"not the password"}})
	wrong.expect(t, 422, "This is not right.")
	if got := hidden(t, wrong, "confirm_form"); got != sealed {
		t.Error("a wrong password lost what was typed")
	}
	s.post("/settings/login", url.Values{"confirm_form": {sealed}, "confirm_proof": {modelstest.Password}}).expect(t, 400)
	before := s.cookie
	s.take(s.post("/settings/panels", url.Values{"confirm_form": {sealed}, "confirm_proof": {modelstest.Password}})).expect(t, 303)
	if s.cookie == before {
		t.Error("the session kept its token")
	}
	s.get("/settings/panels").expect(t, 200, "Alpha &amp; Sons", "••••6789")

	s.post("/settings/panels", url.Values{"name": {"Beta"}}).expect(t, 422, "Beta") // no confirmation is needed for ten minutes
	s.cookie = before
	s.get("/settings/panels").expect(t, 303)
}

func TestAPageThatNeedsAFreshProofComesRightAfterIt(t *testing.T) {
	t.Parallel()
	s, clock := lateSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleAgent, true)
	s.as("ada")
	clock.Store(int64(models.RecentFor.Seconds()))
	to := s.get("/account/two-factor").Header.Get("Location")
	if want := "/confirm?next=%2Faccount%2Ftwo-factor"; to != want {
		t.Fatalf("got %q, want %q", to, want)
	}
	s.get(to).expect(t, 200, "Confirm it’s you", `name="next" value="/account/two-factor"`)
	done := s.take(s.post("/confirm", url.Values{"next": {"/account/two-factor"}, "confirm_proof": {modelstest.Password}}))
	if got := done.Header.Get("Location"); got != "/account/two-factor" {
		t.Errorf("after the proof: got %q", got)
	}
	s.get("/account/two-factor").expect(t, 200)
	if got := s.take(s.post("/confirm", url.Values{"next": {"//evil.example"}, "confirm_proof": {modelstest.Password}})).Header.Get("Location"); got != "/" {
		t.Errorf("a foreign address: led to %q", got)
	}
}

func TestOneEndsOnesSessionsInMyAccount(t *testing.T) {
	t.Parallel()
	s, _ := lateSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleAgent, true)
	phone := s.as("ada").cookie
	s.as("ada")
	page := s.get("/account")
	page.expect(t, 200, "This one", "End all others", "192.0.2.1")
	end := regexp.MustCompile(`/account/sessions/\d+/end`).FindString(page.Body)
	s.post(end, nil).expect(t, 303)
	s.post(end, nil).expect(t, 404)
	s.get("/account").expect(t, 200)
	s.cookie = phone
	s.get("/account").expect(t, 303)
}

func TestOnlyAnOwnerSeesHowEverybodyLogsIn(t *testing.T) {
	t.Parallel()
	s, _ := lateSite(t)
	modelstest.Owner(t, s.db)
	modelstest.Staff(t, s.db, "admin", models.RoleAdmin, true)
	s.as("admin").get("/settings/login").expect(t, 403)
	s.post("/settings/login", url.Values{"idle_minutes": {"240"}, "longest_minutes": {"840"}}).expect(t, 403)
	s.as("owner").get("/settings/login").expect(t, 200, `value="240"`, `value="840"`)
	s.post("/settings/login", url.Values{"idle_minutes": {"x"}, "longest_minutes": {"2"}}).expect(t, 422, "Enter a whole number.", "Use 5 to 10080")
}

func TestAWaitIsSaidInWords(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{time.Second: "1 second", 80 * time.Second: "80 seconds", 2 * time.Minute: "2 minutes", 9*time.Minute + 1: "10 minutes"} {
		if got := waitWords(wait); got != want {
			t.Errorf("%s: got %q, want %q", wait, got, want)
		}
	}
}
