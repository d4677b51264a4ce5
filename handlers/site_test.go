package handlers

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/redis/go-redis/v9"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestMain(m *testing.M) { modelstest.Main(m, func() { stopChromium() }) }

// site is a web server with its own database and Redis.
type site struct {
	t        testing.TB
	app      *fiber.App
	db       *models.DB
	feed     *jobs.Feed
	versions *jobs.Versions
	memory   *miniredis.Miniredis
	now      func() time.Time
	cookie   string // the session cookie, "" for a stranger
	checked  []int64
	woken    []models.StreamKey
	mu       sync.Mutex
	acted    []int64 // the actions for which a worker was woken
}

// newSite creates a site; change edits its configuration before the start.
func newSite(t testing.TB, change ...func(*Config)) *site {
	t.Helper()
	return siteOn(t, modelstest.New(t), change...)
}

// standing fixes the web server's clock. Some tags change every 15 s, and on a busy machine such a change can fall
// between two polls.
func standing(t testing.TB) func(*Config) {
	now := modelstest.Now(t)
	return func(c *Config) { c.Now = func() time.Time { return now } }
}

// siteOn is newSite on an existing database.
func siteOn(t testing.TB, db *models.DB, change ...func(*Config)) *site {
	t.Helper()
	memory := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: memory.Addr()})
	t.Cleanup(func() { client.Close() })
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	// The feed's clock is fixed: it trusts its copy for 3 s, and on a busy machine one page can take that long.
	still := modelstest.Now(t)
	s := &site{t: t, db: db, feed: jobs.NewFeed(client, log, func() time.Time { return still }), versions: jobs.NewVersions(client), memory: memory}
	config := Config{
		Now: modelstest.Clock(t), DB: s.db, Log: log, Version: "test", Feed: s.feed, Versions: s.versions,
		CheckPanel: func(_ context.Context, id int64) error { return note(s, &s.checked, id) },
		WakeSync:   func(_ context.Context, key models.StreamKey) error { return note(s, &s.woken, key) },
		WakeAction: func(_ context.Context, id int64) error { return note(s, &s.acted, id) },
		Presence:   jobs.NewPresence(client, s.versions, modelstest.Clock(t)),
		Budget:     jobs.NewCallCounts(client, nil).Budget,
		PanelURL:   testPanelURL,
		PingQueue:  func(ctx context.Context) error { return client.Ping(ctx).Err() },
	}
	for _, f := range change {
		f(&config)
	}
	app, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	s.app = app
	s.feed.Reread(t.Context())
	return s
}

// note adds to a list of the site. Requests of one test may come at the same time.
func note[T any](s *site, list *[]T, one T) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, one)
	return nil
}

func testPanelURL(raw string) (string, error) {
	if !strings.HasPrefix(raw, "https://") {
		return "", fmt.Errorf("the address must begin with https://")
	}
	return strings.TrimRight(raw, "/"), nil
}

// as logs a staff member in and sends their cookie from then on.
func (s *site) as(username string) *site {
	s.t.Helper()
	s.cookie = "session=" + modelstest.LogIn(s.t, s.db, username)
	return s
}

// answer is a response with its whole body.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (s *site) do(r *http.Request) answer {
	s.t.Helper()
	if s.cookie != "" && r.Header.Get("Cookie") == "" {
		r.Header.Set("Cookie", s.cookie)
	}
	response, err := s.app.Test(r, int((30 * time.Second).Milliseconds()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// get requests a path; headers are alternating names and values.
func (s *site) get(path string, headers ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.do(r)
}

// post sends a form as a browser without scripts does.
func (s *site) post(path string, form url.Values, headers ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.do(r)
}

// poll sends the request of the page's auto-refresh.
func (s *site) poll(path, target, tag string) answer {
	s.t.Helper()
	return s.get(path, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", target, "X-Auto-Refresh", "1", "HX-PTag", tag)
}

func (a answer) expect(t testing.TB, status int, parts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("status: got %d, want %d; body: %.400s", a.Status, status, a.Body)
	}
	for _, part := range parts {
		if !strings.Contains(a.Body, part) {
			t.Errorf("the answer does not hold %q; it is: %.2000s", part, a.Body)
		}
	}
}

// lines is a log that tests can read.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// milliseconds returns the time since a moment in milliseconds; tests report it and never assert it.
func milliseconds(since time.Time) float64 { return time.Since(since).Seconds() * 1000 }
