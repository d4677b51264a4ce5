package models

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"
)

// Standing is how far a viewer's session has got: what must be done before anything else, and when its owner last
// proved who they are.
type Standing struct {
	ConfirmedAt     time.Time
	HasSecondFactor bool
	// MustSetUpSecondFactor says that everybody must have a second factor and the viewer has none.
	MustSetUpSecondFactor bool
}

func (db *DB) standing(ctx context.Context, s Staff, session Session, settings LoginSettings) (Standing, error) {
	has, err := db.hasSecondFactor(ctx, s.ID)
	return Standing{ConfirmedAt: session.ConfirmedAt, HasSecondFactor: has,
		MustSetUpSecondFactor: settings.EverybodyTwoFactor && !has}, err
}

// OpenSession is one of a person's own sessions as they see it.
type OpenSession struct {
	ID            int64
	Device        string
	Address       string
	StartedAt     time.Time
	LastUsedAt    time.Time
	IsThisBrowser bool
}

// Sessions are the viewer's own that have not ended, this browser's first, then the last used.
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
		return db.record(ctx, s.at(Origin{session.IP, session.UserAgent}), Entry{Action: ActLogOut})
	})
}

// EndSession ends one of the viewer's own sessions. ErrNotFound when it is another's or has ended.
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

// EndOtherSessions ends the viewer's sessions but this one.
func (db *DB) EndOtherSessions(ctx context.Context, v Viewer) error {
	return db.Tx(ctx, func(db *DB) error {
		if err := db.endSessions(ctx, v, v.StaffID); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActEndSessions})
	})
}

// oneRow is ErrNotFound when a statement met no row.
func oneRow(result sql.Result) error {
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// withoutRows takes the driver's "no rows" for the answer that it is where there need be none.
func withoutRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
