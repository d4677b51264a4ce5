package models

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// LoggedIn is the result of a login: a session token for the browser. If AwaitsCode is true, the session gives no
// access until LogInCode has checked a code. Otherwise Device is the token by which the device is known for
// DeviceMaxAge.
type LoggedIn struct {
	Token, Device string
	AwaitsCode    bool
}

// LogIn checks a password and starts a session. A wrong name and a wrong password give the same ErrLogin after the same
// work. Too many give Throttled, by device for a known device and else by account, network and address.
func (db *DB) LogIn(ctx context.Context, username, password string, from Origin) (LoggedIn, error) {
	username = strings.TrimSpace(username)
	account := sha256.Sum256([]byte(strings.ToLower(username)))
	tries, err := db.triesAt(ctx, fmt.Sprintf("account:%x", account), from, named(username))
	if err != nil {
		return LoggedIn{}, err
	}
	// The try is counted before the password check, so that parallel guesses all count.
	if err := db.countLogin(ctx, tries); err != nil {
		return LoggedIn{}, err // not recorded, so that a throttled client cannot fill the log
	}
	staff, err := db.authenticate(ctx, username, password)
	if errors.Is(err, ErrLogin) {
		return LoggedIn{}, db.refused(ctx, staff.at(from), Entry{Action: ActLogIn, Reason: "Wrong name or password."}, err)
	}
	if err != nil {
		return LoggedIn{}, err
	}
	hash, err := db.passwords.refreshed(ctx, staff.PasswordHash, password)
	if err != nil {
		return LoggedIn{}, err
	}
	var in LoggedIn
	err = db.Tx(ctx, func(db *DB) error {
		if err := db.seen(ctx, staff, hash); err != nil {
			return err
		}
		if err := db.forgiveLogin(ctx, tries); err != nil {
			return err
		}
		if in.AwaitsCode, err = db.hasSecondFactor(ctx, staff.ID); err != nil {
			return err
		}
		if in.AwaitsCode {
			in.Token, err = db.startSession(ctx, Session{StaffID: staff.ID, AwaitsCode: true}, from)
			return err
		}
		if in, err = db.admit(ctx, staff, from); err != nil {
			return err
		}
		return db.record(ctx, staff.at(from), Entry{Action: ActLogIn})
	})
	return in, err
}

// admit starts a session that gives access and makes the device known.
func (db *DB) admit(ctx context.Context, staff Staff, from Origin) (in LoggedIn, err error) {
	if in.Device, err = db.rememberDevice(ctx, from.Device, staff.ID); err != nil {
		return LoggedIn{}, err
	}
	in.Token, err = db.startSession(ctx, Session{StaffID: staff.ID, DeviceHash: tokenHash(in.Device)}, from)
	return in, err
}

// LogInCode completes a login that awaits a code: one from the app or a recovery code. It starts a new session. It
// returns ErrNotFound if the login has expired or does not exist, ErrCode for a wrong code, and Throttled after too many
// wrong ones.
func (db *DB) LogInCode(ctx context.Context, token, code string, from Origin) (LoggedIn, error) {
	staff, err := db.awaitingCode(ctx, token)
	if err != nil {
		return LoggedIn{}, err
	}
	tries, err := db.triesAt(ctx, "code:"+strconv.FormatInt(staff.ID, 10), from, func(s Staff) bool { return s.ID == staff.ID })
	if err != nil {
		return LoggedIn{}, err
	}
	if err := db.countLogin(ctx, tries); err != nil {
		return LoggedIn{}, err
	}
	var in LoggedIn
	err = db.Tx(ctx, func(db *DB) error {
		if err := db.seen(ctx, staff, staff.PasswordHash); err != nil {
			return err
		}
		used, err := db.useCode(ctx, staff.ID, code)
		if err != nil {
			return err
		}
		result, err := db.idb.NewDelete().Model((*Session)(nil)).Where("token_hash = ? AND awaits_code", tokenHash(token)).Exec(ctx)
		if err != nil {
			return err
		}
		if err := oneRow(result); err != nil {
			return err
		}
		if in, err = db.admit(ctx, staff, from); err != nil {
			return err
		}
		if err := db.forgiveLogin(ctx, tries); err != nil {
			return err
		}
		return db.record(ctx, staff.at(from), Entry{Action: ActLogIn, Changes: []Change{{Field: "2FA", New: used}}})
	})
	if errors.Is(err, ErrCode) {
		err = db.refused(ctx, staff.at(from), Entry{Action: ActLogIn, Reason: "Wrong 2FA code."}, err)
	}
	return in, err
}

// awaitingCode returns the staff member whose login with this token still awaits its code.
func (db *DB) awaitingCode(ctx context.Context, token string) (Staff, error) {
	var staff Staff
	err := db.idb.NewSelect().Model(&staff).Where("disabled_at IS NULL").
		Where("id = (SELECT staff_id FROM sessions WHERE token_hash = ? AND awaits_code AND created_at > ?)",
			tokenHash(token), db.now().Add(-codeWithin)).Scan(ctx)
	return staff, notFound(err)
}

// AwaitsCode reports whether the login with this token still awaits its code.
func (db *DB) AwaitsCode(ctx context.Context, token string) (bool, error) {
	_, err := db.awaitingCode(ctx, token)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// seen stores that a person logged in. It returns ErrLogin if their password changed or they were disabled since the
// password check: otherwise a session that starts just after a new password ended all others would survive. hash is the
// password's hash, recomputed if its cost was outdated.
func (db *DB) seen(ctx context.Context, s Staff, hash string) error {
	result, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("last_seen_at = ?", db.now()).Set("password_hash = ?", hash).
		Where("id = ? AND password_hash = ? AND disabled_at IS NULL", s.ID, s.PasswordHash).Exec(ctx)
	if err != nil {
		return err
	}
	if err := oneRow(result); errors.Is(err, ErrNotFound) {
		return ErrLogin
	}
	return nil
}

// authenticate returns the staff member with this name and password. With ErrLogin it also returns the owner of the
// name, if there is one. An unknown name may be a password typed into the wrong field, so it is not stored.
func (db *DB) authenticate(ctx context.Context, username, password string) (Staff, error) {
	staff, err := db.staffNamed(ctx, username)
	if err != nil {
		return Staff{}, err
	}
	hash := staff.PasswordHash
	if hash == "" {
		hash = db.passwords.unknown()
	}
	matches, err := passwordMatches(ctx, hash, password)
	if err != nil {
		return Staff{}, err
	}
	if !matches || staff.ID == 0 || !staff.DisabledAt.IsZero() {
		return staff, ErrLogin
	}
	return staff, nil
}

// staffNamed returns the staff member with this name, the zero Staff if there is none. Go compares the names, because
// PostgreSQL may log its statements and the name may be a password typed into the wrong field.
func (db *DB) staffNamed(ctx context.Context, username string) (staff Staff, err error) {
	var names []struct {
		ID       int64
		Username string
	}
	if err := db.idb.NewRaw("SELECT id, username FROM staff").Scan(ctx, &names); err != nil {
		return Staff{}, err
	}
	var id int64
	lower := strings.ToLower(username)
	for _, n := range names {
		if n.Username == username || id == 0 && strings.ToLower(n.Username) == lower {
			id = n.ID
		}
	}
	if id == 0 {
		return Staff{}, nil
	}
	err = db.idb.NewSelect().Model(&staff).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) { // removed meanwhile
		return Staff{}, nil
	}
	return staff, err
}

// refused logs a refusal and returns its cause. If the log entry fails, it returns that error instead, because it is
// worse.
func (db *DB) refused(ctx context.Context, v Viewer, e Entry, why error) error {
	e.Result = Refused
	return cmp.Or(db.record(ctx, v, e), why)
}

// at returns the staff member as an actor for the activity log, before a viewer exists.
func (s Staff) at(from Origin) Viewer {
	return Viewer{StaffID: s.ID, Username: s.Username, From: from}
}

// Throttled means that too many logins failed. Until is the time of the next allowed try.
type Throttled struct{ Until time.Time }

// Error says when the next try is allowed.
func (e Throttled) Error() string {
	return "too many failed logins; try again at " + e.Until.UTC().Format(time.TimeOnly) + " UTC"
}
