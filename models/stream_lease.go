package models

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// ReleaseStream gives the lease back after a success.
func (db *DB) ReleaseStream(ctx context.Context, s Stream) error {
	return db.fenced(ctx, s, db.released)
}

func (db *DB) released(q *bun.UpdateQuery) {
	q.Set("lease_token = NULL").Set("lease_until = NULL").Set("status = ?", StreamIdle).
		Set("last_success_at = ?", db.now()).Set("failures = 0").Set("retry_at = NULL").
		Set("error_class = ''").Set("error_words = ''")
}

// YieldStream gives the lease back without a word on success: the run was interrupted, or there was nothing to do.
func (db *DB) YieldStream(ctx context.Context, s Stream) error { return db.fenced(ctx, s, yielded) }

func yielded(q *bun.UpdateQuery) {
	q.Set("lease_token = NULL").Set("lease_until = NULL").
		Set("status = CASE WHEN error_class = '' THEN ? ELSE ? END", StreamIdle, StreamBackingOff)
}

// AwaitTurn gives the lease back until the next call may be made; succeeded says that a loop was finished before.
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

// RevokeLeases takes every lease of a removed panel away. A run that is under way then fails with ErrLeaseLost where it saves
// its loop, and its rows with it; one that is just committing is waited for. So after this no row of the panel appears
// any more.
func (db *DB) RevokeLeases(ctx context.Context, panelID int64) error {
	_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Where("panel_id = ?", panelID).
		Where("EXISTS (SELECT 1 FROM panels WHERE id = ? AND removed_at IS NOT NULL)", panelID).
		Set("lease_token = NULL").Set("lease_until = NULL").Set("status = ?", StreamPaused).Exec(ctx)
	return err
}
