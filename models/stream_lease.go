package models

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// ReleaseStream returns the lease after a success.
func (db *DB) ReleaseStream(ctx context.Context, s Stream) error {
	return db.fenced(ctx, s, db.released)
}

func (db *DB) released(q *bun.UpdateQuery) {
	q.Set("lease_token = NULL").Set("lease_until = NULL").Set("status = ?", StreamIdle).
		Set("last_success_at = ?", db.now()).Set("failures = 0").Set("retry_at = NULL").
		Set("error_class = ''").Set("error_words = ''")
}

// YieldStream returns the lease without recording a success: the run was interrupted, or there was nothing to do.
func (db *DB) YieldStream(ctx context.Context, s Stream) error { return db.fenced(ctx, s, yielded) }

func yielded(q *bun.UpdateQuery) {
	q.Set("lease_token = NULL").Set("lease_until = NULL").
		Set("status = CASE WHEN error_class = '' THEN ? ELSE ? END", StreamIdle, StreamBackingOff)
}

// AwaitTurn returns the lease until the next call is allowed; succeeded says that a loop completed before.
func (db *DB) AwaitTurn(ctx context.Context, s Stream, turnAt time.Time, succeeded bool) error {
	return db.fenced(ctx, s, func(q *bun.UpdateQuery) {
		if succeeded {
			db.released(q)
		} else {
			yielded(q)
		}
		q.Set("turn_at = ?", turnAt)
	})
}

// RevokeLeases revokes all leases of a removed panel. A run in progress then gets ErrLeaseLost when it saves its loop,
// and its rows roll back; the update waits for a run that is just committing. After RevokeLeases no new rows of the
// panel appear.
func (db *DB) RevokeLeases(ctx context.Context, panelID int64) error {
	_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Where("panel_id = ?", panelID).
		Where("EXISTS (SELECT 1 FROM panels WHERE id = ? AND removed_at IS NOT NULL)", panelID).
		Set("lease_token = NULL").Set("lease_until = NULL").Set("status = ?", StreamPaused).Exec(ctx)
	return err
}
