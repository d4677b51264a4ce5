package models

import (
	"context"
	"strconv"
)

// SetPassword changes the viewer's own password, ends their other sessions and returns a new token for this one. It
// requires the old password, because access to an unattended screen must not be enough. Wrong guesses are Throttled as
// at the login.
func (db *DB) SetPassword(ctx context.Context, v Viewer, old, password string) (token string, err error) {
	s, err := db.checkPassword(ctx, v, old)
	if err != nil {
		return "", err
	}
	if old == password {
		return "", Invalid{"password": "This is your current password. Choose another."} // #nosec G101 -- a message
	}
	if problem := PasswordProblem(password, s.Username); problem != "" {
		return "", Invalid{"password": problem}
	}
	hash, err := db.passwords.hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = db.Tx(ctx, func(db *DB) error {
		result, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("password_hash = ?", hash).Set("password_by = NULL").Set("must_change_password = false").
			Where("id = ? AND password_hash = ?", v.StaffID, s.PasswordHash).Exec(ctx)
		if err != nil {
			return err
		}
		if err := oneRow(result); err != nil {
			return errWrongPassword // it changed after checkPassword read it
		}
		if err := db.endSessions(ctx, v, v.StaffID); err != nil {
			return err
		}
		if token, err = db.rotateSession(ctx, v); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActPassword})
	})
	return token, err
}

var errWrongPassword = Invalid{"old_password": "This is not your current password."}

// checkPassword checks the viewer's own password; its errors are Invalid and Throttled.
func (db *DB) checkPassword(ctx context.Context, v Viewer, password string) (Staff, error) {
	var s Staff
	if err := db.idb.NewSelect().Model(&s).Where("id = ?", v.StaffID).Scan(ctx); err != nil {
		return Staff{}, notFound(err)
	}
	key := "password:" + strconv.FormatInt(v.StaffID, 10)
	if err := db.countFailure(ctx, key, perAccount); err != nil {
		return Staff{}, err
	}
	matches, err := passwordMatches(ctx, s.PasswordHash, password)
	if err != nil {
		return Staff{}, err
	}
	if !matches {
		return Staff{}, errWrongPassword
	}
	return s, db.forgive(ctx, key)
}
