package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/models"
)

func TestARunThatMustWaitForACallFreesItsWorkerAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 50)
	b.limited(s)
	must(b.worker.limiter.Block(t.Context(), s.id, time.Hour))(t)
	b.worker.limiter.sleep = func(context.Context, time.Duration) error {
		t.Error("the run waits")
		return nil
	}
	var early *noTurnError
	if err := b.worker.syncStream(t.Context(), target{PanelID: s.id, Resource: models.Orders}); !errors.As(err, &early) {
		t.Errorf("got %v, want to come back later", err)
	}
	if n := b.count("SELECT count(*) FROM streams WHERE resource = 'orders' AND lease_token IS NULL AND turn_at IS NOT NULL"); n != 1 {
		t.Error("the stream is still leased, or does not know when to go on")
	}
	if due := must(b.db.DueStreams(t.Context(), 10))(t); len(due) != len(models.Resources)-1 {
		t.Errorf("got %v due, want all streams but the one that waits", due)
	}
}

func TestOneWorkerReadsAPanelWhileAnotherMakesItWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	waiting, free := b.shop("waiting", 50), b.shop("free", 50)
	for _, s := range []shop{waiting, free} {
		opened(t, b.client, s.id)
	}
	must(newLimiter(b.client).Block(t.Context(), waiting.id, time.Hour))(t)
	b.start(onRunningClock(b), func(o *Options) { o.CallsPerSecond, o.Concurrency = 1000, 1 })
	eventually(t, "the other panel is read", func() bool {
		return b.count("SELECT count(*) FROM orders WHERE panel_id = $1", free.id) == 50
	})
	if n := len(waiting.Calls()); n != 0 {
		t.Errorf("the panel that wants to be left alone was called %d times", n)
	}
}

func TestALoopThatCanWaitHoldsUpNoneOfItsStreams(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 50)
	b.sync()
	b.limited(s)
	b.exec("UPDATE stream_loops SET due_at = $1, cursor = '{}' WHERE loop = 'backfill' AND resource = 'orders'", b.clock.Now().Add(-time.Hour))
	b.clock.turn(time.Minute)
	waiter := redis.Z{Score: 1e15, Member: "1:somebody"}
	if err := b.client.ZAdd(t.Context(), windowKey(s.id)+":waiting", waiter).Err(); err != nil {
		t.Fatal(err)
	}
	var early *noTurnError
	if err := b.worker.syncStream(t.Context(), target{PanelID: s.id, Resource: models.Orders}); !errors.As(err, &early) {
		t.Errorf("got %v, want to come back for the backfill", err)
	}
	if got := b.used(s); got[LaneOpen] == 0 || got[LaneBackfill] != 0 {
		t.Errorf("got %v, want the open orders read and the backfill not", got)
	}
}
