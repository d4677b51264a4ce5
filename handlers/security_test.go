package handlers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

var anyNonce = regexp.MustCompile(` 'nonce-[A-Z2-7]{26}'`)

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.app.Listener(listener)
	t.Cleanup(func() { s.app.Shutdown() })
	for name, request := range map[string]string{
		"page":          "GET /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"redirect":      "GET /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"404":           "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"405":           "DELETE /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"asset":         "GET " + assetPath(t, s) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"missing asset": "GET /static/none.css HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"health":        "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"cross-site":    "POST /login HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"413":           "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n",
		"431":           "GET /login HTTP/1.1\r\nHost: a\r\nX-Long: " + strings.Repeat("x", 2*maxHeaders) + "\r\n\r\n",
		"strange verb":  "BREW /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"no HTTP":       "GET\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, request); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			for header, want := range map[string]string{"Content-Security-Policy": policy(""), "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
				if got := anyNonce.ReplaceAllString(response.Header.Get(header), ""); got != want {
					t.Errorf("%s: got %q, want %q (status %d)", header, got, want, response.StatusCode)
				}
			}
		})
	}
}

// assetPath returns the address of the style sheet that a page links to.
func assetPath(t testing.TB, s *site) string {
	t.Helper()
	_, rest, found := strings.Cut(s.get("/login").Body, `href="/static/app.`)
	if !found {
		t.Fatal("no style sheet on the page")
	}
	name, _, _ := strings.Cut(rest, `"`)
	return "/static/app." + name
}

func TestAnAssetIsKeptForEverAndAPageNotAtAll(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	asset := s.get(assetPath(t, s), "Accept-Encoding", "gzip")
	if got, want := asset.Header.Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
		t.Errorf("asset: got %q, want %q", got, want)
	}
	if got := asset.Header.Get("Content-Encoding"); got != "gzip" {
		t.Errorf("asset: got encoding %q, want gzip", got)
	}
	if got := s.get("/login").Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("page: got %q, want no-store", got)
	}
}

func TestWritesFromAnotherSiteAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	form := url.Values{"username": {"nobody"}, "password": {"a wrong password"}}
	for name, test := range map[string]struct {
		headers []string
		want    int
	}{
		"a browser on our page":      {[]string{"Sec-Fetch-Site", "same-origin"}, 422},
		"a plain HTTP client":        {nil, 422},
		"an old browser on our page": {[]string{"Origin", "http://example.com"}, 422},
		"another site":               {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another host of the domain": {[]string{"Sec-Fetch-Site", "same-site"}, 403},
		"another origin":             {[]string{"Origin", "https://evil.example"}, 403},
		"a sandboxed frame":          {[]string{"Origin", "null"}, 403},
	} {
		t.Run(name, func(t *testing.T) { s.post("/login", form, test.headers...).expect(t, test.want) })
	}
}

func TestALinkOnAnotherSiteMakesNoFile(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 1)
	for site, want := range map[string]int{"same-origin": 200, "none": 200, "cross-site": 403, "same-site": 403} {
		s.get("/orders.csv", "Sec-Fetch-Site", site).expect(t, want)
		s.get("/orders", "Sec-Fetch-Site", site).expect(t, 200) // like a link in a chat
	}
	q := models.ParseListQuery(models.ActivityList, url.Values{"action": {string(models.ActExport)}}, time.UTC, modelstest.Now(t))
	if n, err := s.db.Count(t.Context(), modelstest.Viewer(t, s.db, "owner"), models.ActivityList, q); err != nil || n.N != 4 {
		t.Errorf("%d entries of exports, %v, want the beginning and the end of two", n.N, err)
	}
}

func TestACompressedBodyIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.post("/login", url.Values{"username": {"a"}}, "Content-Encoding", "gzip").expect(t, 415)
	for name, lines := range map[string][]string{"last": {"identity", "gzip"}, "first": {"gzip", "identity"}, "behind an empty one": {"", "deflate"}, "in a list": {"identity, gzip"}} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(fiber.MethodPost, "/login", strings.NewReader("username=a"))
			r.Header.Set("Content-Type", fiber.MIMEApplicationForm)
			r.Header["Content-Encoding"] = lines
			s.do(r).expect(t, 415)
		})
	}
}

func TestOnlyATrustedProxyIsBelievedAboutTheAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		proxies []netip.Prefix
		header  string
		want    string
	}{
		"no proxy configured":          {nil, "203.0.113.9", "0.0.0.0"},
		"the proxy's word":             {[]netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}, "203.0.113.9", "203.0.113.9"},
		"what the client forged first": {[]netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}, "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		"two proxies":                  {[]netip.Prefix{netip.MustParsePrefix("0.0.0.0/32"), netip.MustParsePrefix("10.0.0.0/8")}, "203.0.113.9, 10.1.2.3", "203.0.113.9"},
		"garbage":                      {[]netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}, "unknown", "0.0.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			log := &lines{}
			s := newSite(t, func(c *Config) { c.TrustedProxies, c.Log = test.proxies, log.logger() })
			s.get("/healthz", "X-Forwarded-For", test.header)
			if !strings.Contains(log.String(), "ip="+test.want+" ") {
				t.Errorf("want ip=%s in: %s", test.want, log.String())
			}
		})
	}
}

func TestAProxysOwnHeaderLineCountsAfterAForgedOne(t *testing.T) {
	t.Parallel()
	log := &lines{}
	s := newSite(t, func(c *Config) {
		c.TrustedProxies, c.Log = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}, log.logger()
	})
	r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
	r.Header["X-Forwarded-For"] = []string{"1.1.1.1", "203.0.113.9"}
	s.do(r).expect(t, 200)
	if want := "ip=203.0.113.9 "; !strings.Contains(log.String(), want) {
		t.Errorf("want %s in: %s", want, log.String())
	}
}

func TestUnderHTTPSTheCookiesAreBoundToTheHost(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://panel.example")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *Config) { c.PublicURL = public })
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	answer := s.post("/login", url.Values{"username": {"ada"}, "password": {modelstest.Password}}, "X-Forwarded-Proto", "https")
	answer.expect(t, 303)
	cookies := answer.Header.Values("Set-Cookie")
	if len(cookies) != 2 || !strings.HasPrefix(cookies[0], "__Host-session=") || !strings.HasPrefix(cookies[1], "__Host-device=") {
		t.Errorf("got the cookies %q, want the session's and the device's", cookies)
	}
	for _, cookie := range cookies {
		for _, want := range []string{"secure", "HttpOnly", "SameSite=Lax", "path=/"} {
			if !strings.Contains(cookie, want) {
				t.Errorf("cookie %q lacks %q", cookie, want)
			}
		}
	}
	if answer.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security under https")
	}
}

func TestUnderHTTPSEveryAnswerAsksForHTTPS(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://panel.example")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *Config) { c.PublicURL = public })
	for _, path := range []string{"/login", "/orders", "/nothing", "/healthz", "/static/none.css"} {
		if got := s.get(path).Header.Get("Strict-Transport-Security"); got != oneYear {
			t.Errorf("%s: got %q", path, got)
		}
	}
}

// Some proxies pass any Host header on. A stranger must not be able to write it into a page or a redirect.
func TestNothingIsBuiltFromTheHostHeader(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	for _, path := range []string{"/", "/orders", fmt.Sprintf("/orders/%d/1", panel.ID), "/settings/panels", "/nothing"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		if got := s.do(r); strings.Contains(got.Body+fmt.Sprint(got.Header), "evil.example") {
			t.Errorf("%s repeats the host", path)
		}
	}
	s.cookie = ""
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	r.Host = "evil.example"
	if got := s.do(r).Header.Get("Location"); !strings.HasPrefix(got, "/login") {
		t.Errorf("a stranger is sent to %q", got)
	}
}

func TestAPanicCostsOneRequest(t *testing.T) {
	t.Parallel()
	log := &lines{}
	s := newSite(t, func(c *Config) {
		c.Log = log.logger()
		c.PanelURL = func(string) (string, error) { panic("boom") }
	})
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	s.as("ada")
	answer := s.post("/settings/panels", url.Values{"url": {"https://shop.example"}})
	answer.expect(t, 500, "Something went wrong", answer.Header.Get("X-Request-Id"))
	if strings.Contains(answer.Body, "boom") || !strings.Contains(log.String(), "boom") {
		t.Errorf("the cause belongs into the log and not on the page")
	}
	s.do(httptest.NewRequest(http.MethodGet, "/healthz", nil)).expect(t, 200)
}
