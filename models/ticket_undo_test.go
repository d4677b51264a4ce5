package models_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"masterpanel/models"
)

// undoable runs an action of the owner.
func (d *desk) undoable(act func(*models.DB) error) models.DeskUndo {
	d.t.Helper()
	u, err := d.db.Undoable(d.t.Context(), d.owner, act)
	d.must(err)
	return u
}

func TestEveryActAtTheDeskIsUndoneAsAWhole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agent := d.hire("agent", models.RoleAgent, d.panel)
	ctx, key := t.Context(), d.key(1)
	d.customer(1, 0)
	d.customer(2, 1)
	finish := func(db *models.DB) error { return db.FinishTicket(ctx, d.owner, key, 1) }
	snooze := func(db *models.DB) error {
		return db.SnoozeTicket(ctx, d.owner, key, models.Snooze{Until: d.now.Add(time.Hour)}, 1)
	}
	assign := func(db *models.DB) error { return db.AssignTicket(ctx, d.owner, key, agent.StaffID) }
	for _, act := range []struct {
		words  string
		do     func(*models.DB) error
		before func(*models.DB) error // brings the ticket into the state that the undo must restore
	}{
		{"You marked ticket 1 as done.", finish, nil},
		{"You marked ticket 1 as done.", finish, snooze},
		{"You marked ticket 1 as not done.", func(db *models.DB) error { return db.ReopenTicket(ctx, d.owner, key) }, finish},
		{"You assigned ticket 1 to yourself.", func(db *models.DB) error { return db.AssignTicket(ctx, d.owner, key, d.owner.StaffID) }, assign},
		{"You assigned ticket 1 to agent.", assign, nil},
		{"You unassigned ticket 1.", func(db *models.DB) error { return db.AssignTicket(ctx, d.owner, key, 0) }, assign},
		{"You snoozed ticket 1.", snooze, nil},
		{"You snoozed ticket 1.", func(db *models.DB) error { return db.SnoozeTicket(ctx, d.owner, key, models.Snooze{}, 1) }, snooze},
		{"You ended the snooze of ticket 1.", func(db *models.DB) error { return db.WakeTicket(ctx, d.owner, key) }, snooze},
		{"You linked ticket 1 to ticket 2.", func(db *models.DB) error { return db.LinkTicket(ctx, d.owner, key, 2, 1) }, assign},
		{"You assigned ticket 1 to yourself.", func(db *models.DB) error { _, err := db.TakeNext(ctx, d.owner); return err }, nil},
	} {
		var first models.DeskUndo
		if act.before != nil {
			first = d.undoable(act.before)
		}
		was, err := d.db.TicketDesk(ctx, d.owner, key)
		d.must(err)
		u := d.undoable(act.do)
		if u.Words != act.words {
			t.Errorf("it says %q, want %q", u.Words, act.words)
		}
		for range 2 {
			undone, err := d.db.UndoDesk(ctx, d.owner, u.ID)
			if d.must(err); undone.Words != "Ticket 1: change undone." {
				t.Errorf("%s: the undo says %q", act.words, undone.Words)
			}
		}
		is, err := d.db.TicketDesk(ctx, d.owner, key)
		d.must(err)
		if is.TouchedAt = was.TouchedAt; fmt.Sprint(is) != fmt.Sprint(was) {
			t.Errorf("%s: undone it is %+v, want %+v", act.words, is, was)
		}
		if act.before != nil {
			_, err = d.db.UndoDesk(ctx, d.owner, first.ID)
			d.must(err)
		}
		d.stands(1, models.QueueWaiting, "", 0)
	}
}

func TestAnUndoLeavesWhatSomebodyElseDidSince(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agent := d.hire("agent", models.RoleAgent, d.panel)
	ctx := t.Context()
	d.customer(1, 0)
	u := d.undoable(func(db *models.DB) error { return db.AssignTicket(ctx, d.owner, d.key(1), d.owner.StaffID) })
	d.must(d.db.AssignTicket(ctx, agent, d.key(1), agent.StaffID))
	d.must(d.db.FinishTicket(ctx, agent, d.key(1), 1))
	undone, err := d.db.UndoDesk(ctx, d.owner, u.ID)
	if d.must(err); undone.Words != "Ticket 1 changed again after this. Nothing was undone." {
		t.Errorf("it says %q", undone.Words)
	}
	d.stands(1, models.QueueDone, "agent", -1)
}

func TestAnUndoOfManyTicketsPutsEachBackAsItWas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agent := d.hire("agent", models.RoleAgent, d.panel)
	ctx := t.Context()
	for id := int64(1); id <= 4; id++ {
		d.customer(id, int(id))
	}
	selection, err := models.ParseSelection(models.TicketList, url.Values{"all": {"1"}}, time.UTC, d.now)
	d.must(err)
	d.must(d.db.AssignTicket(ctx, d.owner, d.key(1), agent.StaffID))
	d.must(d.db.AssignTicket(ctx, d.owner, d.key(2), d.owner.StaffID))
	u := d.undoable(func(db *models.DB) error {
		_, err := db.OnSelectedTickets(ctx, d.owner, selection, models.DeskMine)
		return err
	})
	if u.Words != "You assigned 3 tickets to yourself." {
		t.Errorf("it says %q", u.Words)
	}
	d.must(d.db.AssignTicket(ctx, d.owner, d.key(4), agent.StaffID))
	undone, err := d.db.UndoDesk(ctx, d.owner, u.ID)
	if d.must(err); undone.Words != "2 of 3 tickets: changes undone. The others changed again after this and stay." {
		t.Errorf("it says %q", undone.Words)
	}
	for i, holder := range []string{"agent", "owner", "", "agent"} {
		d.stands(int64(i+1), models.QueueWaiting, holder, i+1)
	}
}

func TestOnlyThePersonWhoDidItUndoesItAndForAnHour(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agent := d.hire("agent", models.RoleAgent, d.panel)
	ctx := t.Context()
	d.customer(1, 0)
	u := d.undoable(func(db *models.DB) error { return db.FinishTicket(ctx, d.owner, d.key(1), 1) })
	if nothing := d.undoable(func(db *models.DB) error { return db.FinishTicket(ctx, d.owner, d.key(1), 1) }); nothing.ID != 0 {
		t.Errorf("an act without effect can be undone: %q", nothing.Words)
	}
	if _, err := d.db.UndoDesk(ctx, agent, u.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("somebody else: %v", err)
	}
	d.now = d.now.Add(61 * time.Minute)
	if _, err := d.db.UndoDesk(ctx, d.owner, u.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("after an hour: %v", err)
	}
	d.stands(1, models.QueueDone, "", -1)
}
