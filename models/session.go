package models

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// The default lengths of a session, which LoginSettings override, and the precision of its last use.
const (
	// SessionIdle ends a session after this time without use by a person; auto-refresh does not count as use.
	SessionIdle = 4 * time.Hour
	// SessionMax ends a session after this time in any case.
	SessionMax = 14 * time.Hour
	// TouchEvery is the precision of a session's last use; a write on every click would cost more.
	TouchEvery = time.Minute
	// codeWithin is the time after the password in which the code must follow.
	codeWithin = 5 * time.Minute
)

// Session is a logged-in browser. Only the hash of its token is stored, so a copy of the table gives no access.
type Session struct {
	bun.BaseModel `bun:"table:sessions,alias:session"`
	TokenHash     []byte    `bun:"token_hash,pk"`
	ID            int64     `bun:"id,autoincrement"`
	StaffID       int64     `bun:"staff_id"`
	CreatedAt     time.Time `bun:"created_at"`
	LastActiveAt  time.Time `bun:"last_active_at"`
	// AwaitsCode says that the password was right and the second factor is still missing; until then the session gives
	// no access.
	AwaitsCode bool `bun:"awaits_code"`
	// ConfirmedAt is when the person last proved their identity with a password or a code.
	ConfirmedAt time.Time `bun:"confirmed_at"`
	IP          string    `bun:"ip"`
	UserAgent   string    `bun:"user_agent"`
	// DeviceHash is the hash of the device's token; it is missing while the session awaits a code.
	DeviceHash []byte `bun:"device_hash"`
}

// EndsAt returns when the session ends without further use.
func (s Session) EndsAt(settings LoginSettings) time.Time {
	idle, hard := s.LastActiveAt.Add(settings.idle()), s.CreatedAt.Add(settings.longest())
	if idle.Before(hard) {
		return idle
	}
	return hard
}

// startSession starts a session of an origin and returns its token, which only the browser stores.
func (db *DB) startSession(ctx context.Context, s Session, from Origin) (token string, err error) {
	token, now := newToken(), db.now()
	s.TokenHash, s.CreatedAt, s.LastActiveAt, s.ConfirmedAt = tokenHash(token), now, now, now
	s.IP, s.UserAgent = from.Address, clip(from.UserAgent, 300)
	_, err = db.idb.NewInsert().Model(&s).Exec(ctx)
	return token, err
}

// rotateSession gives the viewer's session a new token and invalidates the old one: after its owner has proved their
// identity, a token that was stolen earlier is worthless. It returns ErrNotFound if the session has ended.
func (db *DB) rotateSession(ctx context.Context, v Viewer) (token string, err error) {
	token = newToken()
	result, err := db.idb.NewUpdate().Model((*Session)(nil)).Set("token_hash = ?", tokenHash(token)).
		Set("confirmed_at = ?", db.now()).Where("token_hash = ?", v.session).Exec(ctx)
	if err != nil {
		return "", err
	}
	return token, oneRow(result)
}

// ViewerOf returns the viewer of a session token and when the session ends. It returns ErrNotFound if the session is
// unknown or has ended, or if its owner is disabled. active says that a person did something, which keeps the session
// alive; a page that refreshes automatically is not active.
func (db *DB) ViewerOf(ctx context.Context, token string, active bool) (Viewer, time.Time, error) {
	session, settings, err := db.openSession(ctx, token)
	if err != nil {
		return Viewer{}, time.Time{}, err
	}
	var staff Staff
	err = db.idb.NewSelect().Model(&staff).Where("id = ?", session.StaffID).Where("disabled_at IS NULL").Scan(ctx)
	if err != nil {
		return Viewer{}, time.Time{}, notFound(err)
	}
	if now := db.now(); active && now.Sub(session.LastActiveAt) >= TouchEvery {
		if err := db.touch(ctx, session, now); err != nil {
			return Viewer{}, time.Time{}, err
		}
		session.LastActiveAt = now
	}
	viewer, err := db.viewerOf(ctx, staff)
	if err != nil {
		return Viewer{}, time.Time{}, err
	}
	viewer.session = session.TokenHash
	viewer.Standing, err = db.standing(ctx, staff, session, settings)
	return viewer, session.EndsAt(settings), err
}

// openSession returns the session of a token. It returns ErrNotFound if the session has ended or awaits a code.
func (db *DB) openSession(ctx context.Context, token string) (Session, LoginSettings, error) {
	settings, err := db.LoginSettings(ctx)
	if err != nil {
		return Session{}, settings, err
	}
	var session Session
	err = db.idb.NewSelect().Model(&session).Where("token_hash = ?", tokenHash(token)).Where("NOT awaits_code").Scan(ctx)
	if err == nil && !db.now().Before(session.EndsAt(settings)) {
		err = ErrNotFound
	}
	return session, settings, notFound(err)
}

func (db *DB) touch(ctx context.Context, s Session, now time.Time) error {
	if _, err := db.idb.NewUpdate().Model((*Session)(nil)).Set("last_active_at = ?", now).
		Where("token_hash = ?", s.TokenHash).Exec(ctx); err != nil {
		return err
	}
	_, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("last_seen_at = ?", now).Where("id = ?", s.StaffID).Exec(ctx)
	return err
}

// PurgeSessions deletes ended sessions, expired devices, and login failures that no longer count.
func (db *DB) PurgeSessions(ctx context.Context) error {
	settings, err := db.LoginSettings(ctx)
	if err != nil {
		return err
	}
	now := db.now()
	if _, err := db.idb.NewDelete().Model((*Session)(nil)).Where("last_active_at < ? OR created_at < ? OR awaits_code AND created_at < ?",
		now.Add(-settings.idle()), now.Add(-settings.longest()), now.Add(-codeWithin)).Exec(ctx); err != nil {
		return err
	}
	if _, err := db.idb.NewRaw("DELETE FROM login_devices WHERE expires_at < ?", now).Exec(ctx); err != nil {
		return err
	}
	if _, err := db.idb.NewRaw("DELETE FROM login_budgets WHERE full_at < ?", now).Exec(ctx); err != nil {
		return err
	}
	_, err = db.idb.NewRaw("DELETE FROM login_failures WHERE last_failed_at < ?", now.Add(-failuresForgotten)).Exec(ctx)
	return err
}

// newToken returns 256 random bits in the form that a browser stores.
func newToken() string {
	secret := make([]byte, 32)
	rand.Read(secret)
	return base64.RawURLEncoding.EncodeToString(secret)
}

// tokenHash returns the stored form of a token. The token has 256 random bits, so a plain hash is enough.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// clip cuts text to at most n bytes at a character boundary and drops invalid UTF-8 and NUL.
func clip(text string, n int) string {
	clean := make([]rune, 0, min(len(text), n))
	size := 0
	for _, r := range text {
		if r == 0 || r == utf8.RuneError {
			continue
		}
		if size += utf8.RuneLen(r); size > n {
			break
		}
		clean = append(clean, r)
	}
	return string(clean)
}
