package jobs

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

func TestFiveLinksOfFiveMegabytesHideNoOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.CallTimeout = 30 * time.Second })
	s := b.shop("alpha", 1000)
	orders := s.Orders()
	for i := range 5 {
		s.SetOrder(orders[500+i].ID, func(o *sim.Order) { o.Link = "https://example.com/" + strings.Repeat("a", 5<<20) })
	}
	b.sync()
	for range 20 { // a slow machine that is still writing a large page has no memory for the next one, and asks again later
		if b.state(s.key(models.Orders)) == "idle: " {
			break
		}
		b.later(10 * time.Second)
	}
	if got := b.count("SELECT count(*) FROM orders"); got != 1000 {
		t.Errorf("got %d orders, want 1000; set aside: %s", got, b.text("SELECT coalesce(string_agg(record || ' ' || left(reason, 200), '; '), '') FROM quarantine"))
	}
}

func TestARecordThatIsTooLargeIsSetAsideAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.CallTimeout = 30 * time.Second })
	s := b.shop("alpha", 300)
	orders := s.Orders()
	large := orders[100].ID
	s.SetOrder(large, func(o *sim.Order) { o.Link = strings.Repeat("a", panel.MaxBody) })
	b.sync()
	if got := b.count("SELECT count(*) FROM orders"); got != 299 {
		t.Errorf("got %d orders, want 299", got)
	}
	if got := b.text("SELECT coalesce(string_agg(record || ': ' || reason, '; '), '') FROM quarantine"); got != strconv.FormatInt(large, 10)+": it is larger than 16 MiB" {
		t.Errorf("set aside: got %q, want the large order", got)
	}
	if got := b.trouble(s.key(models.Orders)); !strings.Contains(got, "1 of 300 orders cannot be read") {
		t.Errorf("got %q, want that one cannot be read", got)
	}
}

func TestABombCostsItsOwnPanelFewCallsAndNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.CallTimeout = 30 * time.Second }) // the race detector makes decompression slow
	s, other := b.shop("bomb", 100), b.shop("good", 100)
	s.Fail(sim.Fault{Kind: sim.GzipBomb, Path: "/adminapi/", Size: 32 << 20})
	b.sync()
	b.wantMirror(other)
	if got := b.state(s.key(models.Orders)); !strings.Contains(got, "it is larger than 16 MiB") {
		t.Errorf("got %q, want that the answer is too large", got)
	}
	s.ResetCounters()
	for range 12 {
		b.later(5 * time.Second)
	}
	if n := len(s.Calls()); n > 15 {
		t.Errorf("called %d times in a minute, want at most 15", n)
	}
	s.Heal()
	s.AddOrder(sim.OrderSpec{User: "late"})
	for range 6 {
		b.later(10 * time.Second)
	}
	b.wantMirror(s)
}
