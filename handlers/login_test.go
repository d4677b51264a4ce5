package handlers

import (
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestEveryPageSendsAStrangerToTheLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	open := map[string]bool{"/login": true, "/login/code": true, "/healthz": true, "/readyz": true, "/static/:name": true, "/logout": true,
		"/invite/:token": true}
	tried := 0
	for _, route := range s.app.GetRoutes(true) {
		if open[route.Path] || route.Method != fiber.MethodGet && route.Method != fiber.MethodPost {
			continue
		}
		path := strings.NewReplacer(":panel", "1", ":id", "2", ":filter", "mode").Replace(route.Path)
		tried++
		var got answer
		if route.Method == fiber.MethodGet {
			got = s.get(path)
		} else {
			got = s.post(path, url.Values{})
		}
		if got.Status != 303 || !strings.HasPrefix(got.Header.Get("Location"), "/login") {
			t.Errorf("%s %s: got %d to %q, want 303 to /login", route.Method, path, got.Status, got.Header.Get("Location"))
		}
	}
	if tried < 20 {
		t.Errorf("only %d routes were tried", tried)
	}
}

func TestAfterLoginOneIsWhereOneWantedToBe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	if got, want := s.get("/orders?status=pending").Header.Get("Location"), "/login?next=%2Forders%3Fstatus%3Dpending"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	answer := s.post("/login", url.Values{"username": {"ada"}, "password": {modelstest.Password}, "next": {"/orders?status=pending"}})
	answer.expect(t, 303)
	if got, want := answer.Header.Get("Location"), "/orders?status=pending"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAfterLoginOneIsBackAtThePageWhoseFormOrRefreshFoundNoSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, c := range map[string]struct {
		got  answer
		want string
	}{
		"a form":                     {s.post("/tickets/1/458/replies", url.Values{"message": {"hello"}}, "Referer", "http://example.com/tickets/1/458"), "/login?next=%2Ftickets%2F1%2F458"},
		"a form of htmx":             {s.post("/tickets/1/458/replies", nil, "HX-Request", "true", "HX-Current-URL", "http://example.com/tickets?tab=mine"), "/login?next=%2Ftickets%3Ftab%3Dmine"},
		"a refresh":                  {s.poll("/badges", "shell-badges", ""), "/login"},
		"a refresh of a page":        {s.get("/badges", "HX-Request", "true", "HX-Current-URL", "http://example.com/orders"), "/login?next=%2Forders"},
		"a form without an address":  {s.post("/tickets/1/458/replies", nil), "/login"},
		"a form of another site":     {s.post("/tickets/1/458/replies", nil, "Referer", "http://example.com//evil.example/x"), "/login"},
		"an address that is no page": {s.post("/tickets/1/458/replies", nil, "Referer", "javascript:alert(1)"), "/login"},
	} {
		if to := c.got.Header.Get("Location") + c.got.Header.Get("HX-Redirect"); to != c.want {
			t.Errorf("%s: got %q, want %q", name, to, c.want)
		}
	}
}

func TestNextNeverLeadsAway(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"", "https://evil.example", "//evil.example", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "orders", "/%2f/evil.example/..%2f", "http:/orders"} {
		if got := localPath(next); strings.Contains(got, "evil") && !strings.HasPrefix(got, "/%2f") || !strings.HasPrefix(got, "/") {
			t.Errorf("localPath(%q): got %q", next, got)
		}
	}
	if got, want := localPath("/orders?q=a%2Fb"), "/orders?q=a%2Fb"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAWrongNameAndAWrongPasswordLookTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t, standing(t)) // a page shows the time
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	known := s.post("/login", url.Values{"username": {"ada"}, "password": {"not the password"}})
	unknown := s.post("/login", url.Values{"username": {"bob"}, "password": {"not the password"}})
	known.expect(t, 422, "Wrong username or password.")
	nonce := regexp.MustCompile(`nonce="\w+"`)
	got, want := strings.ReplaceAll(unknown.Body, `"bob"`, `"ada"`), known.Body
	if got, want = nonce.ReplaceAllString(got, ""), nonce.ReplaceAllString(want, ""); got != want {
		t.Errorf("the two pages differ:\n%s\n%s", got, want)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	var last answer
	for range 8 {
		last = s.post("/login", url.Values{"username": {"ada"}, "password": {"not the password"}})
	}
	last.expect(t, 429, "Too many failed attempts. Try again in ", `name="password"`)
	if last.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestLoggingOutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	s.as("ada")
	s.get("/").expect(t, 200)
	out := s.post("/logout", nil)
	out.expect(t, 303)
	if got := out.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data: got %q", got)
	}
	s.get("/").expect(t, 303)
}

func TestASessionThatEndedTellsHTMXWhereToGo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.poll("/orders", "section#orders-list", "old")
	got.expect(t, 401)
	if to := got.Header.Get("HX-Redirect"); !strings.HasPrefix(to, "/login") {
		t.Errorf("HX-Redirect: got %q", to)
	}
}

func TestALostSessionShowsNothingEvenWhenNobodyWasTold(t *testing.T) {
	t.Parallel()
	var late atomic.Int64 // seconds
	s := newSite(t, func(c *Config) {
		c.Now = func() time.Time { return modelstest.Now(t).Add(time.Duration(late.Load()) * time.Second) }
	})
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	s.as("ada")
	tag := s.poll("/orders", "section#orders-list", "").Header.Get("HX-PTag")
	_, token, _ := strings.Cut(s.cookie, "=")
	if err := s.db.LogOut(t.Context(), token); err != nil { // without a change of its version
		t.Fatal(err)
	}
	late.Store(2)
	s.poll("/orders", "section#orders-list", tag).expect(t, 304)
	rows := s.poll("/orders?status=pending", "section#orders-list", tag)
	rows.expect(t, 401)
	if strings.Contains(rows.Body, "orders-list") || rows.Header.Get("HX-Redirect") == "" {
		t.Errorf("a poll without a session got %q", rows.Body)
	}
	s.poll("/orders", "section#orders-list", tag).expect(t, 401)
	s.get("/orders").expect(t, 303)
}

func TestLoggingOutLeavesTheDeviceWithItsOwnCount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	right, wrong := url.Values{"username": {"ada"}, "password": {modelstest.Password}}, url.Values{"username": {"ada"}, "password": {"not the password"}}
	cookies := map[string]string{}
	for _, line := range s.post("/login", right).Header.Values("Set-Cookie") {
		name, _, _ := strings.Cut(line, "=")
		cookies[name] = line
	}
	for _, part := range []string{"max-age=7776000", "path=/", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(cookies["device"], part) {
			t.Errorf("the device cookie %q does not hold %q", cookies["device"], part)
		}
	}
	pair := func(name string) string {
		value, _, _ := strings.Cut(cookies[name], ";")
		return value
	}
	out := s.post("/logout", nil, "Cookie", pair("session")+"; "+pair("device"))
	if set := strings.Join(out.Header.Values("Set-Cookie"), "\n"); out.Status != 303 || strings.Contains(set, "device") {
		t.Errorf("log-out: got %d with the cookies %q, want 303 without a device", out.Status, set)
	}
	for range 8 {
		s.post("/login", wrong)
	}
	s.post("/login", right).expect(t, 429)
	s.post("/login", right, "Cookie", pair("device")).expect(t, 303)
}
