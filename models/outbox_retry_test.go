package models_test

import (
	"errors"
	"sync"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestOfAllWhoAskForTheSameOnceMoreOneGetsIt(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	action := a.enqueue(a.owner, a.form("reply", models.KindReply))
	must(a.db.CancelAction(t.Context(), a.owner, action.ID))(t)
	people := []models.Viewer{a.owner}
	for _, name := range []string{"boris", "clara", "deniz"} {
		modelstest.Staff(t, a.db, name, models.RoleAdmin, true)
		people = append(people, modelstest.Viewer(t, a.db, name))
	}
	won, errs := make([]models.PanelAction, len(people)), make([]error, len(people))
	var wait sync.WaitGroup
	for i, v := range people {
		wait.Go(func() { won[i], errs[i] = a.db.RetryAction(t.Context(), v, action.ID) })
	}
	wait.Wait()
	got := 0
	for i, err := range errs {
		if errors.Is(err, models.ErrTooLate) {
			continue
		}
		got++
		if again := must(a.db.RetryAction(t.Context(), people[i], action.ID))(t); err != nil || again.ID != won[i].ID {
			t.Errorf("%s: got %d and, asked twice, %d, %v", people[i].Username, won[i].ID, again.ID, err)
		}
	}
	if got != 1 {
		t.Errorf("%d of %d got it: %v", got, len(people), errs)
	}
}

func TestAPaymentIsNeverSimplyAskedForOnceMore(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	action := a.enqueue(a.owner, a.form("payment", models.KindAddPayment))
	must(a.db.CancelAction(t.Context(), a.owner, action.ID))(t)
	_, err := a.db.RetryAction(t.Context(), a.owner, action.ID)
	invalidAt(t, err, "kind")
	if row := must(a.db.OutboxRow(t.Context(), a.owner, action.ID))(t); row.Retryable(a.owner) {
		t.Error("it is offered")
	}
}
