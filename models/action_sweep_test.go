package models_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// newOutboxWithSQL returns a new outbox and a plain connection to its database.
func newOutboxWithSQL(t testing.TB) (*archive, *sql.DB) {
	t.Helper()
	c, url := newClock(), modelstest.URL(t)
	a := &archive{TB: t, clock: c, db: modelstest.OpenAt(t, url, c.now)}
	a.panel = modelstest.Panel(t, a.db, modelstest.Owner(t, a.db), "Alpha", "https://alpha.example")
	a.owner = modelstest.Viewer(t, a.db, "owner")
	return fillOutbox(a), connect(t, url)
}

func exec(t testing.TB, conn *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func TestARestoredDatabaseSendsNothingByItselfAndAsksForEachThatWaits(t *testing.T) {
	t.Parallel()
	a, conn := newOutboxWithSQL(t)
	var waiting []models.PanelAction
	for _, kind := range []models.ActionKind{models.KindAddPayment, models.KindReply, models.KindEditLink} {
		waiting = append(waiting, a.enqueue(a.owner, a.form(string(kind), kind)))
	}
	a.turn(5 * time.Second)
	a.sent(waiting[2])
	exec(t, conn, "UPDATE outbox_place SET place = 'where the backup was made'")
	for range 2 { // before and after the sweep
		a.turn(10 * time.Minute)
		if due, err := a.db.DueActions(t.Context(), 10); err != nil || len(due) > 0 {
			t.Fatalf("due: got %v, %v, want none", due, err)
		}
		for _, w := range waiting {
			if _, err := a.db.ClaimAction(t.Context(), w.ID, time.Minute); !errors.Is(err, models.ErrBusy) {
				t.Fatalf("claiming %s: got %v, want ErrBusy", w.Kind, err)
			}
		}
		if _, err := a.db.SweepActions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, d := range []models.Decision{models.SendAgain, models.WentThrough, models.SendAgain} {
		got, err := a.db.PanelAction(t.Context(), a.owner, waiting[i].ID)
		if err != nil || !got.AsksPerson() || !got.Decidable(a.now()) {
			t.Fatalf("%s: got %+v, %v, want that it asks a person", got.Kind, got, err)
		}
		if _, err := a.db.Decide(t.Context(), a.owner, got.ID, got.Attempts, d, "I looked"); err != nil {
			t.Fatal(err)
		}
	}
	if due, err := a.db.DueActions(t.Context(), 10); err != nil || len(due) != 2 {
		t.Errorf("due after people said so: got %v, %v, want two", due, err)
	}
}

func TestTheOutboxKnowsWhenItsTableWasMadeAnew(t *testing.T) {
	t.Parallel()
	_, conn := newOutboxWithSQL(t)
	tx, err := conn.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	home := func() (is bool) {
		t.Helper()
		if err := tx.QueryRowContext(t.Context(), "SELECT place = outbox_place_now() FROM outbox_place").Scan(&is); err != nil {
			t.Fatal(err)
		}
		return is
	}
	if !home() {
		t.Error("it is not at home where it was made")
	}
	if _, err := tx.ExecContext(t.Context(), "ALTER TABLE actions RENAME TO old; CREATE TABLE actions (LIKE old INCLUDING ALL)"); err != nil {
		t.Fatal(err)
	}
	if home() {
		t.Error("it is at home in a table that was made anew, as a restored dump makes it")
	}
}

func TestTheOutboxComesHomeWhenOnlyItsRowsWereRestored(t *testing.T) {
	t.Parallel()
	a, conn := newOutboxWithSQL(t)
	exec(t, conn, "DELETE FROM outbox_place")
	if _, err := a.db.SweepActions(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.sent(a.enqueue(a.owner, a.form("k", models.KindAddPayment)))
}

func TestAKindThatOnlyANewerVersionKnowsIsLeftToIt(t *testing.T) {
	t.Parallel()
	a, conn := newOutboxWithSQL(t)
	action := a.enqueue(a.owner, a.form("k", models.KindAddPayment))
	exec(t, conn, "UPDATE actions SET kind = 'of_tomorrow'")
	if due, err := a.db.DueActions(t.Context(), 10); err != nil || len(due) > 0 {
		t.Errorf("due: got %v, %v, want none", due, err)
	}
	if _, err := a.db.ClaimAction(t.Context(), action.ID, time.Minute); !errors.Is(err, models.ErrBusy) {
		t.Errorf("claiming it: got %v, want ErrBusy", err)
	}
}

func TestAMemoWithTheReferenceOfAnotherPaymentIsRefused(t *testing.T) {
	t.Parallel()
	a, _ := newOutboxWithSQL(t)
	first := a.enqueue(a.owner, a.form("k", models.KindAddPayment))
	form := a.form("k2", models.KindAddPayment)
	form.Payload.Memo = "instead of " + strings.ToLower(first.Reference)
	_, err := a.db.Enqueue(t.Context(), a.owner, form)
	var invalid models.Invalid
	if !errors.As(err, &invalid) || invalid["memo"] == "" {
		t.Errorf("got %v, want the memo refused", err)
	}
}
