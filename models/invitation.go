package models

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// inviteFor is how long an invitation link works.
const inviteFor = 72 * time.Hour

// Invite creates a link with which a member sets their password, once and before the returned time. An earlier link
// stops working. token is the secret part of the link; only its hash is stored.
func (db *DB) Invite(ctx context.Context, v Viewer, id int64) (token string, until time.Time, err error) {
	token = newToken()
	now := db.now()
	until = now.Add(inviteFor)
	err = db.changeMember(ctx, v, id, ActInviteStaff, func(db *DB, actor Viewer, m Member) ([]Change, error) {
		if !m.DisabledAt.IsZero() {
			return nil, Invalid{"invite": m.Username + " is disabled. Enable them first."}
		}
		link := Invitation{StaffID: id, InvitedBy: actor.StaffID, TokenHash: tokenHash(token), CreatedAt: now, ExpiresAt: until}
		_, err := db.idb.NewInsert().Model(&link).On("CONFLICT (staff_id) DO UPDATE").
			Set("token_hash = EXCLUDED.token_hash").Set("invited_by = EXCLUDED.invited_by").
			Set("created_at = EXCLUDED.created_at").Set("expires_at = EXCLUDED.expires_at").Exec(ctx)
		return []Change{{Field: "Works until", New: until.UTC().Format("2006-01-02 15:04 MST")}}, err
	})
	return token, until, err
}

// Invited returns the member that a link invites. It returns ErrNotFound if the link was used, has expired or never
// existed, if the member is disabled, or if the link's creator may no longer change the member.
func (db *DB) Invited(ctx context.Context, token string) (Staff, error) {
	var link Invitation
	err := db.idb.NewSelect().Model(&link).Where("token_hash = ? AND expires_at > ?", tokenHash(token), db.now()).Scan(ctx)
	if err != nil {
		return Staff{}, notFound(err)
	}
	var s Staff
	if err := db.idb.NewSelect().Model(&s).Where("id = ? AND disabled_at IS NULL", link.StaffID).Scan(ctx); err != nil {
		return Staff{}, notFound(err)
	}
	return s, db.stillInvites(ctx, link)
}

// stillInvites returns ErrNotFound if a link's creator may no longer change the invited member. The creator may have
// kept the link. It must not give them permissions that the member got since, nor any access after the creator was
// disabled.
func (db *DB) stillInvites(ctx context.Context, link Invitation) error {
	if link.InvitedBy == 0 {
		return nil
	}
	may, err := db.mayChange(ctx, link.InvitedBy, link.StaffID)
	if err == nil && !may {
		err = ErrNotFound
	}
	return err
}

// mayChange reports whether a staff member, with their current permissions, may change a member.
func (db *DB) mayChange(ctx context.Context, by, member int64) (bool, error) {
	var actor Staff
	err := notFound(db.idb.NewSelect().Model(&actor).Where("id = ? AND disabled_at IS NULL", by).Scan(ctx))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v, err := db.viewerOf(ctx, actor)
	if err != nil {
		return false, err
	}
	found, err := db.known(ctx, v, func(q *bun.SelectQuery) { q.Where("id = ?", member) })
	if errors.Is(err, ErrNotAllowed) {
		return false, nil
	}
	return err == nil && len(found) > 0 && found[0].Changeable, err
}

// AcceptInvitation sets the password of the invited member and ends their sessions. Of parallel calls with one link
// only one succeeds. It returns ErrNotFound as Invited does. Its other errors are Invalid by field and leave the link
// valid.
func (db *DB) AcceptInvitation(ctx context.Context, token, password string, from Origin) (Staff, error) {
	s, err := db.Invited(ctx, token)
	if err != nil {
		return Staff{}, err
	}
	if problem := PasswordProblem(password, s.Username); problem != "" {
		return Staff{}, Invalid{"password": problem}
	}
	hash, err := db.passwords.hash(ctx, password)
	if err != nil {
		return Staff{}, err
	}
	err = db.Tx(ctx, func(db *DB) error {
		var link Invitation
		err := db.idb.NewDelete().Model(&link).Where("token_hash = ? AND expires_at > ?", tokenHash(token), db.now()).Returning("*").Scan(ctx)
		if err != nil {
			return notFound(err)
		}
		err = db.idb.NewRaw(`UPDATE staff SET password_hash = ?, password_by = NULL, must_change_password = false WHERE id = ? AND disabled_at IS NULL
			RETURNING id, username`, hash, link.StaffID).Scan(ctx, &s.ID, &s.Username)
		if err != nil {
			return notFound(err)
		}
		if err := db.stillInvites(ctx, link); err != nil { // again, because here the member's row is locked against changes
			return err
		}
		if _, err := db.idb.NewDelete().Model((*Session)(nil)).Where("staff_id = ?", s.ID).Exec(ctx); err != nil {
			return err
		}
		if err := db.forgetDevices(ctx, s.ID, nil); err != nil {
			return err
		}
		return db.record(ctx, Viewer{StaffID: s.ID, Username: s.Username, From: from}, s.entry(ActAcceptInvite, nil))
	})
	return s, err
}
