package models_test

import (
	"strings"
	"testing"
	"time"

	"masterpanel/models"
)

// settled makes the payments sync find n payments of an action, numbered from 1.
func (a *archive) settled(action models.PanelAction, n int64) {
	a.Helper()
	for id := int64(1); id <= n; id++ {
		p := payment(a.panel.ID, id, "anna", action.Reference, "12.50", a.now())
		if _, err := a.db.PutPayments(a.Context(), p.PanelID, []models.Payment{p}, a.now()); err != nil {
			a.Fatal(err)
		}
		if _, err := a.db.SettlePayments(a.Context(), p.PanelID, []int64{id}); err != nil {
			a.Fatal(err)
		}
	}
}

func (a *archive) read(id int64) models.PanelAction {
	a.Helper()
	action, err := a.db.PanelAction(a.Context(), a.owner, id)
	if err != nil {
		a.Fatal(err)
	}
	return action
}

// end ends an attempt in progress.
func (a *archive) end(sending models.PanelAction, how string) {
	a.Helper()
	var err error
	switch ctx := a.Context(); how {
	case "answered":
		err = a.db.AnswerAction(ctx, sending)
	case "doubted":
		err = a.db.DoubtAction(ctx, sending, a.now(), "No answer came.")
	case "refused":
		err = a.db.EndAction(ctx, sending, models.ActionRefused, "The panel refused it.")
	case "not reached":
		err = a.db.QueueAction(ctx, sending, a.now(), true, "")
	case "given up":
		a.turn(5 * time.Minute)
		if _, err = a.db.SweepActions(ctx); err != nil {
			break
		}
		var looked models.PanelAction
		if looked, err = a.db.ClaimAction(ctx, sending.ID, time.Minute); err == nil {
			err = a.db.FoundAction(ctx, looked, models.Sight{Found: looked.Found}, "")
		}
	}
	if err != nil {
		a.Fatal(how, ": ", err)
	}
}

func TestTwoPaymentsFoundDuringAnAttemptAskAPersonHoweverItEnds(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"answered", "doubted", "refused", "not reached", "given up"} {
		t.Run(how, func(t *testing.T) {
			a := newOutbox(t)
			action := a.enqueue(a.owner, a.form("1", models.KindAddPayment))
			a.turn(5 * time.Second)
			a.end(a.sent(action), "doubted")
			a.turn(3 * time.Minute)
			if _, err := a.db.Decide(t.Context(), a.owner, action.ID, 1, models.SendAgain, "note"); err != nil {
				t.Fatal(err)
			}
			second := a.sent(action)
			a.settled(action, 2)
			a.end(second, how)
			got := a.read(action.ID)
			if got.State != models.ActionUnconfirmed || !got.DueAt.IsZero() || !strings.HasPrefix(got.Words, "Paid twice: payments 1 and 2 ") {
				t.Errorf("%s, due %v, found %v, %q; want it to ask a person", got.State, got.DueAt, got.Found, got.Words)
			}
			if _, err := a.db.Decide(t.Context(), a.owner, action.ID, 2, models.WentThrough, "note"); err != nil {
				t.Fatal(err)
			}
			a.settled(action, 2)
			if got := a.read(action.ID); got.State != models.ActionDone {
				t.Errorf("after a person said that it went through: %s, %q", got.State, got.Words)
			}
		})
	}
}

func TestAPaymentFoundDuringAnAttemptThatIsRefusedEndsAsIfFoundAfterIt(t *testing.T) {
	t.Parallel()
	var words []string
	for _, before := range []bool{true, false} {
		a := newOutbox(t)
		action := a.enqueue(a.owner, a.form("1", models.KindAddPayment))
		a.turn(5 * time.Second)
		sending := a.sent(action)
		if before {
			a.settled(action, 1)
		}
		a.end(sending, "refused")
		a.settled(action, 1)
		got := a.read(action.ID)
		if got.State != models.ActionUnconfirmed || !got.DueAt.IsZero() || len(got.Found) != 1 {
			t.Errorf("found before the refusal %v: %s, due %v, found %v, %q; want it to ask a person", before, got.State, got.DueAt, got.Found, got.Words)
		}
		words = append(words, got.Words)
	}
	if words[0] != words[1] {
		t.Errorf("found before the refusal it says %q, after it %q", words[0], words[1])
	}
}

func TestAPaymentFoundDuringAnAttemptIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"answered", "doubted", "not reached"} {
		a := newOutbox(t)
		action := a.enqueue(a.owner, a.form("1", models.KindAddPayment))
		a.turn(5 * time.Second)
		sending := a.sent(action)
		a.settled(action, 1)
		a.end(sending, how)
		if got := a.read(action.ID); got.State != models.ActionDone || !got.DueAt.IsZero() {
			t.Errorf("%s: %s, due %v, %q; want it done", how, got.State, got.DueAt, got.Words)
		}
	}
}
