package models

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"
)

// Standing is the state of a viewer's session: required steps before any other page, and when its owner last proved
// their identity.
type Standing struct {
	ConfirmedAt     time.Time
	HasSecondFactor bool
	// MustSetUpSecondFactor says that all staff must have a second factor and the viewer has none.
	MustSetUpSecondFactor bool
}

func (db *DB) standing(ctx context.Context, s Staff, session Session, settings LoginSettings) (Standing, error) {
	has, err := db.hasSecondFactor(ctx, s.ID)
	return Standing{ConfirmedAt: session.ConfirmedAt, HasSecondFactor: has,
		MustSetUpSecondFactor: settings.EverybodyTwoFactor && !has}, err
}

// OpenSession is one of a person's own sessions as their account page shows it.
type OpenSession struct {
	ID            int64
	Device        string
	Address       string
	StartedAt     time.Time
	LastUsedAt    time.Time
	IsThisBrowser bool
}

// Sessions returns the viewer's own active sessions: the current one first, then by last use.
func (db *DB) Sessions(ctx context.Context, v Viewer) ([]OpenSession, error) {
	settings, err := db.LoginSettings(ctx)
	if err != nil {
		return nil, err
	}
	var all []Session
	now := db.now()
	err = db.idb.NewSelect().Model(&all).Where("staff_id = ?", v.StaffID).Where("NOT awaits_code").
		Where("last_active_at > ?", now.Add(-settings.idle())).Where("created_at > ?", now.Add(-settings.longest())).
		OrderExpr("token_hash = ? DESC, last_active_at DESC, id", v.session).Limit(100).Scan(ctx)
	open := make([]OpenSession, len(all))
	for i, s := range all {
		open[i] = OpenSession{ID: s.ID, Device: cmp.Or(device(s.UserAgent), "Unknown device"), Address: s.IP, StartedAt: s.CreatedAt,
			LastUsedAt: s.LastActiveAt, IsThisBrowser: string(s.TokenHash) == string(v.session)}
	}
	return open, err
}

// LogOut ends the session of a token, if there is one.
func (db *DB) LogOut(ctx context.Context, token string) error {
	return db.Tx(ctx, func(db *DB) error {
		var session Session
		err := db.idb.NewDelete().Model(&session).Where("token_hash = ?", tokenHash(token)).Returning("*").Scan(ctx)
		if err != nil || session.AwaitsCode {
			return withoutRows(err)
		}
		var s Staff
		if err := db.idb.NewSelect().Model(&s).Where("id = ?", session.StaffID).Scan(ctx); err != nil {
			return notFound(err)
		}
		return db.record(ctx, s.at(Origin{Address: session.IP, UserAgent: session.UserAgent}), Entry{Action: ActLogOut})
	})
}

// EndSession ends one of the viewer's own sessions. It returns ErrNotFound if it belongs to another person or has
// ended.
func (db *DB) EndSession(ctx context.Context, v Viewer, id int64) error {
	return db.Tx(ctx, func(db *DB) error {
		var s Session
		err := db.idb.NewDelete().Model(&s).Where("id = ? AND staff_id = ?", id, v.StaffID).Returning("*").Scan(ctx)
		if err != nil {
			return notFound(err)
		}
		return db.record(ctx, v, Entry{Action: ActEndSession, Object: ObjectSession, ObjectIDs: []int64{id},
			Changes: []Change{{Field: "Device", New: device(s.UserAgent)}, {Field: "Address", New: s.IP}}})
	})
}

// EndOtherSessions ends all of the viewer's sessions except the current one.
func (db *DB) EndOtherSessions(ctx context.Context, v Viewer) error {
	return db.Tx(ctx, func(db *DB) error {
		if err := db.endSessions(ctx, v, v.StaffID); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActEndSessions})
	})
}

// oneRow returns ErrNotFound if a statement affected no row.
func oneRow(result sql.Result) error {
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// withoutRows drops the driver's "no rows" error, for queries where no row is a valid result.
func withoutRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
