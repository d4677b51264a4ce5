package models

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// Decision is a person's answer about an action that only a person can settle.
type Decision string

// The decisions.
const (
	WentThrough Decision = "went_through"
	SendAgain   Decision = "send_again"
	NotSent     Decision = "not_sent"
)

// CancelAction cancels an action that has not been sent. It returns ErrTooLate if it has.
func (db *DB) CancelAction(ctx context.Context, v Viewer, id int64) (PanelAction, error) {
	var a PanelAction
	err := db.Tx(ctx, func(db *DB) (err error) {
		a, err = db.decided(ctx, v, id, ActOutboxCancel, "", func(a PanelAction, q *bun.UpdateQuery) bool {
			db.ended(q, ActionCancelled, "Cancelled by "+v.Username+" before it was sent.")
			return a.State == ActionQueued
		})
		if err != nil || a.Kind != KindReply {
			return err
		}
		return db.unsent(ctx, a)
	})
	return a, err
}

// decisions maps each decision to the name of its activity entry.
var decisions = map[Decision]Action{WentThrough: ActOutboxWentThrough, SendAgain: ActOutboxSendAgain, NotSent: ActOutboxNotSent}

// DecisionSeen is the state of an action that a person saw when they decided: its attempt, and the number of its
// panel's address. -1 means unknown and matches any.
type DecisionSeen struct{ Attempt, AddressNo int }

// Decide is DecideSeen for an action at any address.
func (db *DB) Decide(ctx context.Context, v Viewer, id int64, attempt int, d Decision, note string) (PanelAction, error) {
	return db.DecideSeen(ctx, v, id, DecisionSeen{attempt, -1}, d, note)
}

// DecideSeen settles an action that asks a person, with a note that says why. It returns ErrTooLate if the person saw
// another attempt or address, or if the action may still appear on the panel. NotSent cancels the action, and the text
// of a reply returns to its author's draft.
func (db *DB) DecideSeen(ctx context.Context, v Viewer, id int64, seen DecisionSeen, d Decision, note string) (PanelAction, error) {
	did := decisions[d]
	if did == "" {
		return PanelAction{}, Invalid{"decision": "Choose one: it went through, send it again, or do not send it."}
	}
	var a PanelAction
	err := db.Tx(ctx, func(db *DB) (err error) {
		if a, err = db.PanelAction(ctx, v, id); err != nil {
			return err
		}
		address, err := db.panelAddress(ctx, a.PanelID)
		if err != nil {
			return err
		}
		a, err = db.decided(ctx, v, id, did, note, func(a PanelAction, q *bun.UpdateQuery) bool {
			db.decide(q, v, d)
			shown := d != WentThrough && len(a.Found) > 0 // the panel shows it, so it did go through
			return seen.fits(a.Attempts, address) && a.Decidable(db.now()) && !shown
		})
		if err != nil || d != NotSent || a.Kind != KindReply {
			return err
		}
		return db.unsent(ctx, a)
	})
	return a, err
}

func (s DecisionSeen) fits(attempt, addressNo int) bool {
	return (s.Attempt < 0 || s.Attempt == attempt) && (s.AddressNo < 0 || s.AddressNo == addressNo)
}

// decide applies the viewer's decision to the update.
func (db *DB) decide(q *bun.UpdateQuery, v Viewer, d Decision) {
	switch d {
	case WentThrough:
		db.ended(q, ActionDone, "Recorded by "+v.Username+": it went through.")
	case NotSent:
		db.ended(q, ActionCancelled, "Recorded by "+v.Username+": it did not go through. Masterpanel does not send it.")
	case SendAgain:
		db.queued(q, db.now(), "Recorded by "+v.Username+": it did not go through. Masterpanel sends it again.")
		q.Set("failures = 0").Set("misses = 0").Set("vouched_at = ?", db.now())
		toItsPanel(q)
	}
}

// decided locks an action, applies move to it and logs it. It returns ErrTooLate if move reports false.
func (db *DB) decided(ctx context.Context, v Viewer, id int64, did Action, note string,
	move func(PanelAction, *bun.UpdateQuery) bool) (PanelAction, error) {
	var a PanelAction
	err := db.Tx(ctx, func(db *DB) error {
		err := db.idb.NewSelect().Model(&a).Where("t.panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
			Where("t.id = ?", id).For("UPDATE").Scan(ctx)
		if err != nil {
			return notFound(err)
		}
		if !a.Kind.May(v) {
			return ErrNotAllowed
		}
		query := db.idb.NewUpdate().Model(&a).WherePK().Returning("*")
		if !move(a, query) {
			return ErrTooLate
		}
		if _, err := query.Exec(ctx); err != nil {
			return err
		}
		e := a.entry(did, Change{Field: "Action", New: string(a.Kind)}, Change{Field: "Number", New: fmt.Sprint(a.ID)})
		e.Reason = strings.TrimSpace(note)
		return db.record(ctx, v, e)
	})
	return a, err
}
