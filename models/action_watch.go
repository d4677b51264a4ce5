package models

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Looks that nothing waits for. A wrong "done" and a late payment are both found by going on looking, with the calls that
// the panel has left.
const (
	// firstCheck is how long after an answer the list is held against it: the payments sync has mostly shown it by then.
	firstCheck = time.Minute
	// BetweenChecks is how long after a look that did not show it the next begins.
	BetweenChecks = 5 * time.Minute
	// readsBelieved whole looks over readsOver that do not show what was answered are believed.
	readsBelieved = 3
	readsOver     = 10 * time.Minute
	// While a person is asked the panel is looked at every BetweenChecks for watchOften, then every hour for watchLong.
	watchOften = time.Hour
	watchLong  = 7 * 24 * time.Hour
)

// nextWatch returns when to look next for an action that asks a person since asked; zero when that is long enough ago.
func nextWatch(asked, now time.Time) bun.NullTime {
	switch age := now.Sub(asked); {
	case age < watchOften:
		return bun.NullTime{Time: now.Add(BetweenChecks)}
	case age < watchLong:
		return bun.NullTime{Time: now.Add(time.Hour)}
	}
	return bun.NullTime{}
}

// MissedRead counts a whole look, begun at began, that did not show the action.
func (a *PanelAction) MissedRead(began time.Time) {
	if a.ReadsFrom.IsZero() {
		a.ReadsFrom = began
	}
	a.Reads++
}

// ReadEnough tells whether the looks so far, the last begun at began, prove that the panel does not show the action.
func (a PanelAction) ReadEnough(began time.Time) bool {
	return a.Reads >= readsBelieved && began.Sub(a.ReadsFrom) >= readsOver
}

// AnswerAction stores that the panel's answer names the action: it is done, and from firstCheck on the panel is looked at
// whether it shows it. Actions of a batch are not looked at one by one: their orders are read by the sync.
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

// DueLooks returns up to n actions of each panel at which a worker may look aside now, the longest waiting first.
func (db *DB) DueLooks(ctx context.Context, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw(`
		SELECT id FROM (SELECT t.id, t.look_at, row_number() OVER (PARTITION BY t.panel_id ORDER BY t.look_at, t.id) AS place
			FROM actions AS t WHERE `+lookDue+`) AS due WHERE place <= ?1 ORDER BY look_at, id`, db.now(), n).Scan(ctx, &ids)
	return ids, err
}

// lookDue is true of an action (alias t) at which a worker may look aside now.
var lookDue = `t.look_at <= ?0 AND t.state IN ('done', 'unconfirmed') AND t.due_at IS NULL AND (t.lease_until IS NULL OR t.lease_until <= ?0)
	AND t.kind IN (` + knownKinds() + `) AND EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.paused_at IS NULL
		AND panel.removed_at IS NULL AND panel.key_refused_at IS NULL AND panel.probe_at IS NULL)
	AND ` + atItsAddress

// ClaimLook takes the lease of an action at which nobody waits for a look, for ttl. ErrBusy when another worker has it or
// when it is not time.
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

// WatchAgain is after a look aside that settled nothing; the next is at lookAt, or never when that is zero. What staff read
// of the action stays as it is.
func (db *DB) WatchAgain(ctx context.Context, a PanelAction, lookAt time.Time) error {
	return db.move(ctx, a, func(q *bun.UpdateQuery) {
		q.Set("lease_token = NULL").Set("lease_until = NULL").Set("look_at = ?", bun.NullTime{Time: lookAt})
		q.Set("reads = ?", a.Reads).Set("reads_from = ?", bun.NullTime{Time: a.ReadsFrom})
	})
}

// WatchOn is WatchAgain for an action that asks a person, at the time that is due for it.
func (db *DB) WatchOn(ctx context.Context, a PanelAction) error {
	return db.WatchAgain(ctx, a, nextWatch(a.ChangedAt, db.now()).Time)
}

// WatchDone is WatchAgain for an action that is done when a look failed. Where no later look can succeed either, the looks
// end when a watch does; else they go on every hour.
func (db *DB) WatchDone(ctx context.Context, a PanelAction, hopeless bool) error {
	next := nextWatch(a.EndedAt, db.now()).Time
	if next.IsZero() && !hopeless {
		next = db.now().Add(time.Hour)
	}
	return db.WatchAgain(ctx, a, next)
}

// ReopenAction asks a person about an action that the panel said yes to and does not show.
func (db *DB) ReopenAction(ctx context.Context, a PanelAction, words string) error {
	return db.move(ctx, a, func(q *bun.UpdateQuery) { db.reopened(q, words).Set("reads = ?", a.Reads) })
}

func (db *DB) reopened(q *bun.UpdateQuery, words string) *bun.UpdateQuery {
	return db.moved(q, ActionUnconfirmed, words).Set("due_at = NULL").Set("ended_at = NULL").
		Set("answered_at = coalesce(answered_at, ended_at, ?)", db.now()).Set("look_at = ?", nextWatch(db.now(), db.now()))
}

// ShownBefore tells whether the panel ever showed an action of this kind after it was sent. Where it never did, not
// finding one says little.
func (db *DB) ShownBefore(ctx context.Context, a PanelAction) (shown bool, err error) {
	err = db.idb.NewRaw("SELECT EXISTS (SELECT 1 FROM actions WHERE panel_id = ? AND kind = ? AND found <> '{}')", a.PanelID, a.Kind).Scan(ctx, &shown)
	return shown, err
}
