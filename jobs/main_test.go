package jobs

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/jobs/embedredis"
	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestMain(m *testing.M) {
	if os.Getenv(killableDatabase) != "" {
		killableWorker()
		return
	}
	modelstest.Main(m)
}

// clock is a clock that stands still until a test turns it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// turnTo turns the clock to the next time of day, such as 16:30 in UTC.
func (b *bench) turnTo(hour string) {
	b.Helper()
	now, at := b.clock.Now(), must(time.Parse("15:04", hour))(b)
	wait := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC).Sub(now)
	if wait < 0 {
		wait += day
	}
	b.clock.turn(wait)
}

// bench is the environment of a test: a database, a Redis, panels, and a worker whose streams the test runs.
type bench struct {
	testing.TB
	clock  *clock
	url    string
	db     *models.DB
	sql    *sql.DB
	redis  *embedredis.Server
	client *redis.Client
	owner  models.Viewer
	worker *Worker
}

// newBench has no rate limit, so that only tests of the limit take real time.
func newBench(t testing.TB, change ...func(*Options)) *bench {
	t.Helper()
	return newBenchOn(t, modelstest.URL(t), change...)
}

// newBenchOn is newBench on a given database.
func newBenchOn(t testing.TB, url string, change ...func(*Options)) *bench {
	t.Helper()
	b := &bench{TB: t, clock: &clock{now: modelstest.Start()}, url: url}
	b.db = openDB(t, b.url, b.clock.Now)
	b.sql = must(sql.Open("pgx", b.url))(t)
	t.Cleanup(func() { b.sql.Close() })
	b.redis = must(embedredis.Start(embedredis.Options{}))(t)
	t.Cleanup(b.redis.Close)
	b.client = redisClient(t, b.redis.URL())
	b.owner = modelstest.Owner(t, b.db)
	o := Options{DB: b.db, Redis: b.client, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), AllowPrivate: true,
		CallsPerSecond: -1, CallTimeout: 5 * time.Second, Now: b.clock.Now, Random: func() float64 { return 0.5 }}
	for _, f := range change {
		f(&o)
	}
	b.worker = NewWorker(o)
	return b
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func openDB(t testing.TB, url string, now func() time.Time) *models.DB {
	t.Helper()
	db := must(models.Open(t.Context(), url, modelstest.Options(t, now)))(t)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func redisClient(t testing.TB, url string) *redis.Client {
	t.Helper()
	client := redis.NewClient(must(redis.ParseURL(url))(t))
	t.Cleanup(func() { client.Close() })
	return client
}

// shop is a simulated panel with its panel id in Masterpanel.
type shop struct {
	*sim.Panel
	id int64
}

func (s shop) key(r models.Resource) models.StreamKey {
	return models.StreamKey{PanelID: s.id, Resource: r}
}

// shop connects a simulated panel without a rate limit that only the test changes, unless the options say otherwise.
func (b *bench) shop(name string, orders int, change ...func(*sim.Options)) shop {
	b.Helper()
	o := sim.Options{Seed: 7, Name: name, AdminKey: "admin-key-of-" + name, ServicesKey: "services-key-of-" + name,
		Orders: orders, Rates: sim.Still(), RateLimit: -1, Start: b.clock.Now()}
	for _, f := range change {
		f(&o)
	}
	s := shop{Panel: sim.New(o)}
	server := httptest.NewServer(s)
	b.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	s.id = modelstest.Panel(b, b.db, b.owner, name, server.URL).ID
	b.owner = modelstest.Viewer(b, b.db, "owner")
	return s
}

// sync runs all due streams and probes until none is due.
func (b *bench) sync() {
	b.Helper()
	for range 1000 {
		b.compare()
		for _, id := range must(b.db.PanelsToProbe(b.Context()))(b) {
			if err := b.worker.probePanel(b.Context(), target{PanelID: id}); err != nil {
				b.Fatal(err)
			}
		}
		due := must(b.db.DueStreams(b.Context(), 100))(b)
		if len(due) == 0 {
			return
		}
		for _, key := range due {
			b.run(key)
		}
	}
	b.Fatal("streams stay due for ever")
}

// compare compares the records of panels whose address or key was changed.
func (b *bench) compare() {
	b.Helper()
	for _, id := range must(b.db.PanelsToCompare(b.Context()))(b) {
		if err := b.worker.comparePanel(b.Context(), target{PanelID: id}); err != nil {
			b.Fatal(err)
		}
	}
}

// run runs one stream as a task would.
func (b *bench) run(key models.StreamKey) {
	b.Helper()
	var again *againError
	err := b.worker.syncStream(b.Context(), target{PanelID: key.PanelID, Resource: key.Resource})
	if err != nil && !errors.As(err, &again) {
		b.Fatal(err)
	}
}

// later turns the clock and syncs.
func (b *bench) later(d time.Duration) {
	b.Helper()
	b.clock.turn(d)
	b.sync()
}

// count runs a query that returns one number.
func (b *bench) count(query string, args ...any) (n int) {
	b.Helper()
	if err := b.sql.QueryRowContext(b.Context(), query, args...).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// exec runs a statement.
func (b *bench) exec(query string, args ...any) {
	b.Helper()
	if _, err := b.sql.ExecContext(b.Context(), query, args...); err != nil {
		b.Fatal(err)
	}
}

// text runs a query that returns one text.
func (b *bench) text(query string, args ...any) (s string) {
	b.Helper()
	if err := b.sql.QueryRowContext(b.Context(), query, args...).Scan(&s); err != nil {
		b.Fatal(err)
	}
	return s
}

// state returns a stream's status and its error text.
func (b *bench) state(key models.StreamKey) string {
	b.Helper()
	return b.text("SELECT status || ': ' || error_words FROM streams WHERE panel_id = $1 AND resource = $2", key.PanelID, key.Resource)
}

// versions returns a fingerprint of the position of every row: writing a row, even with the same values, changes it.
func (b *bench) versions() string {
	b.Helper()
	var all string
	for _, table := range []string{"orders", "payments", "users", "tickets", "ticket_messages"} {
		all += b.text("SELECT coalesce(md5(string_agg(ctid::text || xmin::text, ',' ORDER BY ctid)), 'empty') FROM "+table) + " "
	}
	// The order counts of a service change as days pass; the columns from the panel do not.
	return all + b.text("SELECT coalesce(md5(string_agg(id::text || hash || fetched_at || changed_at, ',' ORDER BY panel_id, id)), 'empty') FROM services")
}

// eventually waits up to 3 minutes for a condition. It fails the test with what if the condition does not come true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for !ok() {
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// start runs an additional worker until the test ends or stop is called.
func (b *bench) start(change ...func(*Options)) (stop func()) {
	b.Helper()
	o := b.worker.Options
	o.Redis, o.Tick = redisClient(b, b.redis.URL()), 100*time.Millisecond
	for _, f := range change {
		f(&o)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- NewWorker(o).Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.Errorf("worker: %v", err)
		}
	})
	b.Cleanup(stop)
	return stop
}

// onRunningClock makes the worker's clock start at the bench's time and run.
func onRunningClock(b *bench) func(*Options) {
	now := modelstest.RunFrom(b.clock.Now())
	db := openDB(b, b.url, now)
	return func(o *Options) { o.DB, o.Now = db, now }
}
