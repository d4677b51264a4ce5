package jobs

import (
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

func TestAPanelThatIsDownIsTriedByOneCheapCallTwiceAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, other := b.shop("down", 50), b.shop("up", 20)
	b.sync()
	s.Fail(sim.Fault{Kind: sim.HTML502})
	b.later(2 * time.Hour) // all streams are due
	s.ResetCounters()
	for range 360 { // half an hour
		b.later(5 * time.Second)
	}
	calls := s.Calls()
	if n := len(calls); n < 40 || n > 60 {
		t.Errorf("called %d times in half an hour, want from 40 to 60", n)
	}
	for _, c := range calls {
		if !strings.Contains(c.Query, "limit=1&") {
			t.Errorf("called with %q, want the cheapest call", c.Query)
		}
	}
	b.wantMirror(other)
	s.Heal()
	s.AddOrder(sim.OrderSpec{User: "late"})
	b.later(45 * time.Second)
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
	s.Fail(sim.Fault{Kind: sim.Garbage}) // an answer, although an invalid one
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

func TestAKeyThatWorksAgainIsFoundByItselfWithinAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 50)
	b.sync()
	s.Fail(sim.Fault{Kind: sim.Unauthorized, Path: "/adminapi/", Count: 1}) // a single glitch
	b.later(time.Minute)
	if got := b.state(s.key(models.Orders)); !strings.HasPrefix(got, "needs_key: ") && b.count("SELECT count(*) FROM panels WHERE key_refused_at IS NOT NULL") != 1 {
		t.Fatalf("got %q, want a refused key", got)
	}
	s.AddOrder(sim.OrderSpec{User: "late"})
	b.later(keyTriedFirst)
	b.wantMirror(s)
	s.SetKey("another-key")
	b.later(2 * time.Minute)
	b.later(10 * time.Minute)
	s.SetKey("admin-key-of-alpha")
	s.AddOrder(sim.OrderSpec{User: "later"})
	b.later(time.Minute)
	b.wantMirror(s)
	for _, r := range models.Resources {
		if got := b.state(s.key(r)); got != "idle: " {
			t.Errorf("%s: got %q, want idle", r, got)
		}
	}
}

func TestAWebPageSaysNothingOfARefusedKey(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]sim.FaultKind{"502": sim.HTML502, "not JSON": sim.Garbage, "429": sim.TooManyRequests} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			s := b.shop("alpha", 10)
			s.SetKey("another-key")
			b.sync()
			s.Fail(sim.Fault{Kind: kind, Path: "/adminapi/"})
			b.later(time.Minute)
			if n := b.count("SELECT count(*) FROM panels WHERE key_refused_at IS NOT NULL AND probe_at IS NOT NULL"); n != 1 {
				t.Error("the key counts as good, or nothing tries it again")
			}
		})
	}
}

func TestSyncNowTriesAPanelThatWaitsAsAWholeAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 50)
	s.SetKey("another-key")
	b.sync()
	s.SetKey("admin-key-of-alpha")
	must(b.db.SyncNow(t.Context(), b.owner, nil, []models.Resource{models.Orders}))(t)
	b.sync()
	b.wantMirror(s)
}

func TestANewOrderIsSeenWithinAMinuteAfterHealing(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]sim.FaultKind{"web page": sim.HTML502, "challenge": sim.CloudflareHTML403, "not JSON": sim.Garbage,
		"no object": sim.NotAnObject, "empty": sim.EmptyBody, "redirect": sim.Redirect, "cut": sim.TruncatedJSON, "401": sim.Unauthorized} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			s := b.shop("alpha", 50)
			b.sync()
			s.Fail(sim.Fault{Kind: kind, Path: "/adminapi/"})
			s.ResetCounters()
			const minutes = 60
			for range minutes * 6 {
				b.later(10 * time.Second)
			}
			if n := len(s.Calls()); n > minutes*9 {
				t.Errorf("called %d times in an hour in which it failed, want at most 9 a minute", n)
			}
			s.Heal()
			s.AddOrder(sim.OrderSpec{User: "late"})
			for range 6 {
				b.later(10 * time.Second)
			}
			b.wantMirror(s)
		})
	}
}
