package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// httpsSite is a site whose PUBLIC_URL is https.
func httpsSite(t *testing.T, change ...func(*Config)) *site {
	t.Helper()
	public := func(c *Config) { c.PublicURL = &url.URL{Scheme: "https", Host: "desk.example.com"} }
	return newSite(t, append([]func(*Config){public}, change...)...)
}

func TestARequestOverHTTPIsSentToTheHTTPSAddress(t *testing.T) {
	t.Parallel()
	s := httpsSite(t)
	for path, want := range map[string]string{
		"/login":                 "https://desk.example.com/login",
		"/orders?status=pending": "https://desk.example.com/orders?status=pending",
		"/nothing":               "https://desk.example.com/nothing",
		"//evil.example/x":       "https://desk.example.com/",
	} {
		for _, headers := range [][]string{nil, {"X-Forwarded-Proto", "http"}, {"X-Forwarded-Proto", "http", "Sec-Fetch-Site", "none"}} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RequestURI, r.URL.Path, r.URL.RawQuery = path, strings.Split(path, "?")[0], strings.TrimPrefix(path[strings.Index(path+"?", "?"):], "?")
			r.Host = "evil.example"
			for i := 0; i+1 < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			if got := s.do(r); got.Status != 308 || got.Header.Get("Location") != want {
				t.Errorf("%s %v: got %d to %q, want 308 to %q", path, headers, got.Status, got.Header.Get("Location"), want)
			}
		}
	}
	s.get("/healthz").expect(t, 200)
	s.get("/readyz").expect(t, 200)
}

// TestARequestOverHTTPSIsNotRedirected includes a proxy that sends no X-Forwarded-Proto: a redirect would be a loop.
func TestARequestOverHTTPSIsNotRedirected(t *testing.T) {
	t.Parallel()
	s := httpsSite(t)
	s.get("/login", "X-Forwarded-Proto", "https").expect(t, 200)
	s.get("/login", "Sec-Fetch-Site", "none").expect(t, 200)
	newSite(t).get("/login", "X-Forwarded-Proto", "http").expect(t, 200)
}

func TestAProxyThatIsNotTrustedIsNamed(t *testing.T) {
	t.Parallel()
	const named = "TRUSTED_PROXIES is not set"
	for name, c := range map[string]struct {
		change func(*Config)
		header string
		warned bool
	}{
		"a forwarded request":        {func(*Config) {}, "203.0.113.9", true},
		"no proxy":                   {func(*Config) {}, "", false},
		"a trusted proxy":            {func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")} }, "203.0.113.9", false},
		"https without trusting any": {func(c *Config) { c.PublicURL = &url.URL{Scheme: "https", Host: "desk.example.com"} }, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &lines{}
			s := newSite(t, c.change, func(c *Config) { c.Log = log.logger() })
			for range 2 {
				s.get("/healthz", "X-Forwarded-For", c.header)
			}
			if got := strings.Count(log.String(), named); got > 1 || (got == 1) != c.warned {
				t.Errorf("the log names it %d times, want a warning: %v", got, c.warned)
			}
			if body := s.get("/readyz").Body; strings.Contains(body, "warning: "+named) != c.warned {
				t.Errorf("/readyz answers %q", body)
			}
		})
	}
}
