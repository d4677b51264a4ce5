package jobs

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
)

// TestAfterQuietTheMirrorEqualsThePanel makes random changes and faults, on the panel, in the network and in our own
// processes. After a quiet day the mirror must equal the panel.
func TestAfterQuietTheMirrorEqualsThePanel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			s := b.shop("alpha", 1100) // slightly more than one page of the history
			b.lookBack(15)
			random := rand.New(rand.NewPCG(seed, 1))
			for range 40 {
				b.disturb(s, random)
			}
			s.Heal()
			b.quietDay()
			b.wantMirror(s)
		})
	}
}

// quietDay lets every past day within the lookback be compared once.
func (b *bench) quietDay() {
	b.Helper()
	set := must(b.db.SyncSettings(b.Context()))(b)
	for range set.LookbackDays + 2 {
		b.later(24 * time.Hour / time.Duration(set.LookbackDays))
	}
}

// lookBack sets how many past days are compared.
func (b *bench) lookBack(days int) {
	b.Helper()
	set := must(b.db.SyncSettings(b.Context()))(b)
	set.LookbackDays = days
	if err := b.db.SetSyncSettings(b.Context(), b.owner, set); err != nil {
		b.Fatal(err)
	}
}

// disturb makes one random change or fault and runs some streams.
func (b *bench) disturb(s shop, random *rand.Rand) {
	b.Helper()
	orders := s.Orders()
	some := orders[len(orders)-1-random.IntN(len(orders)/8)]
	switch random.IntN(8) {
	case 0:
		for range random.IntN(120) {
			s.AddOrder(sim.OrderSpec{User: fmt.Sprint("user", random.IntN(50))})
		}
	case 1:
		s.SetOrder(some.ID, func(o *sim.Order) { o.Status, o.Remains = sim.Completed, 0 })
	case 2:
		s.AddPayment(sim.PaymentSpec{User: some.User, Amount: sim.Money(1+random.IntN(90)) * sim.Unit})
	case 3:
		s.OpenTicket(some.User, "Orders - Refill", "where is it")
	case 4:
		kinds := []sim.FaultKind{sim.HTML502, sim.Garbage, sim.TooManyRequests, sim.DropConnection, sim.TruncatedJSON, sim.PoisonRecord}
		s.Fail(sim.Fault{Kind: kinds[random.IntN(len(kinds))], Count: 1 + random.IntN(4), Chance: 0.5})
	case 5: // a worker that claims a stream and is killed
		if due, err := b.db.DueStreams(b.Context(), 1); err == nil && len(due) > 0 {
			must(b.db.ClaimStream(b.Context(), due[0], leaseFor))(b)
		}
	case 6:
		b.redis.FlushAll()
	case 7:
		s.Heal()
	}
	b.clock.turn(time.Duration(random.IntN(60)) * time.Second)
	for _, key := range must(b.db.DueStreams(b.Context(), 1+random.IntN(5)))(b) {
		b.run(key)
	}
}

func TestOrdersOfOneSecondOnBothSidesOfAPagesEdgeAllArrive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 100)
	b.sync()
	for range 350 { // the panel's clock stands still, so all have the same second
		s.AddOrder(sim.OrderSpec{User: "reseller", Status: sim.Completed})
	}
	b.later(time.Minute)
	b.wantMirror(s)
}

func TestOrdersThatArriveDuringTheWalkHideNoneAndDoubleNone(t *testing.T) {
	t.Parallel()
	arrivals := &arrivals{}
	b := newBench(t, func(o *Options) { o.Transport = arrivals })
	s := b.shop("alpha", 1300)
	arrivals.arrive = func() { s.AddOrder(sim.OrderSpec{User: "newcomer", Status: sim.Completed}) }
	for range 3 {
		b.later(time.Minute)
	}
	arrivals.arrive = func() {}
	b.later(time.Minute)
	b.wantMirror(s)
}

// arrivals adds a record before every call to the list of orders, so that rows of a page come again on the next one.
type arrivals struct{ arrive func() }

func (a *arrivals) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/orders") {
		a.arrive()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestAPanelWhoseClockRunsBackwardsIsMirroredAllTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 150)
	b.sync()
	s.SetSkew(-30 * time.Hour)
	for range 20 {
		s.AddOrder(sim.OrderSpec{User: "yesterday"})
	}
	b.within(26, "all orders are here", func() bool { return b.count("SELECT count(*) FROM orders") == len(s.Orders()) })
	b.wantMirror(s)
}

func TestAnErrorInsideA200IsAnErrorAndTakesNothingAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 200)
	b.sync()
	b.worker.Transport = refuses{}
	b.later(time.Minute)
	if got := b.state(s.key("orders")); !strings.HasPrefix(got, "broken: ") || !strings.Contains(got, "Try later.") {
		t.Errorf("got %q, want broken with the panel's words", got)
	}
	b.worker.Transport = http.DefaultTransport
	b.later(time.Hour)
	b.wantMirror(s)
}

// refuses answers 200 with an error in the envelope.
type refuses struct{}

func (refuses) RoundTrip(*http.Request) (*http.Response, error) {
	return answerWith(http.StatusOK, `{"data":[],"error_message":"Try later.","error_code":7}`), nil
}
