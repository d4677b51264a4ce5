package jobs

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// answering puts a proxy in front of the panel that answers every write with body, with ID replaced, and does not
// pass it on.
func (o *office) answering(id int64, body string) {
	o.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			o.at.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, strings.ReplaceAll(body, "ID", fmt.Sprint(id)))
	}))
	o.Cleanup(front.Close)
	o.exec("UPDATE panels SET url = $1 WHERE id = $2", front.URL, o.at.id)
}

// misfortunes lists random faults of writes and reads.
var misfortunes = []sim.Fault{
	{Kind: sim.ApplyThenDrop, Method: "POST", Chance: 0.12},
	{Kind: sim.TruncatedJSON, Method: "POST", Chance: 0.08},
	{Kind: sim.DropConnection, Method: "POST", Chance: 0.12},
	{Kind: sim.HTML502, Method: "POST", Chance: 0.08},
	{Kind: sim.TooManyRequests, Method: "POST", Chance: 0.08},
	{Kind: sim.Unauthorized, Method: "POST", Chance: 0.03},
	{Kind: sim.JSON500, Method: "GET", Chance: 0.1},
	{Kind: sim.CutOff, Method: "GET", Chance: 0.1},
	{Kind: sim.TooManyRequests, Method: "GET", Chance: 0.05},
}

// killed simulates a worker that is killed while it sends: after the commit of "sending", and after the request left
// if arrives is set.
func (o *office) killed(ctx context.Context, id int64, arrives bool) error {
	a, err := o.db.ClaimAction(ctx, id, leaseFor)
	if err != nil {
		return nil // another worker has claimed it
	}
	if a.State != models.ActionQueued {
		return nil // killed while it reads the panel
	}
	client, _, err := o.worker.client(ctx, o.at.id)
	if err != nil {
		return err
	}
	now, err := o.worker.see(ctx, client, a)
	if err != nil || a.Holds(now) || a.Problem(now) != "" {
		return nil // killed before it sends
	}
	a, err = o.db.BeginSending(ctx, a, now, o.clock.Now().Add(o.worker.CallTimeout))
	if err == nil && arrives {
		_, _ = send(ctx, client, a) // the worker is killed before it reads the answer
	}
	return nil
}

var chaosSeeds = flag.Uint("chaos.seeds", 6, "how many different runs of misfortunes")

func TestWhateverGoesWrongThePanelHoldsWhatTheOutboxSays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(*chaosSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			o := newOffice(t)
			chance := rand.New(rand.NewPCG(seed, 1))
			all := o.someOfAll(8)
			for _, f := range misfortunes {
				o.at.Fail(f)
			}
			for range 40 {
				o.clock.turn(time.Duration(chance.IntN(40)) * time.Second)
				o.tryKey()
				o.stepAtOnce(chance)
			}
			o.at.Heal()
			o.tryKey()
			o.work()
			o.wantTruth(all)
		})
	}
}

// tryKey runs the connection test if the panel waits for a key, as staff or a probe would.
func (o *office) tryKey() {
	o.Helper()
	if !o.keyRefused() {
		return
	}
	if err := o.worker.checkPanel(o.Context(), target{PanelID: o.at.id}); err != nil {
		o.Fatal(err)
	}
}

// someOfAll enqueues n replies, n payments and n changes of orders.
func (o *office) someOfAll(n int) (all []models.PanelAction) {
	o.Helper()
	var orders []int64
	for i := range n {
		orders = append(orders, o.order(sim.Processing))
		o.at.AddUser(sim.UserSpec{Username: fmt.Sprint("anna", i%3)})
	}
	o.sync()
	for i, id := range orders {
		all = append(all, o.reply(fmt.Sprint("reply ", i)), o.pay(fmt.Sprint("anna", i%3), "1.10"), o.status(id, "in_progress"))
	}
	return all
}

// stepAtOnce runs the due actions on two workers in parallel, and kills some of the first worker's runs.
func (o *office) stepAtOnce(chance *rand.Rand) {
	o.Helper()
	if _, err := o.db.SweepActions(o.Context()); err != nil {
		o.Fatal(err)
	}
	second := NewWorker(o.worker.Options)
	var runs sync.WaitGroup
	for _, id := range must(o.db.DueActions(o.Context(), 100))(o) {
		dies, arrives := chance.IntN(8) == 0, chance.IntN(2) == 0
		for i, w := range []*Worker{o.worker, second} {
			runs.Go(func() {
				err := error(nil)
				if i == 0 && dies {
					err = o.killed(o.Context(), id, arrives)
				} else {
					err = w.runAction(o.Context(), target{ActionID: id})
				}
				if err != nil {
					o.Error(err)
				}
			})
		}
	}
	runs.Wait()
}

// wantTruth compares the outbox with the panel: the panel shows a done action once and a refused one never. An
// unknown outcome asks a person, and the panel shows it at most once. No action may be in another state.
func (o *office) wantTruth(all []models.PanelAction) {
	o.Helper()
	for _, a := range all {
		got, n := o.now(a), o.truth(a)
		switch {
		case n > 1:
			o.Errorf("%s %d is on the panel %d times", a.Kind, a.ID, n)
		case got.State == models.ActionDone && n != 1, got.State == models.ActionRefused && n != 0:
			o.Errorf("%s %d is %s (%s), and %d times on the panel", a.Kind, a.ID, got.State, got.Words, n)
		case got.State != models.ActionDone && got.State != models.ActionRefused && !o.waitsForPerson(got):
			o.Errorf("%s %d is %s and nobody is asked", a.Kind, a.ID, got.State)
		}
	}
}

// waitsForPerson reports whether an action asks a person, or waits behind one that does.
func (o *office) waitsForPerson(a models.PanelAction) bool {
	o.Helper()
	return a.AsksPerson() || a.State == models.ActionQueued && o.count(`SELECT count(*) FROM actions
		WHERE state = 'unconfirmed' AND due_at IS NULL AND resource = $1 AND target_id = $2 AND target_name = $3 AND id < $4`,
		a.Resource, a.TargetID, a.TargetName, a.ID) > 0
}
