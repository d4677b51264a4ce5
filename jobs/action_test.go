package jobs

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// office is a bench with a shop whose orders and tickets are mirrored, and staff who write to it.
type office struct {
	*bench
	at     shop
	ticket int64
	forms  int
}

func newOffice(t testing.TB, change ...func(*Options)) *office {
	t.Helper()
	b := newBench(t, change...)
	o := &office{bench: b, at: b.shop("alpha", 10)}
	o.ticket = o.at.OpenTicket("anna", "Where is it?", "Hello")
	o.at.AddUser(sim.UserSpec{Username: "anna"})
	return o
}

// order adds an order to the panel. The caller syncs afterwards.
func (o *office) order(status string) int64 {
	o.Helper()
	return o.at.AddOrder(sim.OrderSpec{User: "anna", Status: status, Quantity: 1000})
}

// ask enqueues an action with its own idempotency key.
func (o *office) ask(n models.NewAction) models.PanelAction {
	o.Helper()
	o.forms++
	if n.Key == "" {
		n.Key = fmt.Sprint("form ", o.forms)
	}
	n.PanelID = o.at.id
	return must(o.db.Enqueue(o.Context(), o.owner, n))(o)
}

func (o *office) reply(text string) models.PanelAction {
	o.Helper()
	return o.ask(models.NewAction{Kind: models.KindReply, TargetID: o.ticket, Payload: models.ActionPayload{Message: text}})
}

func (o *office) pay(user, amount string) models.PanelAction {
	o.Helper()
	return o.ask(models.NewAction{Kind: models.KindAddPayment, TargetName: user, Payload: models.ActionPayload{
		Amount: decimal.NewNullDecimal(decimal.RequireFromString(amount)), Method: o.at.Methods()[0], Memo: "thanks"}})
}

func (o *office) status(orderID int64, status string) models.PanelAction {
	o.Helper()
	return o.ask(models.NewAction{Kind: models.KindChangeStatus, TargetID: orderID, Payload: models.ActionPayload{Status: status}})
}

// step runs all due work of the outbox once, as tasks would.
func (o *office) step() (ran int) {
	o.Helper()
	o.compare()
	if _, err := o.db.SweepActions(o.Context()); err != nil {
		o.Fatal(err)
	}
	due := must(o.db.DueActions(o.Context(), 100))(o)
	for _, id := range append(due, must(o.db.DueLooks(o.Context(), 100))(o)...) {
		if err := o.worker.runAction(o.Context(), target{ActionID: id}); err != nil {
			o.Fatal(err)
		}
	}
	batches := must(o.db.DueBatches(o.Context()))(o)
	for _, b := range batches {
		if err := o.worker.runBatch(o.Context(), target{PanelID: b.PanelID, BatchID: b.BatchID}); err != nil {
			o.Fatal(err)
		}
	}
	return len(due) + len(batches)
}

// work turns the clock and runs the outbox until no action is due. Actions that wait behind one that asks a person
// stay.
func (o *office) work() {
	o.Helper()
	for range 300 {
		o.clock.turn(10 * time.Second)
		o.step()
		if o.count(`SELECT count(*) FROM actions AS t WHERE due_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM actions AS asks
			WHERE asks.state = 'unconfirmed' AND asks.due_at IS NULL AND asks.resource = t.resource
			AND asks.target_id = t.target_id AND asks.target_name = t.target_name) OR state = 'sending'`) == 0 {
			return
		}
	}
	o.Fatal("the outbox never comes to rest")
}

// now returns the stored state of an action.
func (o *office) now(a models.PanelAction) models.PanelAction {
	o.Helper()
	return must(o.db.PanelAction(o.Context(), o.owner, a.ID))(o)
}

// truth returns how often the panel shows the effect of an action.
func (o *office) truth(a models.PanelAction) (n int) {
	o.Helper()
	switch a.Kind {
	case models.KindReply:
		t, _ := o.at.Ticket(a.TargetID)
		for _, m := range t.Messages {
			if m.HTML == a.Payload.Message && m.Staff && m.Sender == a.Username {
				n++
			}
		}
	case models.KindAddPayment:
		for _, p := range o.at.Payments() {
			if strings.HasSuffix(p.Memo, " "+a.Reference) {
				n++
			}
		}
	case models.KindOpenTicket:
		for _, t := range o.at.Tickets() {
			if t.User == a.TargetName && t.Subject == a.Payload.Subject {
				n++
			}
		}
	case models.KindAddUser:
		if _, there := o.at.User(a.TargetName); there {
			n = 1
		}
	default:
		if order, _ := o.at.Order(a.TargetID); holdsChange(order, a) {
			n = 1
		}
	}
	return n
}

// holdsChange reports whether an order has the state that an action wants.
func holdsChange(o sim.Order, a models.PanelAction) bool {
	p := a.Payload
	switch a.Kind {
	case models.KindSetPartial:
		return o.Status == sim.Partial && o.Remains == *p.Remains
	case models.KindEditLink:
		return o.Link == p.Link
	case models.KindSetStartCount:
		return o.StartCount != nil && *o.StartCount == *p.StartCount
	case models.KindSetRemains:
		return o.Remains == *p.Remains
	case models.KindCancel:
		return o.Status == sim.Canceled
	case models.KindResend:
		return o.Status == sim.Pending
	case models.KindRequestCancel:
		return o.CancelRequested
	}
	return o.Status == p.Status
}

// want checks an action's state and how often the panel shows its effect.
func (o *office) want(what string, a models.PanelAction, state models.ActionState, times int) {
	o.Helper()
	got := o.now(a)
	if got.State != state || o.truth(a) != times {
		o.Errorf("%s, %s: got %s (%s), %d times on the panel, want %s and %d", what, a.Kind, got.State, got.Words, o.truth(a), state, times)
	}
}

func TestWhatStaffWriteArrivesOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	order := o.order(sim.InProgress)
	o.sync()
	actions := []models.PanelAction{o.reply("It is on its way."), o.pay("anna", "12.50"), o.status(order, "completed")}
	o.step()
	o.want("at once", actions[0], models.ActionQueued, 0) // it can still be undone
	o.want("at once", actions[1], models.ActionDone, 1)
	o.want("at once", actions[2], models.ActionDone, 1)
	o.work()
	o.want("after five seconds", actions[0], models.ActionDone, 1)
	o.sync()
	if got := o.text("SELECT status FROM orders WHERE panel_id = $1 AND id = $2", o.at.id, order); got != "completed" {
		t.Errorf("the mirror shows %q, want the order read again", got)
	}
	if got := o.text("SELECT status FROM tickets WHERE panel_id = $1 AND id = $2", o.at.id, o.ticket); got != "answered" {
		t.Errorf("the mirror shows a ticket that is %q, want it read again", got)
	}
}

// answers lists the ways in which an attempt can end: the next state of a harmless action, a message and a payment,
// and how often the panel applied it.
var answers = []struct {
	name                     string
	fault                    sim.FaultKind
	harmless, message, money models.ActionState
	applied                  int
}{
	{"429", sim.TooManyRequests, models.ActionQueued, models.ActionQueued, models.ActionUnconfirmed, 0},
	{"connection closed before", sim.DropConnection, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"web page 502", sim.HTML502, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"envelope 500", sim.JSON500, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"challenge 403", sim.CloudflareHTML403, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"challenge 503", sim.CloudflareHTML503, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"redirect", sim.Redirect, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"no JSON", sim.Garbage, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"no body", sim.EmptyBody, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"no envelope", sim.NotAnObject, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 0},
	{"connection closed after", sim.ApplyThenDrop, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 1},
	{"half an answer", sim.TruncatedJSON, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 1},
	{"answer cut off", sim.CutOff, models.ActionUnconfirmed, models.ActionUnconfirmed, models.ActionUnconfirmed, 1},
}

func TestEachAnswerLeadsWhereTheTableSays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, tt := range answers {
		order := o.order(sim.InProgress)
		o.sync()
		all := []models.PanelAction{o.status(order, "completed"), o.reply("reply at " + tt.name), o.pay("anna", "3")}
		first := []models.ActionState{tt.harmless, tt.message, tt.money}
		last := []models.ActionState{models.ActionDone, models.ActionUnconfirmed, models.ActionUnconfirmed}
		o.clock.turn(5 * time.Second)
		o.at.Fail(sim.Fault{Kind: tt.fault, Method: "POST", Count: len(all)})
		o.step()
		for i, a := range all {
			o.want(tt.name, a, first[i], tt.applied)
			switch {
			case first[i] == models.ActionRefused:
				last[i] = models.ActionRefused
			case first[i] == models.ActionQueued || tt.applied == 1:
				last[i] = models.ActionDone
			}
		}
		o.work()
		for i, a := range all {
			times := map[models.ActionState]int{models.ActionDone: 1}[last[i]]
			o.want(tt.name+", in the end", a, last[i], times)
			if got := o.now(a); last[i] == models.ActionUnconfirmed {
				if !got.AsksPerson() {
					t.Errorf("%s, %s: nobody is asked", tt.name, a.Kind)
				}
				must(o.db.Decide(t.Context(), o.owner, a.ID, got.Attempts, models.SendAgain, "I looked"))(t)
			}
		}
		o.work()
		for i, a := range all {
			if last[i] == models.ActionUnconfirmed {
				o.want(tt.name+", sent again", a, models.ActionDone, 1)
			}
		}
	}
}

func TestAPanelThatCannotBeReachedGetsItLaterAndItCanBeCancelled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	dead := httptest.NewServer(o.at.Panel)
	dead.Close() // its port refuses connections
	o.exec("UPDATE panels SET url = $1 WHERE id = $2", dead.URL, o.at.id)
	o.exec("INSERT INTO tickets SELECT $1, $2, 1, 'anna', 's', 'pending', '', false, now(), now(), NULL, 0, NULL, '{}', 0, now(), now()", o.at.id, o.ticket)
	reply, payment := o.reply("later"), o.pay("anna", "3")
	for range 5 {
		o.clock.turn(6 * time.Minute)
		o.step()
		o.want("unreachable", reply, models.ActionQueued, 0)
		o.want("unreachable", payment, models.ActionQueued, 0)
	}
	if got := o.now(payment); !strings.HasPrefix(got.Words, "Waiting: The panel cannot be reached") {
		t.Errorf("staff read %q, want that it waits and why", got.Words)
	}
	must(o.db.CancelAction(t.Context(), o.owner, payment.ID))(t)
	alive := httptest.NewServer(o.at.Panel)
	t.Cleanup(alive.Close)
	o.exec("UPDATE panels SET url = $1 WHERE id = $2", alive.URL, o.at.id)
	o.work()
	o.want("reachable again", reply, models.ActionDone, 1)
	o.want("cancelled", payment, models.ActionCancelled, 0)
}

func TestTwentyLostAnswersAreFoundAndNothingIsDoubled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	var all []models.PanelAction
	for i := range 20 {
		all = append(all, o.reply(fmt.Sprintf("line %d\nof two", i)), o.reply("the same again"), o.pay(fmt.Sprint("anna", i%4), "1.25"))
	}
	for i := range 4 {
		o.at.AddUser(sim.UserSpec{Username: fmt.Sprint("anna", i)})
	}
	o.at.Fail(sim.Fault{Kind: sim.ApplyThenDrop, Method: "POST"})
	o.work()
	same := 0
	for _, a := range all {
		if a.Payload.Message == "the same again" {
			same = o.truth(a)
			continue
		}
		o.want("answer lost", a, models.ActionDone, 1)
	}
	if same != 20 {
		t.Errorf("the panel has the reply that was sent 20 times %d times", same)
	}
	ticket, _ := o.at.Ticket(o.ticket)
	for i, m := range ticket.Messages[1:] {
		if want := fmt.Sprintf("line %d\nof two", i/2); i%2 == 0 && m.HTML != want {
			t.Errorf("message %d is %q, want %q: the order in which they were written", i, m.HTML, want)
		}
	}
}

func TestTheNextActionOnATargetWaitsUntilTheOneBeforeIsSettled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	first, second := o.pay("anna", "1"), o.pay("anna", "2")
	other := o.pay("bert", "1")
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	o.workUntilAsked(first)
	o.want("lost", first, models.ActionUnconfirmed, 0)
	o.want("behind it", second, models.ActionQueued, 0)
	if got := o.now(other); !got.Ended() {
		t.Errorf("another customer's payment is %s, want it not to wait", got.State)
	}
	must(o.db.Decide(t.Context(), o.owner, first.ID, 1, models.WentThrough, "it is there under another memo"))(t)
	o.work()
	o.want("settled", second, models.ActionDone, 1)
}

// workUntilAsked runs the outbox until an action asks a person.
func (o *office) workUntilAsked(a models.PanelAction) {
	o.Helper()
	for range 300 {
		o.clock.turn(10 * time.Second)
		o.step()
		if o.now(a).AsksPerson() {
			return
		}
	}
	o.Fatal("nobody is asked")
}

func TestNotFindingItIsBelievedOnlyWhenItsTimeIsOverAndTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.pay("anna", "1")
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	o.step()
	settled := o.now(a).SettledAt()
	for o.clock.Now().Before(settled) {
		if o.now(a).AsksPerson() || o.now(a).Misses != 0 {
			t.Fatal("a person is asked while it may still appear")
		}
		if _, err := o.db.Decide(t.Context(), o.owner, a.ID, 1, models.SendAgain, ""); err == nil {
			t.Fatal("a person could have it sent again while it may still appear")
		}
		o.clock.turn(5 * time.Second)
		o.step()
	}
	for want := 1; want <= believed; want++ {
		for o.now(a).Misses < want {
			o.clock.turn(5 * time.Second)
			o.step()
		}
	}
	if !o.now(a).AsksPerson() {
		t.Error("nobody is asked after two looks")
	}
}

func TestAPaymentThatAppearsLateIsNotSentAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.pay("anna", "1")
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	o.workUntilAsked(a)
	must(o.db.Decide(t.Context(), o.owner, a.ID, 1, models.SendAgain, ""))(t)
	o.at.AddPayment(sim.PaymentSpec{User: "anna", Memo: o.now(a).SentMemo()}) // the panel applied it late
	o.work()
	o.want("late", a, models.ActionDone, 1)
}

func TestTwoWorkersAtOnceSendOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	second := NewWorker(o.worker.Options)
	var all []models.PanelAction
	for range 10 {
		all = append(all, o.reply("once"+fmt.Sprint(len(all))), o.pay("anna", "1"))
	}
	for range 60 {
		o.clock.turn(6 * time.Second)
		var runs sync.WaitGroup
		for _, id := range must(o.db.DueActions(t.Context(), 100))(t) {
			for _, w := range []*Worker{o.worker, second, o.worker, second} {
				runs.Go(func() {
					if err := w.runAction(t.Context(), target{ActionID: id}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		runs.Wait()
	}
	for _, a := range all {
		o.want("two workers", a, models.ActionDone, 1)
		if got := o.now(a); got.Attempts != 1 {
			t.Errorf("%d attempts, want 1", got.Attempts)
		}
	}
}

func TestAWorkerThatComesBackFromASleepSendsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.pay("anna", "1")
	slept := must(o.db.ClaimAction(t.Context(), a.ID, leaseFor))(t)
	o.clock.turn(leaseFor)
	o.step()
	if _, err := o.db.BeginSending(t.Context(), slept, models.Sight{}, o.clock.Now()); err == nil {
		t.Error("it may send, want its lease lost")
	}
	o.want("taken over", a, models.ActionDone, 1)
}

func TestAnAnswerThatComesLateStillCounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.pay("anna", "1")
	slow := must(o.db.ClaimAction(t.Context(), a.ID, leaseFor))(t)
	slow = must(o.db.BeginSending(t.Context(), slow, models.Sight{}, o.clock.Now().Add(20*time.Second)))(t)
	o.clock.turn(40 * time.Second)
	o.at.Fail(sim.Fault{Kind: sim.HTML502})
	o.step()
	if got := o.now(a); got.State != models.ActionUnconfirmed {
		t.Fatalf("got %s, want it given up for lost", got.State)
	}
	if err := o.worker.conclude(t.Context(), slow, nil); err != nil {
		t.Fatal(err)
	}
	if got := o.now(a); got.State != models.ActionDone {
		t.Errorf("got %s, want done: the answer said so", got.State)
	}
}

func TestAWorkerKilledWhileSendingLeavesItUnconfirmedAndFound(t *testing.T) {
	t.Parallel()
	for _, fault := range []sim.FaultKind{sim.ApplyThenHang, sim.Hang} {
		o := newOffice(t)
		order := o.order(sim.InProgress)
		o.sync()
		payment, status := o.pay("anna", "7"), o.status(order, "completed")
		o.at.Fail(sim.Fault{Kind: fault, Method: "POST", Path: "/adminapi/"})
		victim := exec.CommandContext(t.Context(), os.Args[0])
		victim.Env = append(os.Environ(), killableDatabase+"="+o.url, killableRedis+"="+o.redis.URL())
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "both hang", func() bool { return o.at.Faulted() == 2 })
		if err := victim.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := victim.Wait(); err == nil {
			t.Fatal("the victim ended by itself")
		}
		o.want("killed", payment, models.ActionSending, o.truth(payment))
		o.at.Heal()
		o.clock.turn(10 * time.Minute)
		o.work()
		o.want("harmless", status, models.ActionDone, 1)
		if fault == sim.ApplyThenHang {
			o.want("applied", payment, models.ActionDone, 1)
		} else {
			o.want("not applied", payment, models.ActionUnconfirmed, 0)
		}
	}
}

func TestTheOutboxWorksByItselfAndAFlushedRedisLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	o.start(onRunningClock(o.bench), func(op *Options) { op.CallsPerSecond = 0 })
	var all []models.PanelAction
	for i := range 12 {
		all = append(all, o.pay(fmt.Sprint("anna", i), "1"))
		o.at.AddUser(sim.UserSpec{Username: fmt.Sprint("anna", i)})
		if i%4 == 0 {
			o.redis.FlushAll()
		}
	}
	eventually(t, "all payments are made", func() bool { return o.count("SELECT count(*) FROM actions WHERE state = 'done'") == len(all) })
	for _, a := range all {
		o.want("flushed", a, models.ActionDone, 1)
	}
}

func TestAPausedOrWaitingPanelsActionsWait(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.pay("anna", "1")
	for _, column := range []string{"paused_at", "probe_at", "key_refused_at"} {
		o.exec("UPDATE panels SET " + column + " = now()")
		if n := o.step(); n != 0 {
			t.Errorf("with %s %d actions are worked on, want none", column, n)
		}
		o.exec("UPDATE panels SET " + column + " = NULL")
	}
	o.work()
	o.want("going on", a, models.ActionDone, 1)
}

func TestADisabledMembersReplyIsNotSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	agent := modelstest.Staff(t, o.db, "gone", models.RoleAgent, true)
	v := modelstest.Viewer(t, o.db, "gone")
	a := must(o.db.Enqueue(t.Context(), v, models.NewAction{Key: "k", Kind: models.KindReply, PanelID: o.at.id, TargetID: o.ticket,
		Payload: models.ActionPayload{Message: "revenge"}}))(t)
	o.exec("UPDATE staff SET disabled_at = now() WHERE id = $1", agent.ID)
	o.work()
	o.want("disabled", a, models.ActionCancelled, 0)
}

func TestAReplyLeavesToTheMomentWhenItCanNoLongerBeTakenBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.reply("It is on its way.")
	var again *againError
	err := o.worker.runAction(t.Context(), target{ActionID: a.ID}) // as the page enqueues it
	if !errors.As(err, &again) || again.wait.Round(time.Millisecond) != 5*time.Second {
		t.Fatalf("got %v, want to come back in 5 s", err)
	}
	o.want("before", a, models.ActionQueued, 0)
	o.clock.turn(again.wait)
	if err := o.worker.runAction(t.Context(), target{ActionID: a.ID}); err != nil {
		t.Error(err)
	}
	o.want("after", a, models.ActionDone, 1)
}

func TestAPanelAtOneCallASecondGetsItAllTheSame(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	order := o.order(sim.InProgress)
	o.sync()
	o.worker.limiter = newLimiter(o.client, Rules{Limit: 1})
	a := o.status(order, "completed") // a read and a write: the second must wait for a slot
	eventually(t, "it is done", func() bool {
		if err := o.worker.runAction(t.Context(), target{ActionID: a.ID}); err != nil {
			var early *noTurnError
			if !errors.As(err, &early) {
				t.Fatal(err)
			}
			o.clock.turn(early.wait)
		}
		return o.now(a).Ended()
	})
	o.want("at one call a second", a, models.ActionDone, 1)
	if n := o.at.Limited(); n != 0 {
		t.Errorf("the panel answered 429 %d times, want never", n)
	}
}

func TestPagesLearnOfEachStep(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	feed := NewFeed(o.client, o.worker.Log, nil)
	tag := func() string {
		feed.Reread(t.Context())
		word, _ := feed.Tag(OutboxVersion(o.at.id))
		return word
	}
	o.pay("anna", "1")
	before := tag()
	o.step()
	if tag() == before {
		t.Error("the outbox's version has not moved, want it moved")
	}
}
