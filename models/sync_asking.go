package models

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// SyncNow makes the newest rows of resources due immediately and before all other work, on the given panels that the
// viewer may see; an empty list means the selected panels. It also retries a panel that failed or refused its key, but
// not one that asked for fewer calls. It returns the streams, so that the caller can wake workers up.
func (db *DB) SyncNow(ctx context.Context, v Viewer, panels []int64, resources []Resource) ([]StreamKey, error) {
	var keys []StreamKey
	err := db.Tx(ctx, func(db *DB) error {
		scope := v.Scope(panels)
		_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Apply(inStreams(scope, resources)).
			Set("asked_at = ?", db.now()).Set("turn_at = NULL").
			Set("retry_at = CASE WHEN error_class = 'limited' THEN retry_at END").Exec(ctx)
		if err != nil {
			return err
		}
		err = db.idb.NewUpdate().Model((*StreamLoop)(nil)).Set("due_at = least(due_at, ?)", db.now()).
			Apply(inStreams(scope, resources)).Where("loop = ?", LoopHead).Returning("panel_id, resource").Scan(ctx, &keys)
		if err != nil {
			return err
		}
		if err := db.ProbeNow(ctx, scope); err != nil {
			return err
		}
		return db.record(ctx, v, onPanels(ActSyncNow, v, scope, resourcesChange(resources)))
	})
	return keys, err
}

// DoneAsking clears the request of staff that the stream had when it was claimed. Call it after SaveLoop in the same
// transaction, whose lock delays new requests until its end. It returns the time of a newer request, or zero.
func (db *DB) DoneAsking(ctx context.Context, s Stream) (again time.Time, err error) {
	var asked bun.NullTime
	err = db.idb.NewRaw(`UPDATE streams SET asked_at = CASE WHEN asked_at > ? THEN asked_at END
		WHERE panel_id = ? AND resource = ? AND asked_at IS NOT NULL RETURNING asked_at`,
		s.AskedAt, s.PanelID, s.Resource).Scan(ctx, &asked)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return asked.Time, err
}

// Reread makes the whole history of resources due to be read again from the start, on the given panels that the viewer
// may see; an empty list means the selected panels.
func (db *DB) Reread(ctx context.Context, v Viewer, panels []int64, resources []Resource) error {
	if !v.Can(PermManage) {
		return ErrNotAllowed
	}
	return db.Tx(ctx, func(db *DB) error {
		scope := v.Scope(panels)
		if err := db.reread(ctx, scope, resources); err != nil {
			return err
		}
		return db.record(ctx, v, onPanels(ActReread, v, scope, resourcesChange(resources)))
	})
}

// reread resets the backfills. A run in progress loses its lease, because it would otherwise overwrite the reset with
// its own cursor. Services have no backfill: their head reads the whole list.
func (db *DB) reread(ctx context.Context, panels []int64, resources []Resource) error {
	_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Apply(inStreams(panels, resources)).
		Set("lease_token = NULL").Set("lease_until = NULL").
		Set("status = CASE WHEN status = 'running' THEN 'idle' ELSE status END").Exec(ctx)
	if err != nil {
		return err
	}
	_, err = db.idb.NewUpdate().Model((*StreamLoop)(nil)).Apply(inStreams(panels, resources)).
		Where("loop = ? OR resource = ? AND loop = ?", LoopBackfill, Services, LoopHead).
		Set("cursor = '{}'").Set("due_at = ?", db.now()).Exec(ctx)
	return err
}

// inStreams limits an update to resources of panels.
func inStreams(panels []int64, resources []Resource) func(*bun.UpdateQuery) *bun.UpdateQuery {
	return func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Where("panel_id = ANY(?::bigint[])", bigints(panels)).Where("resource IN ?", bun.Tuple(resources))
	}
}
