package jobs

import (
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// orderAction is one kind of action on orders. applied reports whether an order shows its effect.
type orderAction struct {
	kind    models.ActionKind
	from    string // the order's status before the action
	payload models.ActionPayload
	asks    bool // if it is not found, it asks a person
	applied func(sim.Order) bool
}

func orderActions() []orderAction {
	n := int64(40)
	return []orderAction{
		{models.KindChangeStatus, sim.Processing, models.ActionPayload{Status: "in_progress"}, false, func(o sim.Order) bool { return o.Status == sim.InProgress }},
		{models.KindSetPartial, sim.InProgress, models.ActionPayload{Remains: &n}, true, func(o sim.Order) bool { return o.Status == sim.Partial && o.Remains == n }},
		{models.KindSetStartCount, sim.InProgress, models.ActionPayload{StartCount: &n}, false, func(o sim.Order) bool { return o.StartCount != nil && *o.StartCount == n }},
		{models.KindSetRemains, sim.InProgress, models.ActionPayload{Remains: &n}, false, func(o sim.Order) bool { return o.Remains == n }},
		{models.KindEditLink, sim.InProgress, models.ActionPayload{Link: "https://example.com/new"}, false, func(o sim.Order) bool { return o.Link == "https://example.com/new" }},
		{models.KindCancel, sim.InProgress, models.ActionPayload{CancelReason: "asked"}, true, func(o sim.Order) bool { return o.Status == sim.Canceled && o.CancelReason == "asked" }},
		{models.KindRequestCancel, sim.InProgress, models.ActionPayload{}, false, func(o sim.Order) bool { return o.CancelRequested }},
		{models.KindResend, sim.Failed, models.ActionPayload{}, true, func(o sim.Order) bool { return o.Status != sim.Failed }},
	}
}

// cancellable adds an order of a service whose provider accepts cancel requests.
func (o *office) cancellable(status string) int64 {
	o.Helper()
	for _, s := range o.at.Services() {
		if s.Cancel && s.Provider != "" {
			start := int64(7)
			return o.at.AddOrder(sim.OrderSpec{User: "anna", ServiceID: s.ID, Status: status, Quantity: 1000, ExternalID: "88", StartCount: &start})
		}
	}
	o.Fatal("no service can be cancelled")
	return 0
}

func TestEveryOrderActionIsDoneFoundOrAskedFor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	none := sim.FaultKind(-1)
	for _, fault := range []sim.FaultKind{none, sim.ApplyThenDrop, sim.DropConnection} {
		for _, v := range []sim.Variants{{}, {RichActions: true, BothIDLists: true, UpdateErrorMessage: true, NumbersAsStrings: true}} {
			o.at.SetVariants(v)
			for _, tt := range orderActions() {
				id := o.cancellable(tt.from)
				o.sync()
				a := o.ask(models.NewAction{Kind: tt.kind, TargetID: id, Payload: tt.payload})
				if fault != none {
					o.at.Fail(sim.Fault{Kind: fault, Method: "POST", Count: 1})
				}
				o.work()
				order, _ := o.at.Order(id)
				got, lost := o.now(a), fault == sim.DropConnection
				if lost && tt.asks {
					if !got.AsksPerson() || tt.applied(order) {
						t.Errorf("%s, lost: got %s (%s), want a person asked", tt.kind, got.State, got.Words)
					}
					must(o.db.Decide(t.Context(), o.owner, a.ID, got.Attempts, models.SendAgain, ""))(t)
					o.work()
					got = o.now(a)
				}
				order, _ = o.at.Order(id)
				if got.State != models.ActionDone || !tt.applied(order) {
					t.Errorf("%s, fault %d: got %s (%s), on the panel %s", tt.kind, fault, got.State, got.Words, order.Status)
				}
				if want := map[bool]int{true: 2, false: 1}[lost]; got.Attempts != want {
					t.Errorf("%s, fault %d: %d attempts, want %d", tt.kind, fault, got.Attempts, want)
				}
			}
		}
	}
}

func TestAnOrderIsLookedAtOnThePanelBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	canceled, completed := o.order(sim.InProgress), o.order(sim.InProgress)
	o.sync()
	link := o.ask(models.NewAction{Kind: models.KindEditLink, TargetID: canceled, Payload: models.ActionPayload{Link: "https://example.com"}})
	status := o.status(completed, "completed")
	o.at.SetOrder(canceled, func(o *sim.Order) { o.Status = sim.Canceled })
	o.at.SetOrder(completed, func(o *sim.Order) { o.Status = sim.Completed })
	o.at.ResetCounters()
	o.work()
	if got := o.now(link); got.State != models.ActionRefused || got.Words != "This is not possible for an order that is canceled. Nothing was sent." {
		t.Errorf("got %s: %s", got.State, got.Words)
	}
	o.want("it was so already", status, models.ActionDone, 1)
	for _, call := range o.at.Calls() {
		if call.Method == "POST" {
			t.Errorf("%s was sent, want nothing", call.Path)
		}
	}
}

func TestAnOrderThatSomebodyElseMovedMeanwhileAsksAPerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.order(sim.Processing)
	o.sync()
	a := o.status(id, "in_progress")
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	o.step()
	o.at.SetOrder(id, func(o *sim.Order) { o.Status = sim.Completed })
	o.work()
	if got := o.now(a); !got.AsksPerson() {
		t.Errorf("got %s (%s), want a person asked: sending it again would open a completed order", got.State, got.Words)
	}
}

func TestASkippedOrderIsRefusedAndAnUnmentionedOneLookedFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answer string
		want   models.ActionState
	}{
		{`{"data":{"ids":[],"skipped_ids":[ID]},"error_message":"","error_code":0}`, models.ActionRefused},
		{`{"data":{"ids":[ID],"skipped_ids":[ID]},"error_message":"","error_code":0}`, models.ActionRefused},
		{`{"data":{"ids":[],"skipped_ids":[]},"error_message":"","error_code":0}`, models.ActionUnconfirmed},
		{`{"data":[],"error_message":"No","error_code":7}`, models.ActionRefused},
	} {
		o := newOffice(t)
		id := o.order(sim.InProgress)
		o.sync()
		a := o.status(id, "completed")
		o.answering(id, tt.answer)
		o.clock.turn(time.Second)
		o.step()
		if got := o.now(a); got.State != tt.want {
			t.Errorf("%s: got %s (%s), want %s", tt.answer, got.State, got.Words, tt.want)
		}
	}
}
