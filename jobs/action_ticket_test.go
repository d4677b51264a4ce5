package jobs

import (
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

func (o *office) open(subject, message string) models.PanelAction {
	o.Helper()
	return o.ask(models.NewAction{Kind: models.KindOpenTicket, TargetName: "anna", Payload: models.ActionPayload{Subject: subject, Message: message}})
}

// opened counts the panel's tickets with a subject and the staff message as the first one.
func (o *office) opened(subject, message string) (n int) {
	o.Helper()
	for _, t := range o.at.Tickets() {
		full, _ := o.at.Ticket(t.ID)
		if t.Subject == subject && len(full.Messages) > 0 && full.Messages[0].HTML == message && full.Messages[0].Sender == "owner" {
			n++
		}
	}
	return n
}

func TestATicketIsOpenedOnceAndMirroredSoon(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.open("About your order", "We look into it.")
	o.step()
	if o.now(a).State != models.ActionQueued {
		t.Error("it left before it could be cancelled")
	}
	o.work()
	if got := o.now(a); got.State != models.ActionDone || o.opened("About your order", "We look into it.") != 1 {
		t.Errorf("got %s (%s), %d tickets", got.State, got.Words, o.opened("About your order", "We look into it."))
	}
	o.sync()
	if got := o.text("SELECT count(*)::text FROM tickets WHERE panel_id = $1 AND subject = 'About your order'", o.at.id); got != "1" {
		t.Errorf("%s of it in the mirror, want 1", got)
	}
}

func TestATicketWhoseAnswerWasLostIsFoundAmongOthersOrAskedFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault sim.FaultKind
		state models.ActionState
		times int
	}{{sim.ApplyThenDrop, models.ActionDone, 1}, {sim.CutOff, models.ActionDone, 1}, {sim.DropConnection, models.ActionUnconfirmed, 0}, {sim.HTML502, models.ActionUnconfirmed, 0}} {
		o := newOffice(t)
		o.at.OpenTicket("anna", "Refund", "mine, of the same subject")
		o.sync()
		a := o.open("Refund", "It is on its way.")
		o.clock.turn(5 * time.Second)
		o.at.Fail(sim.Fault{Kind: tt.fault, Method: "POST", Count: 1})
		o.step()
		o.work()
		got := o.now(a)
		if got.State != tt.state || o.opened("Refund", "It is on its way.") != tt.times {
			t.Errorf("%v: got %s (%s), %d tickets, want %s and %d", tt.fault, got.State, got.Words, o.opened("Refund", "It is on its way."), tt.state, tt.times)
		}
		if tt.times == 0 && !got.AsksPerson() {
			t.Errorf("%v: nobody is asked", tt.fault)
		}
	}
}

func TestATicketToNobodyIsRefusedInThePanelsWords(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.ask(models.NewAction{Kind: models.KindOpenTicket, TargetName: "nobody", Payload: models.ActionPayload{Subject: "s", Message: "m"}})
	o.work()
	if got := o.now(a); got.State != models.ActionRefused {
		t.Errorf("got %s (%s), want it refused", got.State, got.Words)
	}
}
