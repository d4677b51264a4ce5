package models

import (
	"context"
	"time"
)

// inviteFor is how long a link works.
const inviteFor = 72 * time.Hour

// Invite makes a link by which a member sets their password, once and until the time returned; a link made before stops
// working. token is all that the link has to carry, and is kept nowhere.
func (db *DB) Invite(ctx context.Context, v Viewer, id int64) (token string, until time.Time, err error) {
	token = newToken()
	now := db.now()
	until = now.Add(inviteFor)
	err = db.changeMember(ctx, v, id, ActInviteStaff, func(db *DB, _ Viewer, m Member) ([]Change, error) {
		if !m.DisabledAt.IsZero() {
			return nil, Invalid{"invite": m.Username + " is disabled. Enable them first."}
		}
		link := Invitation{StaffID: id, TokenHash: tokenHash(token), CreatedAt: now, ExpiresAt: until}
		_, err := db.idb.NewInsert().Model(&link).On("CONFLICT (staff_id) DO UPDATE").Set("token_hash = EXCLUDED.token_hash").
			Set("created_at = EXCLUDED.created_at").Set("expires_at = EXCLUDED.expires_at").Exec(ctx)
		return []Change{{Field: "Works until", New: until.UTC().Format("2006-01-02 15:04 MST")}}, err
	})
	return token, until, err
}

// Invited is whom a link invites. ErrNotFound when it was used, has ended or was never made, or they are disabled.
func (db *DB) Invited(ctx context.Context, token string) (Staff, error) {
	var s Staff
	err := db.idb.NewSelect().Model(&s).Join("JOIN invitations AS invitation ON invitation.staff_id = staff.id").
		Where("invitation.token_hash = ? AND invitation.expires_at > ?", tokenHash(token), db.now()).
		Where("staff.disabled_at IS NULL").Scan(ctx)
	return s, notFound(err)
}

// AcceptInvitation sets the password of whom a link invites, and ends the sessions they had; of many tries at once only
// one succeeds. ErrNotFound as Invited; its other errors are Invalid by field, and leave the link as it was.
func (db *DB) AcceptInvitation(ctx context.Context, token, password string, from Origin) (Staff, error) {
	s, err := db.Invited(ctx, token)
	if err != nil {
		return Staff{}, err
	}
	if problem := PasswordProblem(password, s.Username); problem != "" {
		return Staff{}, Invalid{"password": problem}
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return Staff{}, err
	}
	err = db.Tx(ctx, func(db *DB) error {
		err := db.idb.NewRaw("DELETE FROM invitations WHERE token_hash = ? AND expires_at > ? RETURNING staff_id AS id",
			tokenHash(token), db.now()).Scan(ctx, &s.ID)
		if err != nil {
			return notFound(err)
		}
		err = db.idb.NewRaw(`UPDATE staff SET password_hash = ?, must_change_password = false WHERE id = ? AND disabled_at IS NULL
			RETURNING username`, hash, s.ID).Scan(ctx, &s.Username)
		if err != nil {
			return notFound(err)
		}
		if _, err := db.idb.NewDelete().Model((*Session)(nil)).Where("staff_id = ?", s.ID).Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, Viewer{StaffID: s.ID, Username: s.Username, From: from}, s.entry(ActAcceptInvite, nil))
	})
	return s, err
}
