package jobs

import (
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

func TestAPanelThatIsDownIsTriedByOneCheapCallEverLessOften(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, other := b.shop("down", 50), b.shop("up", 20)
	b.sync()
	s.Fail(sim.Fault{Kind: sim.HTML502})
	b.later(2 * time.Hour) // all streams are due
	s.ResetCounters()
	for range 60 { // half an hour
		b.later(30 * time.Second)
	}
	calls := s.Calls()
	if n := len(calls); n < 10 || n > 30 {
		t.Errorf("called %d times in half an hour, want few", n)
	}
	for _, c := range calls {
		if !strings.Contains(c.Query, "limit=1&") {
			t.Errorf("called with %q, want the cheapest call", c.Query)
		}
	}
	b.wantMirror(other)
	s.Heal()
	s.AddOrder(sim.OrderSpec{User: "late"})
	b.later(5 * time.Minute)
	b.wantMirror(s)
	for _, r := range models.Resources {
		if got := b.state(s.key(r)); got != "idle: " {
			t.Errorf("%s: got %q, want idle", r, got)
		}
	}
}

func TestAProbeIsMadeByOneOfManyWorkersAndAnyAnswerEndsTheWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 100)
	s.Fail(sim.Fault{Kind: sim.HTML502})
	b.sync()
	b.clock.turn(time.Minute)
	s.Heal()
	s.SetKey("another-key") // an answer, although not a good one
	s.ResetCounters()
	for range 3 {
		if err := b.worker.probePanel(t.Context(), target{PanelID: s.id}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Calls()); n != 1 {
		t.Errorf("probed %d times, want once", n)
	}
	if n := b.count("SELECT count(*) FROM panels WHERE probe_at IS NOT NULL"); n != 0 {
		t.Error("the panel still waits although it answered")
	}
}
