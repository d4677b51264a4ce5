package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// FoundAction stores that the panel shows a claimed action: it is done, and seen names its payments. If the panel shows
// a second payment for the action, a person is told. If the action was sent more than once, this includes a payment
// that is only likely to be its.
func (db *DB) FoundAction(ctx context.Context, a PanelAction, seen Sight, words string) error {
	return db.Tx(ctx, func(db *DB) error {
		var now PanelAction
		err := db.idb.NewSelect().Model(&now).Where("t.id = ? AND t.attempts = ? AND t.state = ? AND t.lease_token = ?",
			a.ID, a.Attempts, a.State, a.LeaseToken).For("UPDATE").Scan(ctx)
		if notFound(err) == ErrNotFound {
			return fmt.Errorf("action %d: %w", a.ID, ErrLeaseLost)
		}
		if err != nil {
			return err
		}
		_, err = db.foundLocked(ctx, now, seen, words)
		return err
	})
}

// foundLocked updates an action, whose row is locked, from its panel's payments. It leaves an attempt under way to its
// worker, and it ends a queued action, so that no worker sends it again. moved is false if nothing changed.
func (db *DB) foundLocked(ctx context.Context, a PanelAction, seen Sight, words string) (moved bool, err error) {
	had, perhaps := len(a.Found), false
	told := max(had, 1) // the number of payments that a person already knows or need not know
	if a.State == ActionUnconfirmed && !a.DueAt.IsZero() {
		told = 1
	}
	switch {
	case a.Kind != KindAddPayment:
		a.find(max(a.TargetID, 1))
	default:
		a.find(seen.Found...)
		if a.Attempts > 1 && len(a.Found) > 0 {
			perhaps = a.find(seen.Perhaps...)
		}
	}
	if a.State == ActionQueued || a.State == ActionUnconfirmed && len(a.Found) < 2 {
		if err := db.endFound(ctx, &a, words); err != nil {
			return false, err
		}
		moved = true
	}
	q := db.idb.NewUpdate().Model((*PanelAction)(nil)).Where("t.id = ?", a.ID).Set("found = ?::bigint[]", bigints(a.Found))
	switch twice := a.Kind == KindAddPayment && len(a.Found) > told; {
	case a.State == ActionSending: // moveSent reports it
	case twice && a.Attempts > 0:
		db.reopened(q, a.twiceWords(perhaps))
	case a.State == ActionRefused || a.State == ActionCancelled:
		if a.Attempts == 0 {
			return false, nil // a restored database: the person who cancelled it knows
		}
		db.reopened(q, fmt.Sprintf("Payment %d on the panel is this action, but it was %s here. Reverse the payment in the panel's admin, or record that it went through.", a.Found[0], a.State))
	case a.State == ActionDone:
		q.Set("lease_token = NULL").Set("lease_until = NULL").Set("look_at = ?", a.lookAfterFound(db.now()))
	default: // a person already knows that it is paid twice
		q.Set("due_at = NULL").Set("lease_token = NULL").Set("lease_until = NULL").Set("look_at = ?", nextWatch(a.ChangedAt, db.now()))
	}
	_, err = q.Exec(ctx)
	return moved || had != len(a.Found), err
}

// moveSent is move after an attempt. If the sync found payments during the attempt, moveSent handles them as if it
// found them now: the panel's answer hides neither a second payment nor a payment that the panel claims to have
// refused.
func (db *DB) moveSent(ctx context.Context, a PanelAction, set func(*bun.UpdateQuery)) error {
	if a.Kind != KindAddPayment {
		return db.move(ctx, a, set)
	}
	return db.Tx(ctx, func(db *DB) error {
		var was, now PanelAction
		if err := db.idb.NewSelect().Model(&was).Where("t.id = ?", a.ID).For("UPDATE").Scan(ctx); ignoreNotFound(err) != nil {
			return err
		}
		if err := db.move(ctx, a, set); err != nil || len(was.Found) == 0 {
			return err
		}
		if err := db.idb.NewSelect().Model(&now).Where("t.id = ?", a.ID).Scan(ctx); err != nil {
			return err
		}
		if now.State == ActionQueued { // a worker must not send it again
			if err := db.endFound(ctx, &now, wordsOfFound); err != nil {
				return err
			}
		}
		q := db.idb.NewUpdate().Model((*PanelAction)(nil)).Where("t.id = ?", a.ID)
		switch twice := len(was.Found) > 1; {
		case twice && was.State == ActionUnconfirmed && was.DueAt.IsZero(): // a person already has the question
			db.reopened(q, was.Words)
		case twice && now.Attempts > 0:
			db.reopened(q, now.twiceWords(false))
		case now.State == ActionDone: // it stays done and gets a check, as after any answer
			return nil
		default:
			_, err := db.foundLocked(ctx, now, Sight{Found: now.Found}, wordsOfFound)
			return err
		}
		_, err := q.Exec(ctx)
		return err
	})
}

func (db *DB) endFound(ctx context.Context, a *PanelAction, words string) error {
	q := db.idb.NewUpdate().Model((*PanelAction)(nil)).Where("t.id = ?", a.ID)
	db.ended(q, ActionDone, words)
	if _, err := q.Exec(ctx); err != nil {
		return err
	}
	a.State, a.ChangedAt = ActionDone, db.now()
	return db.refresh(ctx, *a)
}

// lookAfterFound returns the time of the next check of an action that is done and shown. An action that was sent more
// than once may appear twice; any other gets no check.
func (a PanelAction) lookAfterFound(now time.Time) bun.NullTime {
	if a.Kind != KindAddPayment || a.Attempts <= 1 {
		return bun.NullTime{}
	}
	return nextWatch(a.ChangedAt, now)
}

// find adds payments to a.Found and reports whether one is new.
func (a *PanelAction) find(ids ...int64) (isNew bool) {
	for _, id := range ids {
		if !slices.Contains(a.Found, id) {
			a.Found, isNew = append(a.Found, id), true
		}
	}
	slices.Sort(a.Found)
	return isNew
}

func (a PanelAction) twiceWords(perhaps bool) string {
	var names []string
	for _, id := range a.Found {
		names = append(names, fmt.Sprint(id))
	}
	last := len(names) - 1
	both := "payments " + strings.Join(names[:last], ", ") + " and " + names[last]
	if perhaps {
		return "Paid twice, probably: " + both + " on the panel have this user and amount, and their memos may be ours, cut off at the end. Compare them in the panel's admin, then record here that it went through."
	}
	return "Paid twice: " + both + " on the panel belong to this one action. Reverse the extra payments in the panel's admin, then record here that it went through."
}

// wordsOfFound is the message for staff about an action that a check or the payments sync found.
const wordsOfFound = "The answer was lost or unclear. Masterpanel found the payment on the panel."

// SettlePayments settles the actions of a panel that match some of its mirrored payments, by our reference in the memo
// or by the id of a receipt. It reports whether an action changed. It reads only recent payments, because older ones
// cannot be new.
func (db *DB) SettlePayments(ctx context.Context, panelID int64, ids []int64) (moved bool, err error) {
	var rows []struct {
		ID        int64
		UserName  string
		Amount    decimal.NullDecimal
		Memo      string
		CreatedAt bun.NullTime
	}
	err = db.idb.NewRaw(`SELECT id, user_name, amount, memo, CASE WHEN undated THEN NULL ELSE created_at END AS created_at
		FROM payments AS p WHERE panel_id = ?0 AND id = ANY(?1::bigint[])
		AND (memo <> '' OR EXISTS (SELECT 1 FROM actions AS a WHERE a.panel_id = p.panel_id AND a.receipt_id = p.id))
		AND (created_at IS NULL OR created_at > ?2)`, panelID, bigints(ids), db.now().Add(-2*watchLong)).Scan(ctx, &rows)
	if err != nil {
		return false, fmt.Errorf("reading payments to settle actions: %w", err)
	}
	for _, p := range rows {
		seen := PaymentSeen{ID: p.ID, User: p.UserName, Amount: p.Amount, Memo: p.Memo, At: p.CreatedAt.Time}
		one, err := db.settlePayment(ctx, panelID, seen)
		if err != nil {
			return moved, err
		}
		moved = moved || one
	}
	return moved, nil
}

// settlePayment settles the actions that match one payment of a panel. Most payments are already in Found; for these it
// locks nothing.
func (db *DB) settlePayment(ctx context.Context, panelID int64, p PaymentSeen) (moved bool, err error) {
	var actions []int64
	err = db.idb.NewRaw(`SELECT id FROM actions AS t WHERE panel_id = ?0 AND kind = ?1 AND `+atItsAddress+` AND NOT found @> ARRAY[?2::bigint]
		AND (lower(reference) = ANY(?3::text[]) AND reference <> '' OR receipt_id = ?2 AND receipt_id > 0 AND address_no = (SELECT address_no FROM panels WHERE id = ?0))`,
		panelID, KindAddPayment, p.ID, pgdialect.Array(append([]string{}, maybeReferencesIn(p.Memo)...))).Scan(ctx, &actions)
	if err != nil {
		return false, fmt.Errorf("looking for the action of a payment: %w", err)
	}
	for _, id := range actions {
		err := db.Tx(ctx, func(db *DB) error {
			var a PanelAction
			err := db.idb.NewSelect().Model(&a).Where("t.id = ?", id).For("UPDATE").Scan(ctx)
			if err != nil || a.Likeness(p) != Ours {
				return ignoreNotFound(err)
			}
			one, err := db.foundLocked(ctx, a, Sight{Found: []int64{p.ID}}, wordsOfFound)
			moved = moved || one
			return err
		})
		if err != nil {
			return moved, fmt.Errorf("settling action %d: %w", id, err)
		}
	}
	return moved, nil
}

// PaymentTaken reports whether a payment at the panel's current address already belongs to another action, because the
// panel's list showed it or a receipt named it.
func (db *DB) PaymentTaken(ctx context.Context, a PanelAction, paymentID int64) (taken bool, err error) {
	err = db.idb.NewRaw(`SELECT EXISTS (SELECT 1 FROM actions AS t WHERE panel_id = ?0 AND kind = ?1 AND id <> ?2 AND `+atItsAddress+`
		AND (receipt_id = ?3 OR found @> ARRAY[?3::bigint]))`, a.PanelID, KindAddPayment, a.ID, paymentID).Scan(ctx, &taken)
	return taken, err
}

func ignoreNotFound(err error) error {
	if notFound(err) == ErrNotFound {
		return nil
	}
	return err
}
