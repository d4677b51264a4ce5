package models

import (
	"context"
	"fmt"
)

// ShortestActivityDays is the shortest retention of the log in days; the database enforces it too.
const ShortestActivityDays = 30

// ActivityDays returns the retention of the log in days; nil keeps it for ever.
func (db *DB) ActivityDays(ctx context.Context, v Viewer) (*int, error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	var days *int
	err := db.idb.NewRaw("SELECT retention_days FROM activity_settings").Scan(ctx, &days)
	return days, err
}

// SetActivityDays sets the retention of the log in days; nil keeps it for ever. Its errors are Invalid by field. A
// background job deletes older rows. It needs an owner, so that an admin cannot delete the record of their own actions.
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

// PurgeActivity deletes up to n rows of the log that are older than its retention, by the database's clock, and returns
// the number. The database refuses to delete any other row.
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
