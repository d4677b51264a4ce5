package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// EndAction stores how an action ended: done, refused, or cancelled before it was sent. The answer to an attempt counts
// even if the attempt was declared lost meanwhile, unless another attempt followed. It makes the mirror read the target
// again.
func (db *DB) EndAction(ctx context.Context, a PanelAction, state ActionState, words string) error {
	return db.Tx(ctx, func(db *DB) error {
		err := db.moveSent(ctx, a, func(q *bun.UpdateQuery) { db.ended(q, state, words) })
		switch {
		case err != nil:
			return err
		case state == ActionDone:
			return db.refresh(ctx, a)
		case a.Kind == KindReply:
			return db.unsent(ctx, a)
		}
		return nil
	})
}

// QueueAction returns an action to the queue that was certainly not applied; workers send it from dueAt on. failed
// lengthens the next wait. It returns ErrNotAllowed for an unconfirmed action that is not harmless, because it may have
// arrived.
func (db *DB) QueueAction(ctx context.Context, a PanelAction, dueAt time.Time, failed bool, words string) error {
	if info, _ := a.Kind.Info(); a.State == ActionUnconfirmed && !info.Harmless {
		return fmt.Errorf("action %d may have arrived: %w", a.ID, ErrNotAllowed)
	}
	return db.moveSent(ctx, a, func(q *bun.UpdateQuery) {
		db.queued(q, dueAt, words)
		if failed {
			q.Set("failures = failures + 1")
		}
	})
}

// DoubtAction stores why the result of the action is unknown; from dueAt on, workers look for it on the panel. The
// cause stays until the next attempt.
func (db *DB) DoubtAction(ctx context.Context, a PanelAction, dueAt time.Time, cause string) error {
	return db.moveSent(ctx, a, func(q *bun.UpdateQuery) {
		db.unconfirmed(q, dueAt, "Masterpanel checks the panel for the result.")
		q.Set("cause = ?", clip(cause, 500)).Set("failures = 0").Set("misses = 0").Set("receipt_id = ?", a.ReceiptID)
	})
}

// LookAgain stores a check that settled nothing. The next check is at dueAt. A zero dueAt asks a person, and background
// checks continue. failures and misses are the current counts in a row.
func (db *DB) LookAgain(ctx context.Context, a PanelAction, dueAt time.Time, failures, misses int, words string) error {
	return db.move(ctx, a, func(q *bun.UpdateQuery) {
		db.unconfirmed(q, dueAt, words)
		q.Set("failures = ?", failures).Set("misses = ?", misses).Set("receipt_id = ?", a.ReceiptID)
		q.Set("reads = ?", a.Reads).Set("reads_from = ?", bun.NullTime{Time: a.ReadsFrom})
		if dueAt.IsZero() {
			q.Set("look_at = ?", nextWatch(db.now(), db.now()))
		}
	})
}

func (db *DB) ended(q *bun.UpdateQuery, state ActionState, words string) {
	db.moved(q, state, words).Set("due_at = NULL").Set("look_at = NULL").Set("ended_at = ?", db.now())
}

func (db *DB) queued(q *bun.UpdateQuery, dueAt time.Time, words string) {
	db.moved(q, ActionQueued, words).Set("due_at = ?", dueAt)
}

func (db *DB) unconfirmed(q *bun.UpdateQuery, dueAt time.Time, words string) {
	db.moved(q, ActionUnconfirmed, words).Set("due_at = ?", bun.NullTime{Time: dueAt})
}

func (db *DB) moved(q *bun.UpdateQuery, state ActionState, words string) *bun.UpdateQuery {
	return q.Set("state = ?", state).Set("words = ?", clip(words, 500)).Set("changed_at = ?", db.now()).
		Set("lease_token = NULL").Set("lease_until = NULL")
}

// move updates an action if its state and lease are unchanged since the claim. It also compares the attempt number,
// because an attempt's own answer may arrive after the attempt was declared lost.
func (db *DB) move(ctx context.Context, a PanelAction, set func(*bun.UpdateQuery)) error {
	query := db.idb.NewUpdate().Model((*PanelAction)(nil)).Where("t.id = ? AND t.attempts = ?", a.ID, a.Attempts)
	set(query)
	if a.State == ActionSending {
		query.Where("(t.lease_token = ? OR t.state = 'unconfirmed')", a.LeaseToken)
	} else {
		query.Where("t.lease_token = ? AND t.state = ?", a.LeaseToken, a.State)
	}
	result, err := query.Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("action %d: %w", a.ID, ErrLeaseLost))
	}
	return nil
}

// refresh makes the sync soon read the records that the action changed: the order or ticket, or the list that gets the
// new row. After a payment it also reads the users, because the customer's balance changed.
func (db *DB) refresh(ctx context.Context, a PanelAction) error {
	if a.Resource != Users {
		_, err := db.watch(ctx, a.Resource, Key{a.PanelID, a.TargetID})
		return err
	}
	added := []Resource{Payments, Users}
	switch a.Kind {
	case KindOpenTicket:
		added = []Resource{Tickets}
	case KindAddUser:
		added = []Resource{Users}
	}
	_, err := db.idb.NewRaw(`UPDATE stream_loops SET due_at = ?0 WHERE panel_id = ?1 AND resource IN ?2 AND loop = ?3 AND due_at > ?0`,
		db.now(), a.PanelID, bun.Tuple(added), LoopHead).Exec(ctx)
	return err
}
