package jobs

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
	"masterpanel/models/seal"
)

func TestTwoWorkersStayBelowAPanelsLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 600, func(o *sim.Options) { o.RateLimit = 0 })
	limited := func(o *Options) { o.CallsPerSecond = 0 }
	b.start(onRunningClock(b), limited)
	b.start(onRunningClock(b), limited)
	eventually(t, "all orders and conversations arrive", func() bool {
		return b.count("SELECT count(*) FROM orders") == 600 &&
			b.count("SELECT count(*) FROM tickets WHERE messages_at IS NULL") == 0 && b.count("SELECT count(*) FROM users") > 0
	})
	if n := s.Limited(); n != 0 {
		t.Errorf("the panel answered 429 %d times in %d calls, want never", n, len(s.Calls()))
	}
}

func TestAFlushedRedisLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 2500, func(o *sim.Options) { o.RateLimit = 0 })
	b.start(onRunningClock(b), func(o *Options) { o.CallsPerSecond = 0 })
	for _, rows := range []int{100, 1000} {
		eventually(t, "some orders arrive", func() bool { return b.count("SELECT count(*) FROM orders") >= rows })
		b.redis.FlushAll()
	}
	eventually(t, "all orders arrive", func() bool { return b.count("SELECT count(*) FROM orders") == 2500 })
	if n := s.Limited(); n != 0 {
		t.Errorf("the panel answered 429 %d times, want never", n)
	}
}

func TestAStoppedWorkerGivesItsStreamsBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 100)
	s.Fail(sim.Fault{Kind: sim.Hang, Path: "/adminapi/"})
	stop := b.start(onRunningClock(b))
	eventually(t, "calls hang", func() bool { return len(s.Calls()) >= 3 })
	stop()
	if n := b.count("SELECT count(*) FROM streams WHERE lease_token IS NOT NULL OR status = 'running'"); n != 0 {
		t.Errorf("got %d streams with a lease, want none", n)
	}
	s.Heal()
	b.start(onRunningClock(b))
	eventually(t, "all orders arrive", func() bool { return b.count("SELECT count(*) FROM orders") == 100 })
}

// The environment of a worker that a test kills.
const (
	killableDatabase = "TEST_KILLABLE_DATABASE"
	killableRedis    = "TEST_KILLABLE_REDIS"
	killableLimited  = "TEST_KILLABLE_LIMITED" // if set, the worker keeps the limit of calls
)

// killableWorker runs a worker until its process is killed.
func killableWorker() {
	key, err := seal.ParseKey(modelstest.Key)
	if err != nil {
		panic(err)
	}
	now := modelstest.RunFrom(modelstest.Start())
	db, err := models.Open(context.Background(), os.Getenv(killableDatabase), models.Options{Box: seal.New(key), Now: now})
	if err != nil {
		panic(err)
	}
	options, err := redis.ParseURL(os.Getenv(killableRedis))
	if err != nil {
		panic(err)
	}
	calls := -1
	if os.Getenv(killableLimited) != "" {
		calls = 0
	}
	w := NewWorker(Options{DB: db, Redis: redis.NewClient(options), Log: slog.New(slog.DiscardHandler),
		AllowPrivate: true, CallsPerSecond: calls, Now: now})
	panic(w.Run(context.Background()))
}

func TestAWorkerKilledInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 3000)
	victim := exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(os.Environ(), killableDatabase+"="+b.url, killableRedis+"="+b.redis.URL())
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "some orders arrive", func() bool { return b.count("SELECT count(*) FROM orders") > 0 })
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil {
		t.Fatal("the victim ended by itself")
	}
	b.later(time.Minute) // past the leases of the killed worker
	b.wantMirror(s)
}

func TestTasksAreNotDoubledAndAStuckOneStopsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q := NewQueue(b.client)
	key := models.StreamKey{PanelID: 1, Resource: models.Orders}
	for range 3 {
		if err := q.EnqueueSync(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	pending := func() int64 { return must(b.client.LLen(t.Context(), "asynq:{sync}:pending").Result())(t) }
	if n := pending(); n != 1 {
		t.Errorf("got %d tasks for one stream, want 1", n)
	}
	b.redis.FastForward(uniqueFor + time.Second) // regardless of the first task's state
	if err := q.EnqueueSync(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if n := pending(); n != 2 {
		t.Errorf("got %d tasks after the lock has ended, want 2", n)
	}
}

func TestARemovedPanelLeavesNoRow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	gone, stays := b.shop("gone", 800), b.shop("stays", 100)
	b.sync()
	if err := b.db.RemovePanel(t.Context(), b.owner, gone.id, "gone"); err != nil {
		t.Fatal(err)
	}
	b.start(onRunningClock(b))
	eventually(t, "the panel is gone", func() bool { return b.count("SELECT count(*) FROM panels WHERE id = $1", gone.id) == 0 })
	for _, table := range []string{"orders", "payments", "users", "tickets", "ticket_messages", "services", "streams", "sync_runs"} {
		if n := b.count("SELECT count(*) FROM "+table+" WHERE panel_id = $1", gone.id); n != 0 {
			t.Errorf("%s: %d rows are left", table, n)
		}
	}
	b.wantMirror(stays)
}

func TestARunThatIsUnderWayWritesNothingOnceItsPanelIsRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("gone", 100)
	stream := must(b.db.ClaimStream(t.Context(), s.key(models.Orders), leaseFor))(t)
	r := must(b.worker.newRun(t.Context(), stream))(t)
	page := must(r.resource.read(r, t.Context(), page{limit: 100}))(t)
	if err := b.db.RemovePanel(t.Context(), b.owner, s.id, "gone"); err != nil {
		t.Fatal(err)
	}
	if err := b.worker.removePanel(t.Context(), target{PanelID: s.id}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.keep(t.Context(), page); err == nil {
		t.Error("the page was stored, want an error")
	}
	if n := b.count("SELECT count(*) FROM orders"); n != 0 {
		t.Errorf("%d orders are left behind", n)
	}
}
