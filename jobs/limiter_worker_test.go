package jobs

import (
	"fmt"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

func TestOneWorkerServesTenPanelsThatAllAskForPatience(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var shops []shop
	for i := range 10 {
		shops = append(shops, b.shop(fmt.Sprint("shop", i), 40, func(o *sim.Options) { o.RateLimit = 0 }))
	}
	b.start(onRunningClock(b), func(o *Options) { o.CallsPerSecond, o.Concurrency = 0, 1 })
	eventually(t, "every stream of every panel is read", func() bool {
		return b.count("SELECT count(*) FROM streams WHERE last_success_at IS NULL") == 0 &&
			b.count("SELECT count(*) FROM stream_loops WHERE loop = 'backfill' AND due_at IS NOT NULL") == 0 &&
			b.count("SELECT count(*) FROM tickets WHERE messages_at IS NULL") == 0
	})
	for _, s := range shops {
		b.wantMirror(s)
		if n := s.Limited(); n != 0 {
			t.Errorf("panel %d answered 429 %d times, want never", s.id, n)
		}
	}
}

func TestAChangedLimitAppliesWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := must(b.db.SyncSettings(t.Context()))(t)
	rules := b.worker.settings.rules(0)
	if got, want := must(rules(t.Context()))(t), (Rules{Limit: set.CallsPerSecond, StaffShare: set.StaffShare}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	set.CallsPerSecond, set.StaffShare = 2, 50
	if err := b.db.SetSyncSettings(t.Context(), b.owner, set); err != nil {
		t.Fatal(err)
	}
	b.clock.turn(2 * time.Second)
	if got, want := must(rules(t.Context()))(t), (Rules{Limit: 2, StaffShare: 50}); got != want {
		t.Errorf("two seconds later: got %v, want %v", got, want)
	}
	if err := b.db.Close(); err != nil {
		t.Fatal(err)
	}
	b.clock.turn(time.Minute)
	if got, want := must(rules(t.Context()))(t), (Rules{Limit: 2, StaffShare: 50}); got != want {
		t.Errorf("without PostgreSQL: got %v, want %v", got, want)
	}
}

func TestAStormOf429OnOnePanelLeavesTheOthersFresh(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var shops []shop
	for i := range 10 {
		shops = append(shops, b.shop(fmt.Sprint("shop", i), 30, func(o *sim.Options) { o.RateLimit = 0 }))
	}
	stormy, calm := shops[0], shops[1:]
	b.interval(models.Orders, time.Second)
	stormy.Fail(sim.Fault{Kind: sim.TooManyRequests})
	b.start(onRunningClock(b), func(o *Options) { o.CallsPerSecond, o.Concurrency = 0, 5 })
	for _, s := range calm {
		eventually(t, "the orders of a calm panel arrive", func() bool {
			return b.count("SELECT count(*) FROM orders WHERE panel_id = $1", s.id) == 30
		})
		s.AddOrder(sim.OrderSpec{User: "late"})
	}
	for _, s := range calm {
		eventually(t, "a new order of a calm panel arrives", func() bool {
			return b.count("SELECT count(*) FROM orders WHERE panel_id = $1", s.id) == 31
		})
		if n := s.Limited(); n != 0 {
			t.Errorf("a calm panel answered 429 %d times, want never", n)
		}
	}
	stormy.Heal()
	eventually(t, "the storm is over", func() bool {
		return b.count("SELECT count(*) FROM orders WHERE panel_id = $1", stormy.id) == 30
	})
}

// interval sets how often the newest records of a resource are read.
func (b *bench) interval(r models.Resource, every time.Duration) {
	b.Helper()
	set := must(b.db.ResourceSettings(b.Context(), r))(b)
	set.IntervalSeconds = int(every / time.Second)
	if err := b.db.SetResourceSettings(b.Context(), b.owner, set); err != nil {
		b.Fatal(err)
	}
}

func TestThreeWorkersAndTheirSchedulesDoNothingTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 3000)
	var stop [3]func()
	for i := range stop {
		stop[i] = b.start(onRunningClock(b))
	}
	eventually(t, "the history is read", func() bool {
		return b.count("SELECT count(*) FROM stream_loops WHERE loop = 'backfill' AND due_at IS NOT NULL") == 0
	})
	for _, end := range stop {
		end() // a run is recorded after its rows
	}
	if got := b.count("SELECT sum(rows_new) FROM sync_runs WHERE resource = 'orders'"); got != 3000 {
		t.Errorf("the runs brought %d new orders in all, want 3000", got)
	}
	if got := b.count("SELECT cached FROM streams WHERE panel_id = $1 AND resource = 'orders'", s.id); got != 3000 {
		t.Errorf("got %d orders cached, want 3000", got)
	}
}
