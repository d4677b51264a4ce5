//go:build chaos

package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"masterpanel/models"
)

// The times of a run. The product checks an action with a doubtful answer until two minutes after the latest end of
// its request. The test does not shorten that time, so a run takes minutes.
const (
	askedWithin  = 60 * time.Second // how long staff take to enqueue all actions
	chaosWithin  = 4 * time.Minute  // the chaos ends when nearly all actions were sent in it, or at the latest after this time
	settleWithin = 10 * time.Minute
)

// TestChaos runs the program on a real PostgreSQL and a real Redis, SEEDS (20) times with different faults. While
// staff enqueue 1,000 replies, payments and order actions over five panels, the test kills two workers with SIGKILL,
// flushes and kills Redis, and cuts connections to PostgreSQL, and panels lose answers after they applied a write,
// close connections before, and answer 429, 500 and web pages. Then the faults end. The test compares the outbox with
// the panels' own data, lets people answer the actions that ask them, and compares again.
func TestChaos(t *testing.T) {
	binary := buildProgram(t)
	first, seeds := number(t, "SEED", 1), number(t, "SEEDS", 20)
	runs := make([]*chaosRun, seeds)
	t.Run("seed", func(t *testing.T) {
		for i := range runs {
			t.Run(fmt.Sprint(first+i), func(t *testing.T) {
				t.Parallel()
				runs[i] = newChaosRun(t, binary, uint64(first+i)) // #nosec G115 -- a small counter
				runs[i].live()
			})
		}
	})
	tell(runs)
}

// live does a run from the first click to the last decision.
func (r *chaosRun) live() {
	r.mirror()
	began := time.Now()
	calm := r.rage()
	r.askForAll()
	waitFor(r, "nearly everything was sent", chaosWithin+time.Minute, func() bool { return r.unsent() <= chaosPanels*3 || time.Since(began) > chaosWithin })
	r.result.inChaos = r.count("SELECT count(*) FROM actions WHERE attempts > 0")
	for _, s := range r.shops {
		s.Heal()
	}
	calm()
	waitFor(r, "the outbox comes to rest", settleWithin, r.rests)
	r.check(false)
	r.decide()
	r.check(true)
	r.took = time.Since(began)
}

// unsent returns how many actions were never sent although no earlier action on their target is open.
func (r *chaosRun) unsent() int {
	return r.count(`SELECT count(*) FROM actions AS t WHERE state = 'queued' AND attempts = 0 AND NOT EXISTS (
		SELECT 1 FROM actions AS earlier WHERE earlier.ended_at IS NULL AND earlier.panel_id = t.panel_id
		AND earlier.resource = t.resource AND earlier.target_id = t.target_id AND earlier.target_name = t.target_name AND earlier.id < t.id)`)
}

// rests reports whether no automatic work is left, on the panels either. Actions that wait behind one that asks a
// person stay.
func (r *chaosRun) rests() bool {
	for _, s := range r.shops {
		if s.Land(); s.Late() > 0 {
			return false
		}
	}
	return r.count(`SELECT count(*) FROM actions AS t WHERE state = 'sending' OR due_at IS NOT NULL AND NOT EXISTS (
		SELECT 1 FROM actions AS asks WHERE asks.state = 'unconfirmed' AND asks.due_at IS NULL AND asks.panel_id = t.panel_id
		AND asks.resource = t.resource AND asks.target_id = t.target_id AND asks.target_name = t.target_name AND asks.id < t.id)`) == 0
}

// check compares the panels' own data with the outbox. In the last check, no action may wait for a person either.
func (r *chaosRun) check(last bool) {
	r.Helper()
	r.result.states = map[models.ActionState]int{}
	for _, c := range r.asked {
		a, err := r.db.PanelAction(r.Context(), r.owner, c.action.ID)
		if err != nil {
			r.Fatal(err)
		}
		there, sends := c.shop.holds(a), c.shop.sends(a)
		r.result.states[a.State]++
		wrong := ""
		switch {
		case there > 1:
			wrong = "doubled"
			r.result.doubled++
		case a.State == models.ActionDone && there == 0:
			wrong = "lost"
			r.result.lost++
		case (a.State == models.ActionRefused || a.State == models.ActionCancelled) && there > 0:
			wrong = "there although it says that it is not"
		case sends > a.Attempts:
			wrong = "sent more often than it says"
		case a.State == models.ActionSending, last && !a.Ended(), a.State == models.ActionUnconfirmed && !a.AsksPerson():
			wrong = "left over"
		}
		if wrong != "" {
			r.result.wrong++
			r.Errorf("%s %d is %s: %s, %q, %d attempts, sent %d times, %d times on the panel", a.Kind, a.ID, wrong, a.State, a.Words,
				a.Attempts, sends, there)
		}
	}
	if !last {
		r.result.asks, r.result.behind = r.result.states[models.ActionUnconfirmed], r.result.states[models.ActionQueued]
	}
}

// decide answers the actions that ask a person, from the data on the panel, until none is left.
func (r *chaosRun) decide() {
	r.Helper()
	waitFor(r, "people have settled everything", settleWithin, func() bool {
		for _, c := range r.asked {
			a, err := r.db.PanelAction(r.Context(), r.owner, c.action.ID)
			if err != nil {
				r.Fatal(err)
			}
			if !a.AsksPerson() {
				continue
			}
			says := models.SendAgain
			if c.shop.holds(a) > 0 {
				says = models.WentThrough
				r.result.hidden++
			}
			if _, err := r.db.Decide(r.Context(), r.owner, a.ID, a.Attempts, says, "I looked on the panel"); err != nil && !errors.Is(err, models.ErrTooLate) {
				r.Fatal(err)
			}
		}
		return r.count("SELECT count(*) FROM actions WHERE ended_at IS NULL") == 0
	})
}

// tell prints the results.
func tell(runs []*chaosRun) {
	fmt.Printf("%5s %6s | %6s %5s %7s %8s %7s %5s | %6s %8s %5s %8s %6s | %5s %8s | %5s %8s %6s\n", "seed", "time",
		"killed", "cut", "flushed", "restarts", "spoiled", "again", "asked", "in chaos", "asks", "answered", "behind", "done", "refused", "lost", "doubled", "wrong")
	for _, r := range runs {
		if r == nil {
			continue
		}
		s := &r.result
		fmt.Printf("%5d %5.0fs | %6d %5d %7d %8d %7d %5d | %6d %8d %5d %8d %6d | %5d %8d | %5d %8d %6d\n", r.seed, r.took.Seconds(),
			s.killed.Load(), s.cut.Load(), s.flushed.Load(), s.restarted.Load(), r.spoiled(), s.formsAgain, len(r.asked), s.inChaos, s.asks, s.hidden, s.behind,
			s.states[models.ActionDone], s.states[models.ActionRefused], s.lost, s.doubled, s.wrong)
	}
}
