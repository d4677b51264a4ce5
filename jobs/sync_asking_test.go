package jobs

import (
	"sync"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// used returns how many calls to a panel were counted for each lane.
func (b *bench) used(s shop) map[Lane]int {
	b.Helper()
	all := map[Lane]int{}
	for _, use := range must(NewCallCounts(b.client, nil).Budget(b.Context(), s.id))(b) {
		all[use.Lane] = use.Total()
	}
	return all
}

// limited gives the worker a high limit with a known window, so that calls are counted and none waits.
func (b *bench) limited(s shop) {
	b.Helper()
	b.worker.limiter = newLimiter(b.client, Rules{Limit: 1000})
	opened(b, b.client, s.id)
}

func TestWhatStaffAskForIsReadInTheirLaneOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 50)
	b.sync()
	b.limited(s)
	asks := func() { must(b.db.SyncNow(t.Context(), b.owner, nil, []models.Resource{models.Orders}))(t) }
	asks()
	b.run(s.key(models.Orders))
	b.clock.turn(time.Minute)
	b.run(s.key(models.Orders))
	if got := b.used(s); got[LaneStaff] != 1 || got[LaneHead] != 1 {
		t.Errorf("got %v, want the read that was asked for with staff and the next one with the heads", got)
	}
	if n := b.count("SELECT count(*) FROM streams WHERE asked_at IS NOT NULL"); n != 0 {
		t.Error("what was asked for is still to be read")
	}
}

func TestWhatIsAskedForDuringAReadIsReadAfterIt(t *testing.T) {
	t.Parallel()
	meanwhile := &arrivals{arrive: func() {}}
	b := newBench(t, func(o *Options) { o.Transport = meanwhile })
	s := b.shop("alpha", 50)
	b.sync()
	b.limited(s)
	meanwhile.arrive = sync.OnceFunc(func() {
		must(b.db.SyncNow(t.Context(), b.owner, nil, []models.Resource{models.Orders}))(t)
		meanwhile.arrive = func() { s.AddOrder(sim.OrderSpec{User: "after the click"}) }
	})
	b.clock.turn(time.Minute)
	b.run(s.key(models.Orders))
	if n := b.count("SELECT count(*) FROM orders WHERE user_name = 'after the click'"); n == 0 {
		t.Error("what was there when somebody asked has not been read")
	}
	if got := b.used(s)[LaneStaff]; got != 1 {
		t.Errorf("got %d calls with staff, want 1", got)
	}
}
