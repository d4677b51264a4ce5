package models

import (
	"context"
	"crypto/sha256"
	"time"
	"unicode/utf8"
)

// ViewerOf finds whose session a token is and when the session ends. ErrNotFound when the session is unknown, has
// ended, or its owner is disabled. active says that a person did something, which keeps the session alive; a page
// that refreshes itself is not active.
func (db *DB) ViewerOf(ctx context.Context, token string, active bool) (Viewer, time.Time, error) {
	var session Session
	now := db.now()
	err := db.idb.NewSelect().Model(&session).Where("token_hash = ?", tokenHash(token)).
		Where("last_active_at > ?", now.Add(-SessionIdle)).Where("created_at > ?", now.Add(-SessionMax)).Scan(ctx)
	if err != nil {
		return Viewer{}, time.Time{}, notFound(err)
	}
	var staff Staff
	err = db.idb.NewSelect().Model(&staff).Where("id = ?", session.StaffID).Where("disabled_at IS NULL").Scan(ctx)
	if err != nil {
		return Viewer{}, time.Time{}, notFound(err)
	}
	if active && now.Sub(session.LastActiveAt) >= TouchEvery {
		if err := db.touch(ctx, session, now); err != nil {
			return Viewer{}, time.Time{}, err
		}
		session.LastActiveAt = now
	}
	viewer, err := db.viewerOf(ctx, staff)
	viewer.session = session.TokenHash
	return viewer, session.EndsAt(), err
}

func (db *DB) touch(ctx context.Context, s Session, now time.Time) error {
	if _, err := db.idb.NewUpdate().Model((*Session)(nil)).Set("last_active_at = ?", now).
		Where("token_hash = ?", s.TokenHash).Exec(ctx); err != nil {
		return err
	}
	_, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("last_seen_at = ?", now).Where("id = ?", s.StaffID).Exec(ctx)
	return err
}

// LogOut ends the session of a token.
func (db *DB) LogOut(ctx context.Context, token string) error {
	_, err := db.idb.NewDelete().Model((*Session)(nil)).Where("token_hash = ?", tokenHash(token)).Exec(ctx)
	return err
}

// PurgeSessions deletes sessions that have ended and login failures that are forgotten.
func (db *DB) PurgeSessions(ctx context.Context) error {
	now := db.now()
	if _, err := db.idb.NewDelete().Model((*Session)(nil)).Where("last_active_at < ? OR created_at < ?",
		now.Add(-SessionIdle), now.Add(-SessionMax)).Exec(ctx); err != nil {
		return err
	}
	_, err := db.idb.NewRaw("DELETE FROM login_failures WHERE last_failed_at < ?", now.Add(-failuresForgotten)).Exec(ctx)
	return err
}

// tokenHash is how a session is stored. The token has 256 random bits, so a plain hash is enough.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// clip cuts text to at most n bytes at a character's border and drops what is not UTF-8 or is NUL.
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
