//go:build scenario

package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// liveDesk is an installation in which staff answer tickets.
type liveDesk struct {
	testing.TB
	seed        uint64
	sql         *sql.DB
	web, worker *running
	host        string
	shops       []*liveShop
	staff       []*liveStaff
	collisions  atomic.Int64

	mu    sync.Mutex
	times map[string][]time.Duration
}

func newLiveDesk(t testing.TB, seed uint64) *liveDesk {
	t.Helper()
	database := modelstest.Durable(t)
	d := &liveDesk{TB: t, seed: seed, times: map[string][]time.Duration{}}
	db := modelstest.OpenAt(t, database, time.Now)
	var err error
	d.sql, err = sql.Open("pgx", database)
	fine(t, err)
	t.Cleanup(func() { d.sql.Close() })
	owner := modelstest.Owner(t, db)
	for i := range livePanels {
		d.shops = append(d.shops, d.openShop(db, owner, i))
	}
	for i := range livePanels * staffEach {
		d.staff = append(d.staff, d.hire(db, i))
	}
	binary, env := buildProgram(t), []string{"DATABASE_URL=" + database, "REDIS_URL=" + startMortalRedis(t).url(), "SECRET_KEY=" + modelstest.Key,
		"ALLOW_PRIVATE_PANELS=1", "PORT=0", "METRICS_PORT=0", "DRAIN_SECONDS=0"}
	d.worker, d.web = runProgram(t, binary, env, "worker"), runProgram(t, binary, env, "web")
	d.host = d.web.url(t)
	return d
}

// random returns the random numbers of one kind of event. Each kind has its own source, because they run in parallel.
func (d *liveDesk) random(kind int) *rand.Rand {
	return rand.New(rand.NewPCG(d.seed, uint64(kind))) // #nosec G115 -- a small counter
}

// runProgram runs a command of the program in its own process until the test ends.
func runProgram(t testing.TB, binary string, env []string, command string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel: cancel, ended: make(chan struct{})}
	process := exec.CommandContext(ctx, binary, command)
	process.Env = append(os.Environ(), env...)
	process.Stdout, process.Stderr = &r.out, &r.err
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	fine(t, process.Start())
	go func() {
		defer close(r.ended)
		process.Wait()
		r.code = process.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		if code := r.stop(t); code != 0 {
			t.Errorf("%s ended with %d:\n%s", command, code, r.printed())
		}
	})
	return r
}

// firstSync waits until all data is mirrored, and spreads the last changes of the open orders over time.
func (d *liveDesk) firstSync() {
	d.Helper()
	waitFor(d, "everything is mirrored", 10*time.Minute, func() bool {
		return d.count("SELECT count(*) FROM orders") >= livePanels*openOrders &&
			d.count("SELECT count(*) FROM stream_loops WHERE loop = 'backfill' AND due_at IS NOT NULL") == 0 &&
			d.count("SELECT count(*) FROM tickets WHERE messages_at IS NULL") == 0 && d.count("SELECT count(*) FROM tickets") >= len(d.staff)
	})
	_, err := d.sql.ExecContext(d.Context(), `UPDATE orders SET changed_at = now() - random() * interval '10 hours'
		WHERE status NOT IN ('completed', 'partial', 'canceled')`)
	fine(d, err)
	_, err = d.sql.ExecContext(d.Context(), "VACUUM ANALYZE")
	fine(d, err)
}

// count runs a query that returns one number.
func (d *liveDesk) count(query string) (n int) {
	d.Helper()
	fine(d, d.sql.QueryRowContext(d.Context(), query).Scan(&n))
	return n
}

// liveShop is a simulated panel with a delay. It knows the replies that are on their way to it.
type liveShop struct {
	*sim.Panel
	desk *liveDesk
	id   int64

	mu      sync.Mutex
	awaited map[string]time.Time // a reply's text, and when it was sent
}

// openShop connects a panel with a busy day: besides the tickets it has 200 orders and 40 messages per hour.
func (d *liveDesk) openShop(db *models.DB, owner models.Viewer, i int) *liveShop {
	d.Helper()
	name := fmt.Sprint("panel", i)
	s := &liveShop{desk: d, awaited: map[string]time.Time{}, Panel: sim.New(sim.Options{Seed: d.seed*livePanels + uint64(i), Name: name, // #nosec G115 -- a small counter
		AdminKey: "admin-key-of-" + name, ServicesKey: "services-key-of-" + name, Orders: 300,
		Rates: sim.Rates{Orders: 18 * time.Second, Talk: 90 * time.Second, Progress: 10 * time.Minute}})}
	for range openOrders {
		s.AddOrder(sim.OrderSpec{Status: sim.InProgress})
	}
	server := httptest.NewServer(s)
	d.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	s.id = modelstest.Panel(d, db, owner, name, server.URL).ID
	return s
}

// ServeHTTP records when an awaited reply arrives.
func (s *liveShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the request did not arrive
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	<-time.After(panelTakes / 2)
	if r.Method == http.MethodPost {
		s.arrived(string(body))
	}
	s.Panel.ServeHTTP(lateAnswer{w, panelTakes / 2}, r)
}

func (s *liveShop) await(text string, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited[text] = since
}

func (s *liveShop) arrived(body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for text, since := range s.awaited {
		if strings.Contains(body, text) {
			s.desk.took(onPanel, since)
			s.desk.took(afterPause, since.Add(takeBackFor))
			delete(s.awaited, text)
		}
	}
}

func (s *liveShop) awaits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.awaited) > 0
}

// liveCounters holds the totals of the processes, from their metrics. CPU is in seconds.
type liveCounters struct {
	at                 time.Time
	calls              map[string]float64 // to panels, by lane
	answers, unchanged float64            // responses of the web process
	web, worker, here  float64            // CPU
}

var (
	metricsAt  = regexp.MustCompile(`metrics: listening" address=\S*:(\d+)`)
	metricLine = regexp.MustCompile(`(?m)^(\w+)(?:\{(.*)\})? (\S+)$`)
	laneLabel  = regexp.MustCompile(`lane="(\w+)"`)
)

func (d *liveDesk) counters() liveCounters {
	d.Helper()
	c := liveCounters{at: time.Now(), calls: map[string]float64{}}
	d.scrape(d.worker, func(name, labels string, value float64) {
		switch name {
		case "masterpanel_panel_calls_total":
			c.calls[laneLabel.FindStringSubmatch(labels)[1]] += value
		case "process_cpu_seconds_total":
			c.worker = value
		}
	})
	d.scrape(d.web, func(name, labels string, value float64) {
		switch {
		case name == "process_cpu_seconds_total":
			c.web = value
		case name != "masterpanel_http_request_seconds_count":
		case labels == `status="304"`:
			c.unchanged = value
			fallthrough
		default:
			c.answers += value
		}
	})
	var u syscall.Rusage
	fine(d, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	c.here = time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
	return c
}

// scrape reads a process's metrics.
func (d *liveDesk) scrape(r *running, each func(name, labels string, value float64)) {
	d.Helper()
	answer, err := http.Get("http://127.0.0.1:" + r.await(d, metricsAt)[1] + "/metrics")
	fine(d, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	fine(d, err)
	for _, line := range metricLine.FindAllStringSubmatch(string(text), -1) {
		value, err := strconv.ParseFloat(line[3], 64)
		fine(d, err)
		each(line[1], line[2], value)
	}
}
