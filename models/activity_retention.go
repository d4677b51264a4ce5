package models

import (
	"context"
	"fmt"
)

// ShortestActivityDays is the shortest time for which the log is kept; the database holds to it.
const ShortestActivityDays = 30

// ActivityDays is for how many days the log is kept, nil for ever.
func (db *DB) ActivityDays(ctx context.Context, v Viewer) (*int, error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	var days *int
	err := db.idb.NewRaw("SELECT retention_days FROM activity_settings").Scan(ctx, &days)
	return days, err
}

// SetActivityDays changes for how many days the log is kept, nil for ever; its errors are Invalid by field. What is older
// is deleted in the background. It needs an owner: an admin must not be able to shorten what tells on them.
func (db *DB) SetActivityDays(ctx context.Context, v Viewer, days *int) error {
	if v.Role != RoleOwner {
		return ErrNotAllowed
	}
	if days != nil && (*days < ShortestActivityDays || *days > MaxRetentionDays) {
		return Invalid{"activity_days": "Use 30 to 3650 days, or leave it blank to keep the log for ever."}
	}
	return db.Tx(ctx, func(db *DB) error {
		var old *int
		if err := db.idb.NewRaw("SELECT retention_days FROM activity_settings FOR UPDATE").Scan(ctx, &old); err != nil {
			return err
		}
		if _, err := db.idb.NewRaw("UPDATE activity_settings SET retention_days = ?", days).Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActActivityRetention, Changes: changed(Change{"Days", daysWords(old), daysWords(days)})})
	})
}

// PurgeActivity deletes up to n rows of the log that are past its retention, by the database's own clock, and returns how
// many. The database refuses to delete any other.
func (db *DB) PurgeActivity(ctx context.Context, n int) (int, error) {
	result, err := db.idb.NewRaw(`
		DELETE FROM activity WHERE id IN (
			SELECT id FROM activity
			WHERE at < (SELECT now() - make_interval(days => retention_days) FROM activity_settings)
			ORDER BY at LIMIT ?)`, n).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("purging the activity log: %w", err)
	}
	deleted, err := result.RowsAffected()
	return int(deleted), err
}
