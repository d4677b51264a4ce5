package jobs

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

var liarCases = flag.Int("liars.cases", 110, "how many writes panels lie about")

// liesAtRandom lists the faults for a write: a wrong answer, or no answer and a late effect.
var liesAtRandom = []sim.Fault{
	{Kind: sim.EmptySuccess}, {Kind: sim.ApplyThenEmpty}, {Kind: sim.ForeignSuccess}, {Kind: sim.ApplyThenForeign},
	{Kind: sim.SuccessWithoutEffect}, {Kind: sim.SuccessWithoutEffect}, {Kind: sim.ApplyThenDrop},
	{Kind: sim.LandLate, Delay: 215 * time.Second}, {Kind: sim.LandLate, Delay: 2 * time.Hour},
}

// liars lists the ways in which a panel shows payments.
var liars = []sim.Variants{{}, {LowerMemos: true}, {CutMemos: true}, {ReceiptIDOnly: true}, {LowerMemos: true, ReceiptIDOnly: true}}

// casesEach is how many writes one lying panel gets: each kind of write five times.
const casesEach = 55

// told counts the results of a run.
type told struct {
	cases, done, asked, twice, wrong, doubled, lost int
}

func TestNoLieOfAPanelIsTakenForTheTruth(t *testing.T) {
	t.Parallel()
	var all told
	for i := 0; all.cases < *liarCases; i++ {
		all.cases += casesEach
		if !t.Run(fmt.Sprint("liar ", i), func(t *testing.T) {
			o := newOffice(t)
			onItsClock(o)
			chance := rand.New(rand.NewPCG(uint64(i), 11)) // #nosec G115 -- a small counter
			o.honest()
			o.at.SetVariants(liars[i%len(liars)])
			actions := o.liedTo(chance)
			o.settle(20 * time.Minute)
			o.holdAgainstThePanel(&all, actions)
			o.letAPersonDecide(&all, chance, actions)
			for range 200 {
				o.clock.turn(time.Minute)
				o.at.Land()
				o.step()
				if chance.IntN(40) == 0 {
					o.sync()
				}
			}
			o.holdAgainstThePanel(&all, actions)
			for _, a := range actions {
				if o.now(a).State == models.ActionDone {
					all.done++
				}
			}
		}) {
			break // the other panels would fail in the same way
		}
	}
	t.Logf("cases %d, done %d, asked a person %d, paid twice by a person and told %d, wrong verdicts %d, doubled %d, lost %d",
		all.cases, all.done, all.asked, all.twice, all.wrong, all.doubled, all.lost)
}

// honest makes the panel show one write of each kind, so that a missing write counts as evidence afterwards.
func (o *office) honest() {
	o.Helper()
	all := o.oneOfEach()
	o.settle(3 * time.Minute)
	for _, a := range all {
		if got := o.now(a); got.State != models.ActionDone || len(got.Found) == 0 {
			o.Fatalf("%s: got %s (%s), found %v, want it done and found", a.Kind, got.State, got.Words, got.Found)
		}
	}
}

// liedTo enqueues casesEach writes; the panel answers each of them with a random lie.
func (o *office) liedTo(chance *rand.Rand) (all []models.PanelAction) {
	o.Helper()
	for len(all) < casesEach {
		all = append(all, o.oneOfEach()...)
	}
	for range all {
		lie := liesAtRandom[chance.IntN(len(liesAtRandom))]
		lie.Method, lie.Count = "POST", 1
		o.at.Fail(lie)
	}
	return all
}

// holdAgainstThePanel compares each result with the panel. If a person had a payment sent again and the first one
// then arrived late, the action must report that it was paid twice.
func (o *office) holdAgainstThePanel(all *told, actions []models.PanelAction) {
	o.Helper()
	o.at.Land()
	o.settle(6 * time.Minute) // the next check finds a write that has just landed
	for _, a := range actions {
		got, n := o.now(a), o.truth(a)
		wrong := got.State == models.ActionDone && n == 0 || got.State == models.ActionRefused && n > 0 || got.State == models.ActionCancelled && n > 0
		twice := strings.HasPrefix(got.Words, "Paid twice") && got.AsksPerson()
		switch {
		case wrong:
			all.wrong++
			o.Errorf("wrong: %s %d is %s (%s; %s), and %d times on the panel", a.Kind, a.ID, got.State, got.Words, got.Cause, n)
		case n > 1 && twice:
			all.twice++
		case n > 1 && (got.Attempts < 2 || a.Kind == models.KindAddPayment):
			all.doubled++
			o.Errorf("doubled: %s %d is %s (%s), and %d times on the panel after %d attempts", a.Kind, a.ID, got.State, got.Words, n, got.Attempts)
		case !got.Ended() && !got.AsksPerson():
			all.lost++
			o.Errorf("lost: %s %d is %s (%s) and nobody is asked", a.Kind, a.ID, got.State, got.Words)
		}
	}
}

// letAPersonDecide answers the actions that ask a person, with the truth on the panel at that moment.
func (o *office) letAPersonDecide(all *told, chance *rand.Rand, actions []models.PanelAction) {
	o.Helper()
	for _, a := range actions {
		got := o.now(a)
		if !got.AsksPerson() {
			continue
		}
		all.asked++
		d := models.WentThrough
		if o.truth(a) == 0 {
			d = []models.Decision{models.SendAgain, models.NotSent}[chance.IntN(2)]
			if a.Kind != models.KindAddPayment {
				d = models.SendAgain
			}
		}
		must(o.db.Decide(o.Context(), o.owner, a.ID, got.Attempts, d, "I looked"))(o)
	}
}
