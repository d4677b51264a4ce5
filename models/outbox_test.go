package models_test

import (
	"errors"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestTheOutboxForgetsWhatEndedAndNeverWhatDidNot(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	ended := a.sent(a.enqueue(a.owner, a.form("1", models.KindCancel)))
	if err := a.db.EndAction(t.Context(), ended, models.ActionDone, ""); err != nil {
		t.Fatal(err)
	}
	waits := a.enqueue(a.owner, a.form("2", models.KindReply))
	thirty, short := 30, 29
	var invalid models.Invalid
	if err := a.db.SetOutboxDays(t.Context(), a.owner, &short); !errors.As(err, &invalid) {
		t.Errorf("29 days: got %v, want the field refused", err)
	}
	if err := a.db.SetOutboxDays(t.Context(), a.owner, &thirty); err != nil {
		t.Fatal(err)
	}
	purged := func() int {
		t.Helper()
		n, err := a.db.PurgeOutbox(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a.turn(29 * 24 * time.Hour)
	if n := purged(); n != 0 {
		t.Errorf("after 29 days: %d deleted, want none", n)
	}
	a.turn(400 * 24 * time.Hour)
	if n := purged(); n != 1 {
		t.Errorf("after 429 days: %d deleted, want 1", n)
	}
	if _, err := a.db.PanelAction(t.Context(), a.owner, waits.ID); err != nil {
		t.Errorf("what has not ended: got %v, want it there", err)
	}
	modelstest.Staff(t, a.db, "agent", models.RoleAgent, true)
	if err := a.db.SetOutboxDays(t.Context(), modelstest.Viewer(t, a.db, "agent"), nil); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("an agent: got %v, want ErrNotAllowed", err)
	}
}

func TestAnOrderIsPendingUntilAReadShowsWhatWasDone(t *testing.T) {
	t.Parallel()
	ended := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	done := models.OutboxRow{Kind: models.KindCancel, Resource: models.Orders, State: models.ActionDone, EndedAt: ended}
	order := models.Order{Status: "pending"}
	order.FetchedAt = ended.Add(-time.Minute)
	tests := []struct {
		what   string
		change func(*models.OutboxRow, *models.Order)
		after  time.Duration
		want   bool
	}{
		{"it is queued", func(r *models.OutboxRow, _ *models.Order) { r.State, r.EndedAt = models.ActionQueued, time.Time{} }, time.Hour, true},
		{"it is done and not read", func(*models.OutboxRow, *models.Order) {}, time.Second, true},
		{"the read shows it", func(_ *models.OutboxRow, o *models.Order) { o.Status = "canceled" }, time.Second, false},
		{"a later read shows something else", func(_ *models.OutboxRow, o *models.Order) { o.FetchedAt = ended.Add(time.Second) }, time.Minute, false},
		{"it was refused", func(r *models.OutboxRow, _ *models.Order) { r.State = models.ActionRefused }, time.Second, false},
		{"nothing came for long", func(*models.OutboxRow, *models.Order) {}, time.Hour, false},
	}
	for _, tt := range tests {
		r, o := done, order
		tt.change(&r, &o)
		if got := r.PendingOn(o, ended.Add(tt.after)); got != tt.want {
			t.Errorf("%s: pending is %v, want %v", tt.what, got, tt.want)
		}
	}
}
