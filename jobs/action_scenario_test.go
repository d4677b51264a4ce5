//go:build scenario

package jobs

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// TestFromClickToDone enqueues ACTIONS (60) actions in real time, one per second, under the limit of five calls per
// second. It prints how long each took until the outbox said done: at rest, while the backfill uses all spare calls,
// and while another panel with 50 waiting actions is down. The times of replies include the five seconds in which a
// person can cancel one.
func TestFromClickToDone(t *testing.T) {
	modelstest.RealClock(t)
	n := fromEnv(t, "ACTIONS", 60)
	fmt.Printf("%-34s %-14s %4s %8s %8s %8s %10s %6s\n", "from click to done, s", "what", "n", "p50", "p95", "max", "calls/s", "429")
	for _, tt := range []struct {
		name   string
		orders int
		down   bool
	}{
		{"at rest", 50, false},
		{"the history is being read", 80_000, false},
		{"another panel is down", 50, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newClicks(t, n, tt.orders)
			if tt.down {
				o.waitOnAnother()
			}
			o.atRest = tt.orders < 1000
			o.measure(tt.name, n)
		})
	}
}

// clicks is an office in real time.
type clicks struct {
	*office
	orders []int64
	atRest bool
	dead   []models.PanelAction
}

func newClicks(t testing.TB, n, orders int) *clicks {
	t.Helper()
	b := newBenchOn(t, modelstest.Durable(t), func(o *Options) {
		o.CallTimeout = defaultCallTimeout
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	})
	b.client = redisClient(t, realRedis(t))
	c := &clicks{office: &office{bench: b}}
	c.at = b.shop("alpha", orders, func(o *sim.Options) { o.RateLimit = 0 })
	c.ticket = c.at.OpenTicket("anna", "Where is it?", "Hello")
	for i := range n {
		c.at.AddUser(sim.UserSpec{Username: fmt.Sprint("anna", i)})
		c.orders = append(c.orders, c.order(sim.Processing))
	}
	return c
}

// waitOnAnother connects a second panel that refuses connections, and enqueues actions for it.
func (c *clicks) waitOnAnother() {
	c.Helper()
	dead := httptest.NewServer(nil)
	dead.Close()
	alive := c.at.id
	c.at.id = modelstest.Panel(c, c.db, c.owner, "omega", dead.URL).ID
	c.owner = modelstest.Viewer(c, c.db, "owner")
	for range 50 {
		c.dead = append(c.dead, c.pay("anna", "1"))
	}
	c.at.id = alive
}

// measure enqueues one action per second: a payment, two changes of an order's status, and a reply, in turn. The
// payments go to different customers.
func (c *clicks) measure(name string, n int) {
	c.Helper()
	stop := c.onItsOwn(func(o *Options) { o.CallsPerSecond = 0 })
	defer stop()
	waits(c, func() bool {
		return c.count("SELECT count(*) FROM orders WHERE id = ANY($1)", c.orders) == len(c.orders) && c.count("SELECT count(*) FROM tickets WHERE id = $1", c.ticket) == 1 &&
			(!c.atRest || c.count("SELECT count(*) FROM stream_loops WHERE loop = 'backfill' AND due_at IS NOT NULL AND panel_id = $1", c.at.id) == 0)
	})
	c.at.ResetCounters()
	began := time.Now()
	var all []models.PanelAction
	for i := range n {
		c.clock.turn(time.Since(c.clock.Now())) // the page that enqueues uses real time
		all = append(all, c.click(i))
		if err := sleep(c.Context(), time.Second); err != nil {
			c.Fatal(err)
		}
	}
	calls := float64(len(c.at.Calls())) / time.Since(began).Seconds()
	waits(c, func() bool {
		return c.count("SELECT count(*) FROM actions WHERE (due_at IS NOT NULL OR state = 'sending') AND panel_id = $1", c.at.id) == 0
	})
	c.tell(name, all, calls)
}

func (c *clicks) click(i int) (a models.PanelAction) {
	c.Helper()
	switch i % 4 {
	case 0:
		a = c.pay(fmt.Sprint("anna", i), "1.50")
	case 3:
		a = c.reply(fmt.Sprint("reply ", i))
	default:
		a = c.status(c.orders[i], "completed")
	}
	if err := NewQueue(c.client).EnqueueAction(c.Context(), a.ID); err != nil { // as the page does
		c.Fatal(err)
	}
	return a
}

// tell prints how long the actions took, by kind.
func (c *clicks) tell(name string, all []models.PanelAction, calls float64) {
	c.Helper()
	for _, kind := range []models.ActionKind{models.KindAddPayment, models.KindChangeStatus, models.KindReply} {
		var took []float64
		for _, a := range all {
			if a.Kind != kind {
				continue
			}
			end := c.now(a)
			if end.State != models.ActionDone || c.truth(a) != 1 {
				c.Errorf("%s %d is %s (%s), and %d times on the panel", kind, a.ID, end.State, end.Words, c.truth(a))
			}
			took = append(took, end.EndedAt.Sub(a.CreatedAt).Seconds())
		}
		slices.Sort(took)
		at := func(part float64) float64 { return took[int(part*float64(len(took)-1)+0.5)] }
		fmt.Printf("%-34s %-14s %4d %8.2f %8.2f %8.2f %10.1f %6d\n", name, kind, len(took), at(0.5), at(0.95), at(1), calls, c.at.Limited())
	}
	for _, a := range c.dead {
		if got := c.now(a); got.State != models.ActionQueued {
			c.Errorf("on the panel that is down %d is %s (%s), want it to wait", a.ID, got.State, got.Words)
		}
	}
}
