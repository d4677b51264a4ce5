package jobs

import (
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// finished returns the newest final order of a panel that was created between two and twenty days ago, is not
// partial, so that it can still become so, and is not on the first page of the list, which is read all the time.
func finished(b *bench, s shop) sim.Order {
	b.Helper()
	now := b.clock.Now().Unix()
	orders := s.Orders()
	for i := len(orders) - 101; i >= 0; i-- {
		age := now - orders[i].Created
		if orders[i].Final() && orders[i].Status != sim.Partial && age > 2*24*3600 && age < 20*24*3600 {
			return orders[i]
		}
	}
	b.Fatal("the panel has no such order")
	return sim.Order{}
}

// within lets up to the given number of hours pass, one at a time, until ok returns true.
func (b *bench) within(hours int, what string, ok func() bool) {
	b.Helper()
	for range hours {
		if b.later(time.Hour); ok() {
			return
		}
	}
	b.Errorf("not within %d hours: %s", hours, what)
}

// becamePartial returns a function that reports whether the mirror shows the order as partial.
func (b *bench) becamePartial(o sim.Order) func() bool {
	return func() bool {
		return b.count("SELECT count(*) FROM orders WHERE id = $1 AND status = 'partial'", o.ID) == 1
	}
}

func TestALateChangeOfAFinalOrderArrivesWithinADay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 600)
	b.sync()
	order := finished(b, s)
	s.SetOrder(order.ID, func(o *sim.Order) { o.Status = sim.Partial; o.Remains = 7 })
	b.within(26, "the change is seen", b.becamePartial(order))
	b.wantMirror(s)
	words := b.text("SELECT words FROM drift WHERE day = $1", time.Unix(order.Created, 0).UTC().Format(time.DateOnly))
	if want := "Of the day's orders, 1 had changed."; words != want {
		t.Errorf("got %q, want %q", words, want)
	}
}

func TestAnOrderThatIsMissingIsFoundAndOneThatIsNotListedIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 600)
	b.sync()
	order := finished(b, s)
	b.exec("DELETE FROM orders WHERE id = $1", order.ID)
	b.exec(`INSERT INTO orders SELECT (json_populate_record(o, '{"id": 1}')).* FROM orders o WHERE created_at BETWEEN
		to_timestamp($1) - interval '1 hour' AND to_timestamp($1) AND created_at::date = to_timestamp($1)::date LIMIT 1`, order.Created)
	extra := b.count("SELECT count(*) FROM orders WHERE id = 1")
	b.within(26, "the missing order comes back", func() bool {
		return b.count("SELECT count(*) FROM orders WHERE id = $1", order.ID) == 1
	})
	if n := b.count("SELECT count(*) FROM orders WHERE id = 1"); n != extra {
		t.Error("an order was taken as deleted")
	}
	want := "Of the day's orders, 1 were missing here and were added"
	if extra == 1 {
		want += "; 1 are here but not in the panel's list"
	}
	drifts := must(b.db.Drifts(t.Context(), b.owner, nil))(t)
	for _, d := range drifts {
		if d.Missing > 0 && d.Words == want+"." {
			return
		}
	}
	t.Errorf("got %+v, want a day with %q", drifts, want)
}

func TestBalancesAndOldPaymentsArriveWithoutAListThatTells(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 2000)
	b.sync()
	payments := s.Payments()
	if len(payments) < 150 {
		t.Fatalf("the panel has %d payments, which all fit on the first page", len(payments))
	}
	s.AddPayment(sim.PaymentSpec{User: s.Users()[0].Username, Amount: 10 * sim.Unit})
	for i := range 110 {
		s.AddPayment(sim.PaymentSpec{User: s.Users()[1].Username, Amount: sim.Money(i+1) * sim.Unit})
	}
	b.later(time.Minute)
	late := s.Payments()[len(s.Payments())-111]
	s.SetPayment(late.ID, "fail")
	b.later(time.Hour)
	if got := must(b.db.Payment(t.Context(), b.owner, models.Key{PanelID: s.id, ID: late.ID}))(t); got.Status != "fail" {
		t.Errorf("got a payment that is %s, want fail", got.Status)
	}
	b.later(usersEvery)
	for _, u := range s.Users() {
		b.wantUser(s, u)
	}
}

func TestAPanelThatIgnoresDatesIsReadAgainAsAWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 300, func(o *sim.Options) { o.Variants.IgnoreFilters = true })
	b.sync()
	order := finished(b, s)
	s.SetOrder(order.ID, func(o *sim.Order) { o.Status = sim.Partial; o.Remains = 7 })
	b.within(26, "the change is seen", b.becamePartial(order))
	b.wantMirror(s)
	if n := b.count("SELECT count(*) FROM drift"); n != 0 {
		t.Errorf("%d days were compared with a panel that does not tell them apart", n)
	}
}
