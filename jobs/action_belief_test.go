package jobs

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel"
	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// onItsClock makes a panel use the bench's clock, so that late writes land when the test turns the clock.
func onItsClock(o *office) { o.at.UseWallClock(o.clock.Now) }

// settle turns the clock by d in steps of 10 s, and runs the outbox after each step.
func (o *office) settle(d time.Duration) {
	o.Helper()
	for range int(d / (10 * time.Second)) {
		o.clock.turn(10 * time.Second)
		o.step()
	}
}

// lies lists successful answers that do not name our write.
var lies = []struct {
	name    string
	fault   sim.FaultKind
	applied int
}{
	{"an empty success", sim.EmptySuccess, 0},
	{"an empty success after the write was applied", sim.ApplyThenEmpty, 1},
	{"a success about another", sim.ForeignSuccess, 0},
	{"a success about another after the write was applied", sim.ApplyThenForeign, 1},
}

func TestAnAnswerThatIsNotAboutOurWriteIsNotBelieved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, tt := range lies {
		for range 3 { // once for each form of the empty success
			all := o.oneOfEach()
			o.clock.turn(6 * time.Second)
			o.at.Fail(sim.Fault{Kind: tt.fault, Method: "POST", Count: len(all)})
			o.step()
			for _, a := range all {
				if got := o.now(a); got.State != models.ActionUnconfirmed || got.DueAt.After(o.clock.Now()) {
					t.Errorf("%s, %s: got %s, looked for in %v, want it unconfirmed and looked for at once", tt.name, a.Kind, got.State, got.DueAt.Sub(o.clock.Now()))
				}
			}
			o.step()
			for _, a := range all {
				if got := o.now(a); tt.applied == 1 && got.State != models.ActionDone {
					t.Errorf("%s, %s: got %s (%s) after the first look, want done", tt.name, a.Kind, got.State, got.Words)
				}
			}
			o.work()
			o.wantTruth(all)
		}
	}
}

// oneOfEach enqueues one write of each kind.
func (o *office) oneOfEach() []models.PanelAction {
	o.Helper()
	o.forms++
	name := "user" + strings.Repeat("x", o.forms)
	o.at.AddUser(sim.UserSpec{Username: name})
	o.at.AddUser(sim.UserSpec{Username: "other" + name}) // actions on one customer wait for each other
	o.ticket = o.at.OpenTicket(name, "Where is it?", "Hello")
	five := int64(5)
	var ids []int64
	for _, status := range []string{sim.InProgress, sim.InProgress, sim.InProgress, sim.InProgress, sim.InProgress, sim.InProgress, sim.Failed} {
		ids = append(ids, o.order(status))
	}
	o.clock.turn(time.Minute)
	o.sync()
	on := func(i int, kind models.ActionKind, p models.ActionPayload) models.PanelAction {
		return o.ask(models.NewAction{Kind: kind, TargetID: ids[i], Payload: p})
	}
	return []models.PanelAction{
		o.reply("reply of " + name), o.pay(name, "3.50"),
		o.ask(models.NewAction{Kind: models.KindOpenTicket, TargetName: "other" + name, Payload: models.ActionPayload{Subject: "About " + name, Message: "Hello"}}),
		o.ask(models.NewAction{Kind: models.KindAddUser, TargetName: "new" + name, Payload: models.ActionPayload{Email: "new" + name + "@example.com"}, Secret: "long enough"}),
		on(0, models.KindChangeStatus, models.ActionPayload{Status: "completed"}), on(1, models.KindSetPartial, models.ActionPayload{Remains: &five}),
		on(2, models.KindEditLink, models.ActionPayload{Link: "https://example.com/" + name}), on(3, models.KindSetStartCount, models.ActionPayload{StartCount: &five}),
		on(4, models.KindSetRemains, models.ActionPayload{Remains: &five}), on(5, models.KindCancel, models.ActionPayload{}),
		on(6, models.KindResend, models.ActionPayload{}),
	}
}

func TestAPaymentWhoseReceiptIsOnlyAnIDIsDoneWithinHalfAMinuteOfShowing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	o.at.SetVariants(sim.Variants{ReceiptIDOnly: true, CutMemos: true}) // so the list does not show our reference either
	a := o.pay("anna", "3")
	o.step()
	if got := o.now(a); got.State != models.ActionUnconfirmed || got.ReceiptID == 0 {
		t.Fatalf("got %s with the receipt %d, want it unconfirmed with the receipt's id", got.State, got.ReceiptID)
	}
	o.settle(30 * time.Second)
	o.want("only an id", a, models.ActionDone, 1)
}

func TestASuccessWithoutEffectAsksAPersonAfterThreeReads(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{false, true} {
		o := newOffice(t)
		o.sync()
		want := "The panel accepted it, but its list has never shown one of our references or payment IDs."
		if known {
			o.pay("anna", "1")
			o.settle(2 * time.Minute)
			want = "The panel accepted it, but the payment is not in its list."
		}
		o.at.Fail(sim.Fault{Kind: sim.SuccessWithoutEffect, Method: "POST", Count: 1})
		a := o.pay("anna", "3")
		o.step()
		o.want("answered", a, models.ActionDone, 0)
		answered := o.now(a).AnsweredAt
		for !o.now(a).AsksPerson() {
			if o.clock.Now().Sub(answered) > 15*time.Minute {
				t.Fatal("nobody is asked within 15 minutes")
			}
			o.clock.turn(10 * time.Second)
			o.step()
		}
		got := o.now(a)
		if !strings.HasPrefix(got.Words, want) || got.Reads != 3 || o.clock.Now().Sub(got.ReadsFrom) < 10*time.Minute {
			t.Errorf("got %q after %d reads over %v, want %q after 3 over 10 minutes", got.Words, got.Reads, o.clock.Now().Sub(got.ReadsFrom), want)
		}
		must(o.db.Decide(t.Context(), o.owner, a.ID, got.Attempts, models.SendAgain, "it is not there"))(t)
		o.settle(time.Minute)
		o.want("sent again", a, models.ActionDone, 1)
	}
}

func TestAPaymentThatLandsAfterAPersonWasAskedSettlesItself(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	onItsClock(o)
	o.sync()
	o.at.Fail(sim.Fault{Kind: sim.LandLate, Method: "POST", Count: 1, Delay: 215 * time.Second})
	a := o.pay("anna", "3")
	o.workUntilAsked(a)
	if got := o.now(a); got.Words != "The panel shows no payment with the reference "+a.Reference+". Check the panel, then record the result." {
		t.Errorf("got %q, want that it was not found by its reference", got.Words)
	}
	o.settle(6 * time.Minute)
	o.want("landed late", a, models.ActionDone, 1)
}

func TestTheLooksWhileAPersonIsAskedAreEveryFiveMinutesThenHourlyForAWeekInTheBackfillLane(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	a := o.pay("anna", "3")
	o.workUntilAsked(a)
	asked := o.now(a)
	var gaps []time.Duration
	for last := asked.ChangedAt; !o.now(a).LookAt.IsZero(); {
		next := o.now(a).LookAt
		gaps, last = append(gaps, next.Sub(last).Round(time.Second)), next
		o.clock.turn(next.Sub(o.clock.Now()))
		if got := must(o.db.DueLooks(t.Context(), 10))(t); len(got) != 1 {
			t.Fatalf("%d looks are due, want 1", len(got))
		}
		o.step()
	}
	often, hourly := 0, 0
	for _, gap := range gaps {
		switch gap {
		case 5 * time.Minute:
			often++
		case time.Hour:
			hourly++
		}
	}
	if often != 12 || hourly < 166 || hourly > 168 || often+hourly != len(gaps) {
		t.Errorf("%d looks after 5 minutes and %d after an hour, of %d, want 12 and those of a week", often, hourly, len(gaps))
	}
	asked.Aside = true
	if lane := callerOf(asked).Lane; lane != LaneBackfill {
		t.Errorf("it looks in the lane %s, want what staff leave", lane)
	}
}

func TestLooksAtADoneActionThatFailAreFewerWithTimeAndEndWhenHopeless(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.pay("anna", "3")
	o.step()
	o.want("answered", a, models.ActionDone, 1)
	ended := o.now(a).EndedAt
	forbidden := &panel.Error{Class: panel.ErrKey, Status: http.StatusForbidden}
	for _, tt := range []struct {
		age   time.Duration
		err   error
		after time.Duration // 0 means never
	}{
		{time.Minute, errors.New("no answer"), models.BetweenChecks},
		{2 * time.Hour, errors.New("no answer"), time.Hour},
		{2 * time.Hour, forbidden, time.Hour},
		{8 * 24 * time.Hour, errors.New("no answer"), time.Hour},
		{8 * 24 * time.Hour, errTooMany, 0},
		{8 * 24 * time.Hour, forbidden, 0},
	} {
		o.clock.turn(ended.Add(tt.age).Sub(o.clock.Now()))
		o.exec("UPDATE actions SET look_at = $2 WHERE id = $1", a.ID, o.clock.Now())
		claimed := must(o.db.ClaimLook(t.Context(), a.ID, leaseFor))(t)
		if err := o.worker.lookAside(t.Context(), nil, claimed, tt.err); err != nil {
			t.Fatal(err)
		}
		next := o.now(a).LookAt
		if tt.after == 0 && !next.IsZero() || tt.after != 0 && next.Sub(o.clock.Now()).Round(time.Second) != tt.after {
			t.Errorf("%v after the end, %v: the next look is at %v, want it after %v", tt.age, tt.err, next, tt.after)
		}
	}
}

func TestThePaymentsSyncSettlesWhatAsksAPerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	a := o.pay("anna", "3")
	o.workUntilAsked(a)
	o.at.AddPayment(sim.PaymentSpec{User: "anna", Amount: 3 * sim.Unit, Memo: strings.ToLower(a.SentMemo()) + "."})
	o.clock.turn(time.Minute)
	o.sync()
	if got := o.now(a); got.State != models.ActionDone {
		t.Errorf("got %s (%s), want the sync to have settled it", got.State, got.Words)
	}
}

func TestTwoPaymentsOfOneActionAreNamedAndNeedAPerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	onItsClock(o)
	o.sync()
	o.at.Fail(sim.Fault{Kind: sim.LandLate, Method: "POST", Count: 1, Delay: time.Hour})
	a := o.pay("anna", "3")
	o.workUntilAsked(a)
	must(o.db.Decide(t.Context(), o.owner, a.ID, 1, models.SendAgain, "it is not there"))(t)
	o.settle(2 * time.Minute)
	o.want("sent again", a, models.ActionDone, 1)
	o.settle(2 * time.Hour)
	got := o.now(a)
	if !got.AsksPerson() || !strings.HasPrefix(got.Words, "Paid twice: payments ") || len(got.Found) != 2 {
		t.Fatalf("got %s (%s) with %v, want both payments named and a person asked", got.State, got.Words, got.Found)
	}
	if _, err := o.db.Decide(t.Context(), o.owner, a.ID, 2, models.SendAgain, ""); err == nil {
		t.Error("it can be sent a third time")
	}
	must(o.db.Decide(t.Context(), o.owner, a.ID, 2, models.WentThrough, "one was taken back"))(t)
	o.settle(2 * time.Hour)
	if got := o.now(a); got.State != models.ActionDone {
		t.Errorf("got %s (%s), want that a person settled it", got.State, got.Words)
	}
}

func TestMemosInLowerCaseAreFoundAndCutOnesAskAPersonWhoSeesCandidates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	o.at.SetVariants(sim.Variants{LowerMemos: true})
	o.at.Fail(sim.Fault{Kind: sim.ApplyThenDrop, Method: "POST"})
	lower := o.pay("anna", "3")
	o.work()
	o.want("in lower case", lower, models.ActionDone, 1)
	o.at.SetVariants(sim.Variants{CutMemos: true})
	cut := o.pay("anna", "4")
	o.workUntilAsked(cut)
	o.sync()
	got := must(o.db.PaymentCandidates(t.Context(), o.owner, o.now(cut)))(t)
	if len(got) != 1 || !got[0].Amount.Decimal.Equal(decimal.RequireFromString("4")) || o.truth(cut) != 1 {
		t.Errorf("got the candidates %+v, want the payment whose memo was cut", got)
	}
	o.settle(time.Hour)
	if got := o.now(cut); !got.AsksPerson() {
		t.Errorf("got %s (%s), want that a candidate settles nothing", got.State, got.Words)
	}
}
