package models

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// How long a session lasts, and how guessing is slowed down.
const (
	// SessionIdle ends a session that no person used; auto-refresh is not use.
	SessionIdle = 4 * time.Hour
	// SessionMax ends a session in any case.
	SessionMax = 14 * time.Hour
	// TouchEvery is how precisely a session's last use is kept; less often than every click saves writes.
	TouchEvery = time.Minute

	freeAccountFailures = 5  // failures before an account is slowed down
	freeAddressFailures = 20 // the same for an address, which an office may share
	firstDelay          = 10 * time.Second
	longestDelay        = 15 * time.Minute
	failuresForgotten   = 24 * time.Hour
)

// Throttled says that too many logins failed and when the next may be tried.
type Throttled struct{ Until time.Time }

// Error tells when the next try is allowed.
func (e Throttled) Error() string {
	return "too many failed logins; try again at " + e.Until.UTC().Format(time.TimeOnly) + " UTC"
}

// Session is a logged-in browser. Only the hash of its token is stored, so that a copy of the table logs nobody in.
type Session struct {
	bun.BaseModel `bun:"table:sessions,alias:session"`
	TokenHash     []byte    `bun:"token_hash,pk"`
	StaffID       int64     `bun:"staff_id"`
	CreatedAt     time.Time `bun:"created_at"`
	LastActiveAt  time.Time `bun:"last_active_at"`
	IP            string    `bun:"ip"`
	UserAgent     string    `bun:"user_agent"`
}

// EndsAt is when the session ends if nobody uses it.
func (s Session) EndsAt() time.Time {
	idle, hard := s.LastActiveAt.Add(SessionIdle), s.CreatedAt.Add(SessionMax)
	if idle.Before(hard) {
		return idle
	}
	return hard
}

// LogIn checks a password and starts a session; token is what the browser keeps. Wrong name and wrong password are the
// same ErrLogin after the same work; too many of them are Throttled, by account and by address.
func (db *DB) LogIn(ctx context.Context, username, password, ip, userAgent string) (token string, err error) {
	username = strings.TrimSpace(username)
	// Counted before the password is looked at, so that guesses made in parallel are all counted.
	account := sha256.Sum256([]byte(strings.ToLower(username)))
	keys := []string{"account:" + fmt.Sprintf("%x", account), "address:" + network(ip)}
	if err := db.countLogin(ctx, keys); err != nil {
		return "", err
	}
	staff, err := db.authenticate(ctx, username, password)
	if err != nil {
		return "", err
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	token = base64.RawURLEncoding.EncodeToString(secret)
	now := db.now()
	session := Session{TokenHash: tokenHash(token), StaffID: staff.ID, CreatedAt: now, LastActiveAt: now,
		IP: ip, UserAgent: clip(userAgent, 300)}
	err = db.Tx(ctx, func(db *DB) error {
		if err := db.seen(ctx, staff, now); err != nil {
			return err
		}
		if _, err := db.idb.NewInsert().Model(&session).Exec(ctx); err != nil {
			return err
		}
		return db.forgiveLogin(ctx, keys)
	})
	return token, err
}

// seen notes that a person logged in, unless their password was changed or they were disabled since it was looked at: a
// session that begins just after a new password ended all others would outlive it.
func (db *DB) seen(ctx context.Context, s Staff, now time.Time) error {
	result, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("last_seen_at = ?", now).
		Where("id = ? AND password_hash = ? AND disabled_at IS NULL", s.ID, s.PasswordHash).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, ErrLogin)
	}
	return nil
}

func (db *DB) authenticate(ctx context.Context, username, password string) (Staff, error) {
	var staff Staff
	err := db.idb.NewSelect().Model(&staff).Where("lower(username) = lower(?)", username).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Staff{}, err
	}
	hash := staff.PasswordHash
	if hash == "" { // no such name: the same work, so that the time tells nothing
		hash = unknownHash
	}
	matches, err := passwordMatches(ctx, hash, password)
	if err != nil {
		return Staff{}, err
	}
	if !matches || staff.ID == 0 || !staff.DisabledAt.IsZero() {
		return Staff{}, ErrLogin
	}
	return staff, nil
}

// unknownHash is compared with when the name is unknown; its parameters are those of hashPassword and no password
// that can be typed gives it.
var unknownHash = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", argonMemory, argonTime, argonLanes,
	base64.RawStdEncoding.EncodeToString(make([]byte, argonSalt)), base64.RawStdEncoding.EncodeToString(make([]byte, argonKey)))
