package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
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

// lines is what a program printed, safe to read while it prints.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.Write(p) }

func (l *lines) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.String() }

// run runs a command to its end and returns its exit code and what it printed.
func run(t testing.TB, env func(string) string, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e lines
	p := program{env: env, in: strings.NewReader(in), out: &o, err: &e}
	code = p.run(t.Context(), args)
	return code, o.String(), e.String()
}

// redisServer is a Redis for one test.
func redisServer(t testing.TB) *embedredis.Server {
	t.Helper()
	r, err := embedredis.Start(embedredis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// freePort is a TCP port that nobody uses now.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// await waits until done says so; the test's own deadline is the only clock.
func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-t.Context().Done():
			t.Fatalf("ended while waiting for %s", what)
		case <-ticker.C:
		}
	}
}

// installation is a running `masterpanel all` with one simulated panel connected.
type installation struct {
	url   string
	db    *models.DB
	panel models.Panel
	shop  *sim.Panel
	log   *lines
}

// install starts an installation whose shop lives only by hand, with the owner "owner" of modelstest.Password.
func install(t testing.TB, orders int) *installation {
	t.Helper()
	in := &installation{log: &lines{}}
	in.shop = sim.New(sim.Options{Seed: 7, Name: "Story", AdminKey: "admin-key-of-Story", ServicesKey: "services-key-of-Story",
		Orders: orders, Rates: sim.Still()})
	server := httptest.NewServer(in.shop)
	t.Cleanup(server.Close)

	database, port := modelstest.URL(t), freePort(t)
	db, err := models.Open(t.Context(), database, models.Options{Box: modelstest.Box(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	in.db = db
	in.panel = modelstest.Panel(t, db, modelstest.Owner(t, db), "Story", server.URL)
	in.url = "http://127.0.0.1:" + port

	env := environment(map[string]string{"DATABASE_URL": database, "REDIS_URL": redisServer(t).URL(), "PORT": port, "ALLOW_PRIVATE_PANELS": "1"})
	in.start(t, env, "all")
	await(t, "readiness", func() bool { return status(in.url+"/readyz") == http.StatusOK })
	return in
}

// start runs a command until the test ends.
func (in *installation) start(t testing.TB, env func(string) string, command string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	p := program{env: env, in: strings.NewReader(""), out: io.Discard, err: in.log}
	go func() { ended <- p.run(ctx, []string{command}) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("%s ended with %d:\n%s", command, code, in.log)
		}
	})
}

func status(url string) int {
	response, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}
