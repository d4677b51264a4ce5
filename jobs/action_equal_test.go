package jobs

import (
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// TestAnEqualReplyDoesNotProveTheOneBeforeIt sends the same reply twice. The panel accepts the first and drops it.
func TestAnEqualReplyDoesNotProveTheOneBeforeIt(t *testing.T) {
	t.Parallel()
	for _, fault := range []sim.FaultKind{sim.SuccessWithoutEffect, sim.DropConnection} {
		o := newOffice(t)
		o.sync()
		o.reply("another text")
		o.settle(3 * time.Minute)
		o.at.Fail(sim.Fault{Kind: fault, Method: "POST", Count: 1})
		first := o.reply("Done!")
		o.settle(20 * time.Second)
		second := o.reply("Done!")
		if fault == sim.DropConnection {
			o.workUntilAsked(first)
			must(o.db.Decide(t.Context(), o.owner, first.ID, 1, models.WentThrough, "the customer says so"))(t)
		}
		o.settle(30 * time.Minute)
		if n := o.truth(second); n != 1 {
			t.Fatalf("the panel has %d copies, want 1", n)
		}
		if got := o.now(first); len(got.Found) > 0 || fault == sim.SuccessWithoutEffect && !got.AsksPerson() {
			t.Errorf("fault %d: the first reply is %s (%s), found %v, want that it is not found", fault, got.State, got.Words, got.Found)
		}
		if got := o.now(second); got.State != models.ActionDone || len(got.Found) == 0 {
			t.Errorf("fault %d: the second reply is %s (%s), found %v, want done and found", fault, got.State, got.Words, got.Found)
		}
	}
}

// TestTwoEqualRepliesThatBothArriveAreBothFound is the ordinary case of the test before.
func TestTwoEqualRepliesThatBothArriveAreBothFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	first := o.reply("Done!")
	o.settle(20 * time.Second)
	second := o.reply("Done!")
	o.settle(10 * time.Minute)
	for _, a := range []models.PanelAction{first, second} {
		if got := o.now(a); got.State != models.ActionDone || len(got.Found) == 0 {
			t.Errorf("got %s (%s), found %v, want done and found", got.State, got.Words, got.Found)
		}
	}
	if n := o.truth(first); n != 2 {
		t.Errorf("the panel has %d copies, want 2", n)
	}
}

// TestAReceiptOfAnothersPaymentIsNotBelieved pays the same amount twice on a panel that drops the second payment, answers
// with the receipt of the first, and cuts memos before our reference.
func TestAReceiptOfAnothersPaymentIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, bare := range []bool{false, true} {
		o := newOffice(t)
		o.sync()
		o.at.SetVariants(sim.Variants{NoRepeats: true, CutMemos: true, ReceiptIDOnly: bare})
		first := o.pay("anna", "3")
		o.settle(5 * time.Minute)
		o.want("the first", first, models.ActionDone, 1)
		second := o.pay("anna", "3")
		o.step()
		got := o.now(second)
		if got.State != models.ActionUnconfirmed || got.ReceiptID != 0 || !bare && !strings.Contains(got.Cause, "belongs to another action") {
			t.Errorf("got %s with the receipt %d, %q, want it unconfirmed without a receipt", got.State, got.ReceiptID, got.Cause)
		}
		o.workUntilAsked(second)
		if got := o.now(second); len(got.Found) > 0 {
			t.Errorf("the second payment was found as %v, want not found", got.Found)
		}
	}
}
