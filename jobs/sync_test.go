package jobs

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

func TestEverythingOfAPanelArrives(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 1200)
	b.sync()
	b.wantMirror(s)
	for _, r := range models.Resources {
		if got := b.state(s.key(r)); got != "idle: " {
			t.Errorf("%s: got %q, want idle", r, got)
		}
	}
	if n := b.count("SELECT count(*) FROM stream_loops WHERE loop = 'backfill' AND due_at IS NOT NULL"); n != 0 {
		t.Errorf("got %d backfills that have not ended, want none", n)
	}
}

func TestRunAgainWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 500)
	b.sync()
	before := b.versions()
	s.ResetCounters()
	b.later(2 * time.Hour)
	if after := b.versions(); after != before {
		t.Errorf("rows were rewritten:\n got %s\nwant %s", after, before)
	}
	if len(s.Calls()) == 0 {
		t.Error("the panel was not asked again")
	}
}

func TestAnInterruptedBackfillGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	cut := &cutAfter{query: "offset=0&sort=date-asc"}
	b := newBench(t, func(o *Options) { o.Transport, o.CallTimeout = cut, 2*time.Minute })
	s := b.shop("alpha", 3500)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- b.worker.syncStream(ctx, target{PanelID: s.id, Resource: models.Orders}) }()
	eventually(t, "a page is written while the next one is asked for", func() bool {
		return b.count("SELECT count(*) FROM orders") == headPagesAtFirst*100+1000
	})
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	cut.healed.Store(true)
	s.ResetCounters()
	b.sync()
	b.wantMirror(s)
	for _, c := range s.Calls() {
		if strings.Contains(c.Query, cut.query) && !strings.Contains(c.Query, "created_from") {
			t.Error("the backfill began anew")
		}
	}
}

// cutAfter never answers the calls after the one with the query, until it is healed.
type cutAfter struct {
	query        string
	next, healed atomic.Bool
}

func (c *cutAfter) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.next.Load() && !c.healed.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	c.next.Store(c.next.Load() || strings.Contains(r.URL.RawQuery, c.query))
	return http.DefaultTransport.RoundTrip(r)
}

func TestAKilledWorkersStreamIsTakenOverWhenItsLeaseEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 200)
	killed := must(b.db.ClaimStream(t.Context(), s.key(models.Orders), leaseFor))(t)
	b.sync()
	if n := b.count("SELECT count(*) FROM orders"); n != 0 {
		t.Fatalf("got %d orders while another worker has the lease, want none", n)
	}
	b.later(leaseFor + time.Second)
	b.wantMirror(s)
	if err := b.db.SaveLoop(t.Context(), killed, killed.Loops[0]); !errors.Is(err, models.ErrLeaseLost) {
		t.Errorf("the killed worker saves: got %v, want ErrLeaseLost", err)
	}
}

func TestAChangeOfAnOpenOrderArrives(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 300)
	b.sync()
	var open []sim.Order
	for _, o := range s.Orders() {
		if !o.Final() {
			open = append(open, o)
		}
	}
	oldest := open[0].ID
	s.SetOrder(oldest, func(o *sim.Order) { o.Status, o.Remains = sim.Completed, 0 })
	b.later(time.Minute)
	b.wantMirror(s)
}

func TestNewRowsArrive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 500)
	b.sync()
	s.AddOrder(sim.OrderSpec{User: "newcomer"})
	s.AddPayment(sim.PaymentSpec{User: "newcomer", Amount: 25 * sim.Unit})
	b.later(2 * time.Minute)
	for what, query := range map[string]string{
		"order":   "SELECT count(*) FROM orders WHERE user_name = 'newcomer'",
		"payment": "SELECT count(*) FROM payments WHERE user_name = 'newcomer'",
		"user":    "SELECT count(*) FROM users WHERE username = 'newcomer'",
	} {
		if got := b.count(query); got != 1 {
			t.Errorf("%s: got %d, want 1", what, got)
		}
	}
}

func TestMoreThanAHeadMayReadIsReadByTheBackfill(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 300)
	b.sync()
	for range headPages*100 + 500 {
		s.AddOrder(sim.OrderSpec{User: "reseller", Status: sim.Completed})
	}
	b.later(time.Minute)
	if got, want := b.count("SELECT count(*) FROM orders"), len(s.Orders()); got != want {
		t.Errorf("got %d orders, want %d", got, want)
	}
}

func TestATicketArrivesWithItsMessagesAndTheCustomersAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 100)
	b.sync()
	id := s.OpenTicket("ayse", "Refill", "<div>where is my order</div>")
	b.later(time.Minute)
	b.wantMirror(s)
	s.Advance(time.Minute)
	s.StaffSays(id, "huseyin", "On its way")
	s.Advance(time.Minute)
	s.CustomerSays(id, "thanks")
	b.later(time.Minute)
	b.wantMirror(s)
	if got := b.count("SELECT message_count FROM tickets WHERE id = $1", id); got != 3 {
		t.Errorf("got %d messages, want 3", got)
	}
}

func TestAnOlderAnswerNeverOverwritesANewerOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 50)
	b.sync()
	order := s.Orders()[49]
	b.clock.turn(-time.Hour) // simulates a worker whose answer was fetched long ago and arrives late
	s.SetOrder(order.ID, func(o *sim.Order) { o.Link = "https://old.example/answer" })
	stream := must(b.db.ClaimStream(t.Context(), s.key(models.Orders), leaseFor))(t)
	r := must(b.worker.newRun(t.Context(), stream))(t)
	page := must(r.resource.read(r, t.Context(), page{limit: 100}))(t)
	written := must(r.keep(t.Context(), page))(t)
	if written.Late != 1 || written.Changed != 0 {
		t.Errorf("got %+v, want the one row that differs to be late", written)
	}
	if n := b.count("SELECT count(*) FROM orders WHERE link = 'https://old.example/answer'"); n != 0 {
		t.Error("an older answer was stored over a newer one")
	}
}
