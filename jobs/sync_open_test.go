package jobs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// openOf returns the orders of a panel that are not final.
func openOf(s shop) []sim.Order {
	return slices.DeleteFunc(s.Orders(), func(o sim.Order) bool { return o.Final() })
}

// asked returns how often the client asked a panel for an order by id.
func asked(s shop, id int64) (n int) {
	for _, c := range s.Calls() {
		for _, part := range strings.Split(c.Query, "&") {
			ids, found := strings.CutPrefix(strings.NewReplacer("%2C", ",").Replace(part), "ids=")
			if found && slices.Contains(strings.Split(ids, ","), fmt.Sprint(id)) {
				n++
			}
		}
	}
	return n
}

// orders runs a panel's order stream every ten seconds, the shortest interval, for the given time.
func (b *bench) orders(s shop, seconds int) {
	for range seconds / 10 {
		b.clock.turn(10 * time.Second)
		b.run(s.key(models.Orders))
	}
}

func TestTheLongerAnOrderIsQuietTheLessOftenItIsRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 200)
	b.sync()
	open := openOf(s)
	for i, c := range []struct {
		quiet time.Duration
		want  int // reads in ten minutes
	}{{0, 60}, {30 * time.Minute, 10}, {3 * time.Hour, 2}, {12 * time.Hour, 1}} {
		b.exec("UPDATE orders SET changed_at = $1 WHERE id = $2", b.clock.Now().Add(-c.quiet), open[i].ID)
		if c.quiet > 0 {
			b.exec("UPDATE orders SET changed_at = $1 WHERE id <> ALL($2::bigint[])", b.clock.Now().Add(-c.quiet), fmt.Sprintf("{%d}", open[i].ID))
		}
		s.ResetCounters()
		b.orders(s, 600)
		if got := asked(s, open[i].ID); got < c.want-1 || got > c.want+1 {
			t.Errorf("quiet for %v: read %d times in ten minutes, want %d", c.quiet, got, c.want)
		}
	}
}

func TestNotAdaptiveReadsEveryOpenOrderEveryMinimum(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 300)
	b.sync()
	set := must(b.db.SyncSettings(t.Context()))(t)
	set.Adaptive, set.MinIntervalSeconds = false, 30
	if err := b.db.SetSyncSettings(t.Context(), b.owner, set); err != nil {
		t.Fatal(err)
	}
	b.exec("UPDATE orders SET changed_at = $1", b.clock.Now().Add(-48*time.Hour))
	b.orders(s, 60)
	s.ResetCounters()
	b.orders(s, 300)
	if got := asked(s, openOf(s)[0].ID); got < 9 || got > 11 {
		t.Errorf("read %d times in five minutes, want 10", got)
	}
}

func TestAWatchedOrderIsReadAtOnceAndOften(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 300)
	b.sync()
	b.exec("UPDATE orders SET changed_at = $1", b.clock.Now().Add(-48*time.Hour))
	b.orders(s, 70)
	order := s.Orders()[0] // even a final one
	s.SetOrder(order.ID, func(o *sim.Order) { o.Status = sim.Canceled })
	key := models.Key{PanelID: s.id, ID: order.ID}
	if _, err := b.db.Watch(t.Context(), b.owner, models.Orders, key); err != nil {
		t.Fatal(err)
	}
	b.sync()
	if got := must(b.db.Order(t.Context(), b.owner, key))(t); got.Status != sim.Canceled {
		t.Errorf("got %s at the first look, want canceled", got.Status)
	}
	s.ResetCounters()
	b.orders(s, 120)
	if got := asked(s, order.ID); got != 2 {
		t.Errorf("read %d times after one look, want 2", got)
	}
}

func TestAWatchedTicketIsReadLive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 100)
	id := s.OpenTicket("ayse", "Refill", "where is my order")
	b.sync()
	if _, err := b.db.Watch(t.Context(), b.owner, models.Tickets, models.Key{PanelID: s.id, ID: id}); err != nil {
		t.Fatal(err)
	}
	s.ResetCounters()
	for range 60 {
		b.clock.turn(time.Second)
		b.run(s.key(models.Tickets))
	}
	live := 0
	for _, c := range s.Calls() {
		if strings.HasSuffix(c.Path, fmt.Sprint("/tickets/", id)) {
			live++
		}
	}
	// Every 5 s. It may sometimes wait for a slot and so be late.
	if live < 4 || live > 6 {
		t.Errorf("read %d times in the half minute that one look lasts, want 4 to 6", live)
	}
}
