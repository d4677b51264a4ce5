package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"masterpanel/jobs/embedredis"
	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestMain(m *testing.M) { modelstest.Main(m) }

// lines collects a program's output. It is safe to read while the program prints.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.Write(p) }

func (l *lines) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.String() }

// run runs a command to its end and returns its exit code and output.
func run(t testing.TB, env func(string) string, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e lines
	p := program{env: env, in: strings.NewReader(in), out: &o, err: &e}
	code = p.run(t.Context(), args)
	return code, o.String(), e.String()
}

// redisServer returns a Redis for one test.
func redisServer(t testing.TB) *embedredis.Server {
	t.Helper()
	r, err := embedredis.Start(embedredis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// patience is how long a test waits for one condition before it fails: many times as long as a busy machine needs,
// and far less than the timeout of the whole test run.
const patience = 90 * time.Second

// await waits until done returns true.
func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("still waiting for %s after %s", what, patience)
		case <-ticker.C:
		}
	}
}

// running is a command that runs until it is stopped.
type running struct {
	out, err lines
	cancel   context.CancelFunc
	ended    chan struct{}
	code     int // set once ended is closed
}

// start starts a command. It ends at the latest with the test.
func start(t testing.TB, env func(string) string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel: cancel, ended: make(chan struct{})}
	p := program{env: env, in: strings.NewReader(""), out: &r.out, err: &r.err, startWithin: patience}
	go func() {
		defer close(r.ended)
		r.code = p.run(ctx, args)
	}()
	t.Cleanup(func() {
		if code := r.stop(t); code != 0 {
			t.Errorf("%s ended with %d:\n%s", args[0], code, r.printed())
		}
	})
	return r
}

// stop asks the command to end and returns its exit code.
func (r *running) stop(t testing.TB) int {
	t.Helper()
	r.cancel()
	select {
	case <-r.ended:
		return r.code
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		t.Fatalf("did not end within %s of being told to:\n%s\n%s", patience, r.printed(), stacks[:runtime.Stack(stacks, true)])
		return -1
	}
}

func (r *running) printed() string { return r.out.String() + r.err.String() }

// await waits until the command's output matches and returns the match.
func (r *running) await(t testing.TB, what *regexp.Regexp) []string {
	t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if found := what.FindStringSubmatch(r.printed()); found != nil {
			return found
		}
		select {
		case <-r.ended:
			t.Fatalf("ended with %d before it printed %s:\n%s", r.code, what, r.printed())
		case <-deadline:
			t.Fatalf("did not print %s within %s:\n%s", what, patience, r.printed())
		case <-ticker.C:
		}
	}
}

var listening = regexp.MustCompile(`web: listening" address=\S*:(\d+)`)

// url returns the address of the command's pages, from its log.
func (r *running) url(t testing.TB) string {
	t.Helper()
	return "http://127.0.0.1:" + r.await(t, listening)[1]
}

// installation is a running `masterpanel all` with one connected simulated panel.
type installation struct {
	url   string
	panel models.Panel
	shop  *sim.Panel
}

// install starts an installation whose shop changes only through the test. Its owner "owner" has modelstest.Password.
func install(t testing.TB, orders int) *installation {
	t.Helper()
	in := &installation{}
	var env map[string]string
	in.shop, in.panel, env = shopAndPanel(t, orders)
	in.url = start(t, environment(env), "all").url(t)
	await(t, "readiness", func() bool { return status(in.url+"/readyz") == http.StatusOK })
	return in
}

// shopAndPanel makes a shop that changes only through the test, and a database in which it is connected. It returns
// them with the environment of an installation. The owner "owner" has modelstest.Password.
func shopAndPanel(t testing.TB, orders int) (*sim.Panel, models.Panel, map[string]string) {
	t.Helper()
	shop := sim.New(sim.Options{Seed: 7, Name: "Story", AdminKey: "admin-key-of-Story", ServicesKey: "services-key-of-Story",
		Orders: orders, Rates: sim.Still()})
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	database := modelstest.URL(t)
	db, err := models.Open(t.Context(), database, models.Options{Box: modelstest.Box(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	panel := modelstest.Panel(t, db, modelstest.Owner(t, db), "Story", server.URL)
	return shop, panel, map[string]string{"DATABASE_URL": database, "REDIS_URL": redisServer(t).URL(), "PORT": "0", "ALLOW_PRIVATE_PANELS": "1"}
}

func status(url string) int {
	response, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}
