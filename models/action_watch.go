package models

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Background checks. Further checks find both a wrong "done" and a late payment; they use the calls that the panel has
// left.
const (
	// firstCheck is how long after an answer the first check of the list comes: the payments sync has mostly shown it
	// by then.
	firstCheck = time.Minute
	// BetweenChecks is the time from a check that did not show the action to the next.
	BetweenChecks = 5 * time.Minute
	// An action counts as missing from the panel after readsBelieved complete checks, over at least readsOver, that do
	// not show it.
	readsBelieved = 3
	readsOver     = 10 * time.Minute
	// While a person has to decide, workers check the panel every BetweenChecks for watchOften, then every hour for
	// watchLong.
	watchOften = time.Hour
	watchLong  = 7 * 24 * time.Hour
)

// nextWatch returns the time of the next check of an action that has asked a person since asked; zero after watchLong.
func nextWatch(asked, now time.Time) bun.NullTime {
	switch age := now.Sub(asked); {
	case age < watchOften:
		return bun.NullTime{Time: now.Add(BetweenChecks)}
	case age < watchLong:
		return bun.NullTime{Time: now.Add(time.Hour)}
	}
	return bun.NullTime{}
}

// MissedRead counts a complete check, begun at began, that did not show the action.
func (a *PanelAction) MissedRead(began time.Time) {
	if a.ReadsFrom.IsZero() {
		a.ReadsFrom = began
	}
	a.Reads++
}

// ReadEnough reports whether the checks so far, the last begun at began, prove that the panel does not show the action.
func (a PanelAction) ReadEnough(began time.Time) bool {
	return a.Reads >= readsBelieved && began.Sub(a.ReadsFrom) >= readsOver
}

// AnswerAction stores that the panel's answer names the action: it is done, and workers check the panel's list from
// firstCheck on. Actions of a batch get no check of their own, because the sync reads their orders.
func (db *DB) AnswerAction(ctx context.Context, a PanelAction) error {
	return db.Tx(ctx, func(db *DB) error {
		err := db.moveSent(ctx, a, func(q *bun.UpdateQuery) {
			db.moved(q, ActionDone, "").Set("due_at = NULL").Set("ended_at = ?0", db.now()).Set("answered_at = ?0", db.now())
			q.Set("receipt_id = ?", a.ReceiptID).Set("reads = 0").Set("reads_from = NULL")
			q.Set("look_at = ?", bun.NullTime{Time: db.firstLookAt(a)})
		})
		if err != nil {
			return err
		}
		return db.refresh(ctx, a)
	})
}

func (db *DB) firstLookAt(a PanelAction) time.Time {
	if a.BatchID != 0 {
		return time.Time{}
	}
	return db.now().Add(firstCheck)
}

// DueLooks returns up to n actions of each panel that are due for a background check, the longest waiting first.
func (db *DB) DueLooks(ctx context.Context, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw(`
		SELECT id FROM (SELECT t.id, t.look_at, row_number() OVER (PARTITION BY t.panel_id ORDER BY t.look_at, t.id) AS place
			FROM actions AS t WHERE `+lookDue+`) AS due WHERE place <= ?1 ORDER BY look_at, id`, db.now(), n).Scan(ctx, &ids)
	return ids, err
}

// lookDue is an SQL condition on an action (alias t) that is due for a background check.
var lookDue = `t.look_at <= ?0 AND t.state IN ('done', 'unconfirmed') AND t.due_at IS NULL AND (t.lease_until IS NULL OR t.lease_until <= ?0)
	AND t.kind IN (` + knownKinds() + `) AND EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.paused_at IS NULL
		AND panel.removed_at IS NULL AND panel.key_refused_at IS NULL AND panel.probe_at IS NULL)
	AND ` + atItsAddress

// ClaimLook takes the lease of an action for a background check, for ttl. It returns ErrBusy if another worker has the
// lease or if the check is not due.
func (db *DB) ClaimLook(ctx context.Context, id int64, ttl time.Duration) (PanelAction, error) {
	var a PanelAction
	now := db.now()
	err := db.idb.NewRaw("UPDATE actions AS t SET lease_token = ?1, lease_until = ?2 WHERE t.id = ?3 AND "+lookDue+" RETURNING t.*",
		now, uuid.New(), now.Add(ttl), id).Scan(ctx, &a)
	if notFound(err) == ErrNotFound {
		return PanelAction{}, ErrBusy
	}
	a.Aside = true
	return a, err
}

// WatchAgain stores a background check that settled nothing; the next is at lookAt, and a zero lookAt ends the checks.
// The message for staff stays.
func (db *DB) WatchAgain(ctx context.Context, a PanelAction, lookAt time.Time) error {
	return db.move(ctx, a, func(q *bun.UpdateQuery) {
		q.Set("lease_token = NULL").Set("lease_until = NULL").Set("look_at = ?", bun.NullTime{Time: lookAt})
		q.Set("reads = ?", a.Reads).Set("reads_from = ?", bun.NullTime{Time: a.ReadsFrom})
	})
}

// WatchOn is WatchAgain for an action that asks a person, with the next time from nextWatch.
func (db *DB) WatchOn(ctx context.Context, a PanelAction) error {
	return db.WatchAgain(ctx, a, nextWatch(a.ChangedAt, db.now()).Time)
}

// WatchDone is WatchAgain for a done action after a failed check. If no later check can succeed either (hopeless), the
// checks end after watchLong; else they continue every hour.
func (db *DB) WatchDone(ctx context.Context, a PanelAction, hopeless bool) error {
	next := nextWatch(a.EndedAt, db.now()).Time
	if next.IsZero() && !hopeless {
		next = db.now().Add(time.Hour)
	}
	return db.WatchAgain(ctx, a, next)
}

// ReopenAction asks a person about an action that the panel confirmed but does not show.
func (db *DB) ReopenAction(ctx context.Context, a PanelAction, words string) error {
	return db.move(ctx, a, func(q *bun.UpdateQuery) { db.reopened(q, words).Set("reads = ?", a.Reads) })
}

func (db *DB) reopened(q *bun.UpdateQuery, words string) *bun.UpdateQuery {
	return db.moved(q, ActionUnconfirmed, words).Set("due_at = NULL").Set("ended_at = NULL").
		Set("answered_at = coalesce(answered_at, ended_at, ?)", db.now()).Set("look_at = ?", nextWatch(db.now(), db.now()))
}

// ShownBefore reports whether the panel has ever shown an action of this kind after it was sent. If it never has, a
// missing action says little.
func (db *DB) ShownBefore(ctx context.Context, a PanelAction) (shown bool, err error) {
	err = db.idb.NewRaw("SELECT EXISTS (SELECT 1 FROM actions WHERE panel_id = ? AND kind = ? AND found <> '{}')", a.PanelID, a.Kind).Scan(ctx, &shown)
	return shown, err
}
