package models_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// newOutbox returns an archive with an order 1 and a ticket 7 that staff write to.
func newOutbox(t testing.TB) *archive {
	t.Helper()
	return fillOutbox(newArchive(t))
}

func fillOutbox(a *archive) *archive {
	a.Helper()
	a.orders(1)
	a.ticket(7, "pending", "anna", "s", "m", a.now())
	return a
}

// form returns a filled form of a kind, with a key.
func (a *archive) form(key string, kind models.ActionKind) models.NewAction {
	five, n := int64(5), models.NewAction{Key: key, Kind: kind, PanelID: a.panel.ID, TargetID: 1}
	switch kind {
	case models.KindReply:
		n.TargetID, n.Payload.Message = 7, "Hello"
	case models.KindAddPayment:
		n.TargetID, n.TargetName = 0, "anna"
		n.Payload = models.ActionPayload{Amount: decimal.NewNullDecimal(decimal.RequireFromString("12.50")), Method: " Bonus ", Memo: "m"}
	case models.KindAddUser:
		n.TargetID, n.TargetName, n.Secret = 0, "carl", "a secret phrase"
		n.Payload.Email = "carl@mail.example"
	case models.KindOpenTicket:
		n.TargetID, n.TargetName = 0, "bela"
		n.Payload.Subject, n.Payload.Message = "About it", "Hello"
	case models.KindChangeStatus:
		n.Payload.Status = "completed"
	case models.KindSetPartial, models.KindSetRemains:
		n.Payload.Remains = &five
	case models.KindSetStartCount:
		n.Payload.StartCount = &five
	case models.KindEditLink:
		n.Payload.Link = "https://example.com"
	}
	return n
}

func (a *archive) enqueue(v models.Viewer, n models.NewAction) models.PanelAction {
	a.Helper()
	action, err := a.db.Enqueue(a.Context(), v, n)
	if err != nil {
		a.Fatal(err)
	}
	return action
}

// sent claims an action and begins to send it.
func (a *archive) sent(action models.PanelAction) models.PanelAction {
	a.Helper()
	claimed, err := a.db.ClaimAction(a.Context(), action.ID, time.Minute)
	if err != nil {
		a.Fatal(err)
	}
	sending, err := a.db.BeginSending(a.Context(), claimed, models.Sight{}, a.now().Add(20*time.Second))
	if err != nil {
		a.Fatal(err)
	}
	return sending
}

func TestTheSameFormFiftyTimesInParallelIsOneAction(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	var all sync.WaitGroup
	ids := make([]int64, 50)
	for i := range ids {
		all.Go(func() {
			got, err := a.db.Enqueue(t.Context(), a.owner, a.form("k", models.KindAddPayment))
			if ids[i] = got.ID; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("got the actions %d and %d, want one", ids[0], id)
		}
	}
	entries, err := a.db.ActivityOfStaff(t.Context(), a.owner, a.owner.StaffID, 100)
	if err != nil {
		t.Fatal(err)
	}
	logged := 0
	for _, e := range entries {
		if e.Action == models.ActAddPayment {
			logged++
		}
	}
	if logged != 1 {
		t.Errorf("%d entries in the log, want 1", logged)
	}
}

func TestAFormThatWasChangedUnderItsKeyIsRefusedAndNotLost(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	first := a.enqueue(a.owner, a.form("k", models.KindReply))
	if again := a.enqueue(a.owner, a.form("k", models.KindReply)); again.ID != first.ID {
		t.Errorf("got action %d, want the first, %d", again.ID, first.ID)
	}
	changed := a.form("k", models.KindReply)
	changed.Payload.Message = "Something else"
	var invalid models.Invalid
	if _, err := a.db.Enqueue(t.Context(), a.owner, changed); !errors.As(err, &invalid) || invalid["key"] == "" {
		t.Errorf("got %v, want the key refused", err)
	}
	modelstest.Staff(t, a.db, "other", models.RoleAgent, true)
	if theirs := a.enqueue(modelstest.Viewer(t, a.db, "other"), a.form("k", models.KindReply)); theirs.ID == first.ID {
		t.Error("somebody else's form found the action, want one of their own")
	}
}

func TestOnlyWhoMayDoItOnThePanelEnqueues(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	modelstest.Staff(t, a.db, "agent", models.RoleAgent, true)
	modelstest.Staff(t, a.db, "viewer", models.RoleViewer, true)
	modelstest.Staff(t, a.db, "stranger", models.RoleAdmin, false)
	tests := []struct {
		who  string
		kind models.ActionKind
		want error
	}{
		{"agent", models.KindReply, nil},
		{"agent", models.KindCancel, nil},
		{"agent", models.KindAddPayment, models.ErrNotAllowed},
		{"viewer", models.KindReply, models.ErrNotAllowed},
		{"viewer", models.KindEditLink, models.ErrNotAllowed},
		{"stranger", models.KindReply, models.ErrNotFound},
		{"stranger", models.KindAddPayment, models.ErrNotFound},
		{"agent", "explode", models.ErrNotAllowed},
	}
	for _, tt := range tests {
		v := modelstest.Viewer(t, a.db, tt.who)
		_, err := a.db.Enqueue(t.Context(), v, a.form(tt.who+string(tt.kind), tt.kind))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s, %s: got %v, want %v", tt.who, tt.kind, err, tt.want)
		}
	}
	action := a.enqueue(a.owner, a.form("k", models.KindAddPayment))
	for who, want := range map[string]error{"agent": models.ErrNotAllowed, "stranger": models.ErrNotFound} {
		if _, err := a.db.CancelAction(t.Context(), modelstest.Viewer(t, a.db, who), action.ID); !errors.Is(err, want) {
			t.Errorf("%s cancels: got %v, want %v", who, err, want)
		}
	}
}

func TestAFormThatCannotBeSentSaysWhichField(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	zero := decimal.NewNullDecimal(decimal.Zero)
	minus, none := int64(-1), int64(0)
	tests := []struct {
		kind   models.ActionKind
		change func(*models.NewAction)
		field  string
	}{
		{models.KindReply, func(n *models.NewAction) { n.Payload.Message = " \n" }, "message"},
		{models.KindReply, func(n *models.NewAction) { n.Payload.Message = "a\x00b" }, "message"},
		{models.KindReply, func(n *models.NewAction) { n.Payload.Message = "a\xff" }, "message"},
		{models.KindReply, func(n *models.NewAction) { n.Key = "" }, "key"},
		{models.KindAddPayment, func(n *models.NewAction) { n.Payload.Amount = zero }, "amount"},
		{models.KindAddPayment, func(n *models.NewAction) { n.Payload.Amount = decimal.NullDecimal{} }, "amount"},
		{models.KindAddPayment, func(n *models.NewAction) { n.Payload.Method = "" }, "method"},
		{models.KindAddPayment, func(n *models.NewAction) { n.TargetName = "" }, "user"},
		{models.KindChangeStatus, func(n *models.NewAction) { n.Payload.Status = "canceled" }, "status"},
		{models.KindSetPartial, func(n *models.NewAction) { n.Payload.Remains = &none }, "remains"},
		{models.KindSetPartial, func(n *models.NewAction) { n.Payload.Remains = nil }, "remains"},
		{models.KindSetStartCount, func(n *models.NewAction) { n.Payload.StartCount = &minus }, "start_count"},
		{models.KindEditLink, func(n *models.NewAction) { n.Payload.Link = "" }, "link"},
		{models.KindCancel, func(n *models.NewAction) { n.Payload.CancelReason = strings.Repeat("x", 501) }, "cancel_reason"},
		{models.KindResend, func(*models.NewAction) {}, "kind"}, // the order is in progress
	}
	for i, tt := range tests {
		n := a.form(fmt.Sprint(i), tt.kind)
		tt.change(&n)
		var invalid models.Invalid
		if _, err := a.db.Enqueue(t.Context(), a.owner, n); !errors.As(err, &invalid) || invalid[tt.field] == "" {
			t.Errorf("%s: got %v, want %s refused", tt.kind, err, tt.field)
		}
	}
	n := a.form("nowhere", models.KindReply)
	n.TargetID = 404
	if _, err := a.db.Enqueue(t.Context(), a.owner, n); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("an unknown ticket: got %v, want ErrNotFound", err)
	}
}

func TestAPaymentKeepsItsMethodAndItsAmountToTheDigit(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	action := a.enqueue(a.owner, a.form("k", models.KindAddPayment))
	got, err := a.db.PanelAction(t.Context(), a.owner, action.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Payload.Method != " Bonus " || got.Payload.Amount.Decimal.String() != "12.5" || len(got.Reference) != 12 ||
		got.SentMemo() != "m "+got.Reference {
		t.Errorf("got %+v with the memo %q", got.Payload, got.SentMemo())
	}
}

func TestWhatWasSentIsNeitherCancelledNorDecidedTooEarlyOrTwice(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	action := a.sent(a.enqueue(a.owner, a.form("k", models.KindAddPayment)))
	late := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, models.ErrTooLate) {
			t.Errorf("%s: got %v, want ErrTooLate", what, err)
		}
	}
	decide := func(attempt int, d models.Decision) error {
		_, err := a.db.Decide(t.Context(), a.owner, action.ID, attempt, d, "note")
		return err
	}
	_, err := a.db.CancelAction(t.Context(), a.owner, action.ID)
	late("cancelling what is being sent", err)
	late("deciding on what is being sent", decide(1, models.SendAgain))
	if err := a.db.DoubtAction(t.Context(), action, a.now(), ""); err != nil {
		t.Fatal(err)
	}
	late("deciding while it may still appear", decide(1, models.SendAgain))
	a.turn(20*time.Second + 2*time.Minute)
	late("deciding on another attempt", decide(2, models.SendAgain))
	if err := decide(1, models.SendAgain); err != nil {
		t.Fatal(err)
	}
	late("deciding again", decide(1, models.WentThrough))
	second := a.sent(action)
	if second.Attempts != 2 {
		t.Errorf("attempt %d, want 2", second.Attempts)
	}
	if err := a.db.EndAction(t.Context(), action, models.ActionRefused, "late"); !errors.Is(err, models.ErrLeaseLost) {
		t.Errorf("the first attempt's answer: got %v, want ErrLeaseLost", err)
	}
}

func TestMoneyAndMessagesNeverGoBackToTheQueueByThemselves(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	for _, info := range models.ActionKinds {
		if info.Kind == models.KindResend { // needs a failed order
			continue
		}
		action := a.enqueue(a.owner, a.form(string(info.Kind), info.Kind))
		a.turn(5 * time.Second)
		sending := a.sent(action)
		if err := a.db.DoubtAction(t.Context(), sending, a.now(), ""); err != nil {
			t.Fatal(err)
		}
		looked, err := a.db.ClaimAction(t.Context(), action.ID, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		err = a.db.QueueAction(t.Context(), looked, a.now(), false, "")
		if again := err == nil; again != info.Harmless {
			t.Errorf("%s: goes back to the queue: %v, want %v", info.Kind, again, info.Harmless)
		}
		if err == nil {
			if looked, err = a.db.ClaimAction(t.Context(), action.ID, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.db.EndAction(t.Context(), looked, models.ActionDone, ""); err != nil { // so that the next action can start
			t.Fatal(err)
		}
	}
}

func TestTheDatabaseItselfRefusesWhatMustNotHappen(t *testing.T) {
	t.Parallel()
	c, url := newClock(), modelstest.URL(t)
	db, err := models.Open(t.Context(), url, models.Options{Box: modelstest.Box(t), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	a := &archive{TB: t, clock: c, db: db}
	a.panel = modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	a.owner = modelstest.Viewer(t, db, "owner")
	fillOutbox(a)
	conn := connect(t, url)
	done := a.sent(a.enqueue(a.owner, a.form("1", models.KindAddPayment)))
	if err := a.db.EndAction(t.Context(), done, models.ActionDone, ""); err != nil {
		t.Fatal(err)
	}
	a.sent(a.enqueue(a.owner, a.form("2", models.KindAddPayment)))
	third := a.enqueue(a.owner, a.form("3", models.KindAddPayment))
	for what, query := range map[string]string{
		"sending what is done again": fmt.Sprintf("UPDATE actions SET state = 'queued', ended_at = NULL, due_at = now() WHERE id = %d", done.ID),
		"two in flight to a target": fmt.Sprintf(`UPDATE actions SET state = 'sending', attempts = 1, before = '{}', sent_at = now(),
			deadline = now(), lease_token = gen_random_uuid(), lease_until = now() WHERE id = %d`, third.ID),
		"done without an end":         fmt.Sprintf("UPDATE actions SET state = 'done' WHERE id = %d", third.ID),
		"deleting what has not ended": fmt.Sprintf("DELETE FROM actions WHERE id = %d", third.ID),
	} {
		if _, err := conn.ExecContext(t.Context(), query); err == nil {
			t.Errorf("%s: it is accepted", what)
		}
	}
}

func TestWhatAnUnfinishedActionIsDoneToOutlivesItsRetention(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	a.orders(50, 51)
	a.ticket(52, "closed", "anna", "s", "m", a.now().AddDate(0, 0, -52))
	a.ticket(53, "closed", "anna", "s", "m", a.now().AddDate(0, 0, -53))
	a.ticket(7, "closed", "anna", "s", "m", a.now())
	held := a.form("1", models.KindEditLink)
	held.TargetID = 50
	order := a.sent(a.enqueue(a.owner, held))
	answer := a.form("2", models.KindReply)
	answer.TargetID = 52
	a.enqueue(a.owner, answer)
	a.keep(models.Orders, 30)
	a.keep(models.Tickets, 30)
	wantLeft := func(r models.Resource, want string) {
		t.Helper()
		if got := a.left(r); got != want {
			t.Errorf("%s left: got %s, want %s", r, got, want)
		}
	}
	a.purge(100)
	wantLeft(models.Orders, "[1 50]")
	wantLeft(models.Tickets, "[7 52]")
	if err := a.db.EndAction(t.Context(), order, models.ActionDone, ""); err != nil {
		t.Fatal(err)
	}
	a.turn(2 * time.Hour)
	a.purge(100)
	wantLeft(models.Orders, "[1]")
}
