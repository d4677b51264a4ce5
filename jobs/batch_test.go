package jobs

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// many adds orders and mirrors them.
func (o *office) many(n int, status string) (ids []int64) {
	o.Helper()
	for range n {
		ids = append(ids, o.order(status))
	}
	o.sync()
	return ids
}

// batch enqueues one action for many orders.
func (o *office) batch(kind models.ActionKind, p models.ActionPayload, ids ...int64) models.Batch {
	o.Helper()
	o.forms++
	n := models.NewBatch{Key: fmt.Sprint("batch form ", o.forms), Kind: kind, Payload: p, Confirmed: len(ids)}
	for _, id := range ids {
		n.Orders = append(n.Orders, models.Key{PanelID: o.at.id, ID: id})
	}
	return must(o.db.CreateBatch(o.Context(), o.owner, n))(o)
}

// results returns a batch's actions by order id.
func (o *office) results(b models.Batch) map[int64]models.PanelAction {
	o.Helper()
	of := map[int64]models.PanelAction{}
	for _, a := range must(o.db.BatchResults(o.Context(), o.owner, b.ID, nil, models.MostInBatch))(o) {
		of[a.TargetID] = a
	}
	return of
}

// tally returns how many orders of a batch are in each group.
func (o *office) tally(b models.Batch) string {
	o.Helper()
	_, tally, err := o.db.Batch(o.Context(), o.owner, b.ID)
	if err != nil {
		o.Fatal(err)
	}
	var words []string
	for _, g := range models.BatchGroups {
		if n := tally.Groups[g]; n > 0 {
			words = append(words, fmt.Sprint(n, " ", g))
		}
	}
	return strings.Join(words, ", ")
}

// calls counts the panel's calls by method and path since its counters were reset.
func (o *office) calls() map[string]int {
	of := map[string]int{}
	for _, call := range o.at.Calls() {
		of[call.Method+" "+call.Path]++
	}
	return of
}

func TestABatchGoesInCallsForAHundredOrders(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.many(250, sim.InProgress)
	b := o.batch(models.KindCancel, models.ActionPayload{CancelReason: "asked"}, ids...)
	o.at.ResetCounters()
	o.work()
	if got := o.tally(b); got != "250 done" {
		t.Errorf("got %s, want all done", got)
	}
	for _, id := range ids {
		if order, _ := o.at.Order(id); order.Status != sim.Canceled || order.CancelReason != "asked" {
			t.Fatalf("order %d is %s", id, order.Status)
		}
	}
	if calls := o.calls(); calls["GET /adminapi/v2/orders"] != 3 || calls["POST /adminapi/v2/orders/cancel"] != 3 {
		t.Errorf("got %v, want three calls that look and three that cancel", calls)
	}
}

func TestEachKindIsDoneToEachOrderOfABatch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, tt := range orderActions() {
		ids := []int64{o.cancellable(tt.from), o.cancellable(tt.from), o.cancellable(tt.from)}
		o.sync()
		b := o.batch(tt.kind, tt.payload, ids...)
		o.work()
		if got := o.tally(b); got != "3 done" {
			t.Errorf("%s: got %s", tt.kind, got)
		}
		for _, id := range ids {
			if order, _ := o.at.Order(id); !tt.applied(order) {
				t.Errorf("%s: the panel does not hold it for %d", tt.kind, id)
			}
		}
	}
}

func TestOrdersOfACallThatThePanelSkipsFailAndOthersAreDone(t *testing.T) {
	t.Parallel()
	for _, v := range []sim.Variants{{}, {BothIDLists: true, UpdateErrorMessage: true}} {
		o := newOffice(t)
		o.at.SetVariants(v)
		ids := o.many(5, sim.InProgress)
		n := int64(40)
		moved := o.batch(models.KindChangeStatus, models.ActionPayload{Status: "completed"}, ids[:3]...)
		remain := o.batch(models.KindSetRemains, models.ActionPayload{Remains: &n}, ids[3:]...)
		// Set after the worker's read, so that only the panel can refuse them.
		o.at.SetOrder(ids[1], func(o *sim.Order) { o.Status = sim.Canceled })
		o.at.SetOrder(ids[4], func(o *sim.Order) { o.Status = sim.Pending })
		o.lookingAsBefore()
		o.work()
		for b, failed := range map[models.Batch]int64{moved: ids[1], remain: ids[4]} {
			for id, a := range o.results(b) {
				if want := map[bool]models.ActionState{true: models.ActionRefused, false: models.ActionDone}[id == failed]; a.State != want {
					t.Errorf("%s of %d: got %s (%s), want %s", b.Kind, id, a.State, a.Words, want)
				}
			}
		}
	}
}

var pairs = regexp.MustCompile(`"status":"(canceled|pending)"`)

// lookingAsBefore puts a proxy in front of the panel that shows canceled and pending orders as in progress in the
// list.
func (o *office) lookingAsBefore() {
	o.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/orders") {
			o.at.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		o.at.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, pairs.ReplaceAllString(answer.Body.String(), `"status":"in_progress"`))
	}))
	o.Cleanup(front.Close)
	o.exec("UPDATE panels SET url = $1 WHERE id = $2", front.URL, o.at.id)
}

func TestTheLostAnswerOfACallLeavesAllItsOrdersUnconfirmedAndIsReadBackInOne(t *testing.T) {
	t.Parallel()
	for _, fault := range []sim.FaultKind{sim.ApplyThenDrop, sim.DropConnection} {
		o := newOffice(t)
		ids := o.many(120, sim.InProgress)
		b := o.batch(models.KindCancel, models.ActionPayload{}, ids...)
		o.at.ResetCounters()
		o.at.Fail(sim.Fault{Kind: fault, Method: "POST", Count: 2})
		o.clock.turn(time.Second)
		o.step()
		o.step()
		doubted := map[bool]string{true: "20 unconfirmed, 100 done", false: "120 unconfirmed"}[fault == sim.ApplyThenDrop]
		if got := o.tally(b); got != doubted {
			t.Errorf("fault %d: got %s, want each order of both calls in doubt, and those of the first read back at once", fault, got)
		}
		o.work()
		want := map[bool]string{true: "120 done", false: "120 asks"}[fault == sim.ApplyThenDrop]
		if got := o.tally(b); got != want {
			t.Errorf("fault %d: got %s, want %s", fault, got, want)
		}
		calls := o.calls()
		if calls["POST /adminapi/v2/orders/cancel"] != 2 {
			t.Errorf("fault %d: got %v, want that money is not sent twice", fault, calls)
		}
		if reads := calls["GET /adminapi/v2/orders"]; fault == sim.ApplyThenDrop && reads != 4 || len(calls) != 2 {
			t.Errorf("fault %d: got %v, want reading back in calls for many", fault, calls)
		}
	}
}

func TestWhatIsHarmlessAndLostIsSentAgainTogether(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.many(30, sim.Processing)
	b := o.batch(models.KindChangeStatus, models.ActionPayload{Status: "completed"}, ids...)
	o.at.ResetCounters()
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	o.work()
	if got := o.tally(b); got != "30 done" {
		t.Errorf("got %s, want all done", got)
	}
	if n := o.calls()["POST /adminapi/v2/orders/change-status"]; n != 2 {
		t.Errorf("got %d calls, want the lost one and another", n)
	}
}

func TestAnOrderThatTheListDoesNotShowIsLookedAtAloneAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const gone = 99_999_999
	ids := append(o.many(2, sim.InProgress), gone)
	rows := []models.Order{{Key: models.Key{PanelID: o.at.id, ID: gone}, Status: "in_progress", CreatedAt: o.clock.Now(),
		Mirrored: models.Mirrored{Raw: []byte("{}")}}}
	must(o.db.PutOrders(t.Context(), o.at.id, rows, o.clock.Now()))(t)
	b := o.batch(models.KindCancel, models.ActionPayload{}, ids...)
	o.work()
	if got := o.tally(b); got != "1 failed, 2 done" {
		t.Errorf("got %s", got)
	}
	if a := o.results(b)[gone]; a.Words != "The panel no longer has it. Nothing was sent." {
		t.Errorf("got %q", a.Words)
	}
}

func TestAWorkerKilledInTheMiddleOfACallLeavesNoOrderLostOrDoneTwice(t *testing.T) {
	t.Parallel()
	for _, arrives := range []bool{true, false} {
		o := newOffice(t)
		ids := o.many(40, sim.InProgress)
		b := o.batch(models.KindCancel, models.ActionPayload{}, ids...)
		o.clock.turn(time.Second)
		o.killedInBatch(b, arrives)
		o.at.ResetCounters()
		o.work()
		want := map[bool]string{true: "40 done", false: "40 asks"}[arrives]
		if got := o.tally(b); got != want || o.calls()["POST /adminapi/v2/orders/cancel"] != 0 {
			t.Errorf("arrived %t: got %s and %v, want %s and nothing sent again", arrives, got, o.calls(), want)
		}
	}
}

// killedInBatch simulates a worker that is killed during a bulk call. If arrives is set, the call reaches the panel.
func (o *office) killedInBatch(b models.Batch, arrives bool) {
	o.Helper()
	chunk, _, err := o.db.ClaimBatch(o.Context(), models.BatchWork{PanelID: o.at.id, BatchID: b.ID}, leaseFor)
	if err != nil {
		o.Fatal(err)
	}
	client, _, err := o.worker.client(o.Context(), o.at.id)
	if err != nil {
		o.Fatal(err)
	}
	seen := must(o.worker.seeChunk(o.Context(), client, chunk))(o)
	var sights []models.Sight
	for _, a := range chunk {
		sights = append(sights, seen[a.TargetID])
	}
	sending := must(o.db.BeginSendingAll(o.Context(), chunk, sights, o.clock.Now().Add(o.worker.CallTimeout)))(o)
	if arrives {
		_, _ = sendMany(o.Context(), client, sending) // the worker is killed before it reads the answer
	}
}

func TestSingleThingsDoNotStandBehindABatch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := o.cancellable(sim.InProgress)
	ids := o.many(250, sim.InProgress)
	o.batch(models.KindCancel, models.ActionPayload{}, ids...)
	o.batch(models.KindRequestCancel, models.ActionPayload{}, one)
	o.clock.turn(time.Second)
	if _, _, err := o.db.ClaimBatch(o.Context(), must(o.db.DueBatches(o.Context()))(o)[0], leaseFor); err != nil {
		t.Fatal(err)
	}
	if due := must(o.db.DueBatches(o.Context()))(o); len(due) != 1 {
		t.Errorf("%d parts of batches are due, want one of a panel", len(due))
	}
	if _, _, err := o.db.ClaimBatch(o.Context(), must(o.db.DueBatches(o.Context()))(o)[0], leaseFor); err != models.ErrBusy {
		t.Errorf("got %v, want that a panel's batches are worked on one after the other", err)
	}
	reply := o.reply("Hello")
	o.clock.turn(10 * time.Second)
	if due := must(o.db.DueActions(o.Context(), 100))(o); !slices.Equal(due, []int64{reply.ID}) {
		t.Errorf("due are %v, want the reply %d alone", due, reply.ID)
	}
	if _, err := o.db.ClaimAction(o.Context(), reply.ID, leaseFor); err != nil {
		t.Errorf("a reply waits for a batch: %v", err)
	}
	if single, bulk := callerOf(reply), callerOf(models.PanelAction{BatchID: 1}); single.Lane.rank() >= bulk.Lane.rank() {
		t.Errorf("%s does not go before %s", single.Lane, bulk.Lane)
	}
}

func TestAnActionOnAnOrderWaitsForTheBatchThatWasAskedForBefore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.many(2, sim.Processing)
	first := o.batch(models.KindChangeStatus, models.ActionPayload{Status: "in_progress"}, ids...)
	then := o.status(ids[0], "completed")
	last := o.batch(models.KindChangeStatus, models.ActionPayload{Status: "processing"}, ids[0])
	o.work()
	if o.tally(first) != "2 done" || o.now(then).State != models.ActionDone || o.tally(last) != "1 done" {
		t.Errorf("got %s, %s, %s", o.tally(first), o.now(then).State, o.tally(last))
	}
	if order, _ := o.at.Order(ids[0]); order.Status != sim.Processing {
		t.Errorf("the panel holds %s, want what was asked for last", order.Status)
	}
}

func TestARetryIsOfWhatFailedOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.many(4, sim.InProgress)
	b := o.batch(models.KindCancel, models.ActionPayload{CancelReason: "asked"}, ids...)
	o.answering(0, fmt.Sprintf(`{"data":{"ids":[%d,%d],"skipped_ids":[%d,%d]},"error_message":"","error_code":0}`, ids[0], ids[1], ids[2], ids[3]))
	o.work()
	if got := o.tally(b); got != "2 failed, 2 done" {
		t.Fatalf("got %s", got)
	}
	again := must(o.db.RetryBatch(o.Context(), o.owner, b.ID, "again"))(t)
	if same := must(o.db.RetryBatch(o.Context(), o.owner, b.ID, "again"))(t); same.ID != again.ID {
		t.Error("the same form made another batch")
	}
	if _, err := o.db.RetryBatch(o.Context(), o.owner, b.ID, "another form"); err == nil {
		t.Error("what failed was tried again twice")
	}
	for id, a := range o.results(again) {
		if !slices.Contains(ids[2:], id) || a.Payload.CancelReason != "asked" {
			t.Errorf("%d is tried again with %+v", id, a.Payload)
		}
	}
	if got := o.tally(again); got != "2 waiting" {
		t.Errorf("got %s", got)
	}
}

func TestWhateverGoesWrongABatchSaysWhatThePanelHolds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(*chaosSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			o := newOffice(t)
			chance := rand.New(rand.NewPCG(seed, 2))
			ids := o.many(230, sim.InProgress)
			b := o.batch(models.KindCancel, models.ActionPayload{}, ids...)
			for _, f := range misfortunes {
				o.at.Fail(f)
			}
			for range 25 {
				o.clock.turn(time.Duration(chance.IntN(40)) * time.Second)
				o.tryKey()
				if chance.IntN(4) == 0 {
					o.perhapsKilled(b, chance.IntN(2) == 0)
				}
				o.step()
			}
			o.at.Heal()
			o.tryKey()
			o.work()
			for id, a := range o.results(b) {
				order, _ := o.at.Order(id)
				if done := order.Status == sim.Canceled; a.State == models.ActionDone != done && !a.AsksPerson() {
					t.Errorf("%d is %s, and its action %s (%s)", id, order.Status, a.State, a.Words)
				}
			}
		})
	}
}

// perhapsKilled simulates a worker that is killed during a bulk call, if a chunk is ready to be sent.
func (o *office) perhapsKilled(b models.Batch, arrives bool) {
	o.Helper()
	chunk, alone, err := o.db.ClaimBatch(o.Context(), models.BatchWork{PanelID: o.at.id, BatchID: b.ID}, leaseFor)
	if err != nil || alone || chunk[0].State != models.ActionQueued {
		return // killed before it sends
	}
	sending, err := o.db.BeginSendingAll(o.Context(), chunk, slices.Repeat([]models.Sight{{Status: sim.InProgress}}, len(chunk)), o.clock.Now().Add(o.worker.CallTimeout))
	if client, _, clientErr := o.worker.client(o.Context(), o.at.id); err == nil && clientErr == nil && len(sending) > 0 && arrives {
		_, _ = sendMany(o.Context(), client, sending)
	}
}
