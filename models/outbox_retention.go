package models

import (
	"context"
	"fmt"
)

// ShortestOutboxDays is the shortest retention of ended actions in days; the database enforces it too.
const ShortestOutboxDays = 30

// OutboxDays returns the retention of ended actions in days; nil keeps them for ever.
func (db *DB) OutboxDays(ctx context.Context, v Viewer) (*int, error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	var days *int
	err := db.idb.NewRaw("SELECT retention_days FROM outbox_settings").Scan(ctx, &days)
	return days, err
}

// SetOutboxDays sets the retention of ended actions in days; nil keeps them for ever. Its errors are Invalid by field.
// A background job deletes older actions; unfinished actions are always kept.
func (db *DB) SetOutboxDays(ctx context.Context, v Viewer, days *int) error {
	if !v.Can(PermManage) {
		return ErrNotAllowed
	}
	if days != nil && (*days < ShortestOutboxDays || *days > MaxRetentionDays) {
		return Invalid{"outbox_days": "Use 30 to 3650 days, or leave it blank to keep it for ever."}
	}
	return db.Tx(ctx, func(db *DB) error {
		var old *int
		if err := db.idb.NewRaw("SELECT retention_days FROM outbox_settings FOR UPDATE").Scan(ctx, &old); err != nil {
			return err
		}
		if _, err := db.idb.NewRaw("UPDATE outbox_settings SET retention_days = ?", days).Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActOutboxRetention, Changes: changed(Change{"Days", daysWords(old), daysWords(days)})})
	})
}

// PurgeOutbox deletes up to n actions that ended before the retention began, and returns the number.
func (db *DB) PurgeOutbox(ctx context.Context, n int) (int, error) {
	result, err := db.idb.NewRaw(`
		DELETE FROM actions WHERE id IN (
			SELECT id FROM actions
			WHERE ended_at < (SELECT ?::timestamptz - make_interval(days => retention_days) FROM outbox_settings)
			ORDER BY ended_at LIMIT ?)`, db.now(), n).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("purging the outbox: %w", err)
	}
	deleted, err := result.RowsAffected()
	return int(deleted), err
}
