package models

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// SyncSettings are the settings for calls to the panels, for all resources.
type SyncSettings struct {
	bun.BaseModel `bun:"table:sync_settings,alias:sync_settings"`
	// CallsPerSecond is the rate limit per panel, from 1 to 5.
	CallsPerSecond int `bun:"calls_per_second"`
	// StaffShare is the part of the limit, in percent, that background reads leave for staff.
	StaffShare int `bun:"staff_share"`
	// MinIntervalSeconds and MaxIntervalSeconds limit the interval between reads of an open order.
	MinIntervalSeconds int `bun:"min_interval_seconds"`
	MaxIntervalSeconds int `bun:"max_interval_seconds"`
	// LookbackDays is the age up to which final orders are still read again, about once a day.
	LookbackDays int `bun:"lookback_days"`
	// Adaptive lets the interval of an open order grow while it does not change; otherwise each is read at the minimum
	// interval.
	Adaptive bool `bun:"adaptive"`
	// HistoryMax is the number of records of a list after which reading stops until a person confirms that the list
	// really goes on.
	HistoryMax int `bun:"history_max"`
}

// MinInterval returns MinIntervalSeconds as a duration.
func (s SyncSettings) MinInterval() time.Duration {
	return time.Duration(s.MinIntervalSeconds) * time.Second
}

// MaxInterval returns MaxIntervalSeconds as a duration.
func (s SyncSettings) MaxInterval() time.Duration {
	return time.Duration(s.MaxIntervalSeconds) * time.Second
}

// Lookback returns LookbackDays as a duration.
func (s SyncSettings) Lookback() time.Duration {
	return time.Duration(s.LookbackDays) * 24 * time.Hour
}

func (s SyncSettings) check() error {
	invalid := Invalid{}
	between := func(field string, value, from, to int, message string) {
		if value < from || value > to {
			invalid[field] = message
		}
	}
	between("calls_per_second", s.CallsPerSecond, 1, 5, "A panel allows at most 5 calls a second: use 1 to 5.")
	between("staff_share", s.StaffShare, 0, 80, "Use 0 to 80 percent.")
	between("min_interval_seconds", s.MinIntervalSeconds, 1, 3600, "Use 1 to 3600 seconds.")
	between("max_interval_seconds", s.MaxIntervalSeconds, 10, 86400, "Use 10 to 86400 seconds.")
	between("lookback_days", s.LookbackDays, 1, 365, "Use 1 to 365 days.")
	between("history_max", s.HistoryMax, 1000, 1_000_000_000, "Use 1000 to 1000000000 records.")
	if len(invalid) == 0 && s.MinIntervalSeconds > s.MaxIntervalSeconds {
		invalid["max_interval_seconds"] = "The maximum must not be below the minimum."
	}
	return invalid.orNil()
}

// SyncSettings returns the sync settings.
func (db *DB) SyncSettings(ctx context.Context) (SyncSettings, error) {
	var s SyncSettings
	err := db.idb.NewSelect().Model(&s).Scan(ctx)
	return s, notFound(err)
}

// SetSyncSettings stores the sync settings; its errors are Invalid by field.
func (db *DB) SetSyncSettings(ctx context.Context, v Viewer, s SyncSettings) error {
	if !v.Can(PermManage) {
		return ErrNotAllowed
	}
	if err := s.check(); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		var old SyncSettings
		if err := db.idb.NewSelect().Model(&old).For("UPDATE").Scan(ctx); err != nil {
			return err
		}
		if _, err := db.idb.NewUpdate().Model(&s).Where("one").Exec(ctx); err != nil {
			return err
		}
		if err := db.record(ctx, v, Entry{Action: ActSyncSettings, Changes: s.changesFrom(old)}); err != nil {
			return err
		}
		// Make the open loops due now, so that they use the new intervals.
		_, err := db.idb.NewUpdate().Model((*StreamLoop)(nil)).Where("loop = ?", LoopOpen).Where("due_at IS NOT NULL").
			Set("due_at = least(due_at, ?)", db.now()).Exec(ctx)
		return err
	})
}

// SetResourceSettings sets the interval and the page size of a resource; its errors are Invalid by field. If the next
// read is due later than the new interval allows, it moves to that time.
func (db *DB) SetResourceSettings(ctx context.Context, v Viewer, s ResourceSettings) error {
	if !v.Can(PermManage) {
		return ErrNotAllowed
	}
	invalid := Invalid{}
	if s.IntervalSeconds < 1 || s.IntervalSeconds > 86400 {
		invalid["interval_seconds"] = "Use 1 to 86400 seconds."
	}
	if s.RecordsPerFetch < 1 || s.RecordsPerFetch > 1000 {
		invalid["records_per_fetch"] = "A panel returns at most 1000 records per call. Use 1 to 1000."
	}
	if err := invalid.orNil(); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		var old ResourceSettings
		if err := db.idb.NewSelect().Model(&old).Where("name = ?", s.Name).For("UPDATE").Scan(ctx); err != nil {
			return notFound(err)
		}
		if _, err := db.idb.NewUpdate().Model(&s).Column("interval_seconds", "records_per_fetch").WherePK().Exec(ctx); err != nil {
			return err
		}
		if err := db.record(ctx, v, Entry{Action: ActResourceSettings, Changes: s.changesFrom(old)}); err != nil {
			return err
		}
		_, err := db.idb.NewUpdate().Model((*StreamLoop)(nil)).Where("resource = ? AND loop = ?", s.Name, LoopHead).
			Set("due_at = least(due_at, ?)", db.now().Add(s.Interval())).Exec(ctx)
		return err
	})
}

// ResourcesSettings returns the sync settings of all resources in display order.
func (db *DB) ResourcesSettings(ctx context.Context) ([]ResourceSettings, error) {
	var all []ResourceSettings
	err := db.idb.NewSelect().Model(&all).
		OrderExpr("array_position(ARRAY['orders', 'payments', 'users', 'tickets', 'services'], name)").Scan(ctx)
	return all, err
}
