package models_test

import (
	"errors"
	"sync"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// newSafe returns a till that requires a second person above 100, and that person.
func newSafe(t *testing.T) (*till, models.Viewer) {
	t.Helper()
	a := newTill(t)
	if err := a.db.SetPaymentLimits(t.Context(), a.owner, models.PaymentLimits{SecondPersonAbove: some("100")}); err != nil {
		t.Fatal(err)
	}
	modelstest.Staff(t, a.db, "second", models.RoleAdmin, true)
	return a, modelstest.Viewer(t, a.db, "second")
}

func (a *till) propose(key string) models.PaymentProposal {
	a.Helper()
	return a.pay(a.owner, a.payment(key, func(n *models.NewPayment) { n.Amount = some("100.01") })).Proposal
}

func TestALargePaymentWaitsForAnotherPerson(t *testing.T) {
	t.Parallel()
	a, second := newSafe(t)
	if small := a.pay(a.owner, a.payment("small", func(n *models.NewPayment) { n.Amount, n.Memo = some("100"), "" })); small.Action.ID == 0 {
		t.Error("100 is not above 100, and waits")
	}
	p := a.propose("k")
	if again := a.propose("k"); again.ID != p.ID {
		t.Errorf("the same form made proposals %d and %d", p.ID, again.ID)
	}
	if n := a.actions(); n != "1" {
		t.Errorf("%s actions, want none for the proposal", n)
	}
	_, err := a.db.ApprovePayment(t.Context(), a.owner, p.ID, nil)
	a.wantInvalid("who proposed it approves", "proposal", err)
	action := must(a.db.ApprovePayment(t.Context(), second, p.ID, nil))(t)
	if action.Username != "second" || action.TargetName != "anna" || !action.Payload.Amount.Decimal.Equal(some("100.01").Decimal) {
		t.Errorf("got %+v", action)
	}
	if _, err := a.db.ApprovePayment(t.Context(), second, p.ID, nil); !errors.Is(err, models.ErrTooLate) {
		t.Errorf("approving twice: got %v, want ErrTooLate", err)
	}
	log := must(a.db.ActivityOfStaff(t.Context(), a.owner, second.StaffID, 2))(t)
	if log[0].Action != models.ActApprovePayment || log[1].Action != models.ActAddPayment {
		t.Errorf("got %v and %v in the log", log[0].Action, log[1].Action)
	}
}

func TestManyApprovalsAtOnceAreOnePaymentAndNeverTheProposers(t *testing.T) {
	t.Parallel()
	a, second := newSafe(t)
	p := a.propose("k")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			v := second
			if i%2 == 0 {
				v = a.owner
			}
			_, err := a.db.ApprovePayment(t.Context(), v, p.ID, nil)
			var invalid models.Invalid
			if err != nil && !errors.Is(err, models.ErrTooLate) && !errors.As(err, &invalid) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if by := rawText(t, a.url, "SELECT string_agg(username, ' ') FROM actions"); by != "second" {
		t.Errorf("payments by %q, want one by second", by)
	}
}

func TestAProposalThatIsNotWantedEndsWithoutAPayment(t *testing.T) {
	t.Parallel()
	a, second := newSafe(t)
	declined, withdrawn := a.propose("k"), a.pay(a.owner, a.payment("k2", func(n *models.NewPayment) { n.User, n.Memo, n.Amount = "bela", "", some("200") })).Proposal
	if err := a.db.DeclinePayment(t.Context(), second, declined.ID, "no such order"); err != nil {
		t.Fatal(err)
	}
	if err := a.db.DeclinePayment(t.Context(), a.owner, withdrawn.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, decided, err := a.db.PaymentProposals(t.Context(), a.owner)
	if err != nil || len(decided) != 2 || a.actions() != "0" {
		t.Fatalf("got %+v, %v", decided, err)
	}
	states := map[int64]models.ProposalState{decided[0].ID: decided[0].State, decided[1].ID: decided[1].State}
	if states[declined.ID] != models.ProposalDeclined || states[withdrawn.ID] != models.ProposalWithdrawn {
		t.Errorf("got %v", states)
	}
	if _, err := a.db.ApprovePayment(t.Context(), second, declined.ID, nil); !errors.Is(err, models.ErrTooLate) {
		t.Errorf("approving what was declined: got %v, want ErrTooLate", err)
	}
}

func TestAProposalIsHeldAgainstWhatIsWhenItIsReleased(t *testing.T) {
	t.Parallel()
	a, second := newSafe(t)
	p := a.propose("k")
	other := a.pay(second, a.payment("k2", func(n *models.NewPayment) { n.Amount, n.Seen = some("50"), []string{"w1"} }))
	if other.Action.ID == 0 {
		t.Fatal("the other payment waits too")
	}
	_, err := a.db.ApprovePayment(t.Context(), second, p.ID, nil)
	twins := a.wantTwice("the memo was used since", 1, err)
	methods := must(a.db.PaymentMethods(t.Context(), a.owner))(t)
	if err := a.db.RemovePaymentMethod(t.Context(), a.owner, methods[0].ID); err != nil {
		t.Fatal(err)
	}
	_, err = a.db.ApprovePayment(t.Context(), second, p.ID, []string{twins[0].Mark})
	a.wantInvalid("its method is gone", "method", err)
}

func TestTheTableItselfRefusesASelfApproval(t *testing.T) {
	t.Parallel()
	a, _ := newSafe(t)
	p := a.propose("k")
	err := raw(t, a.url, "UPDATE payment_proposals SET state = 'approved', action_id = 1, decided_at = now(), decided_by = staff_id WHERE id = $1", p.ID)
	if err == nil {
		t.Error("it was approved by who proposed it")
	}
}
