package models

import (
	"context"
	"strings"
)

// SetMemberPassword sets a password that the viewer knows, and ends the member's sessions. With mustChange the member
// has to choose another at the next login. Its errors are Invalid by field.
func (db *DB) SetMemberPassword(ctx context.Context, v Viewer, id int64, password string, mustChange bool) error {
	if id == v.StaffID {
		return Invalid{"password": "Change your own password under My account."}
	}
	m, err := db.Member(ctx, v, id)
	if err != nil {
		return err
	}
	if problem := PasswordProblem(password, m.Username); problem != "" {
		return Invalid{"password": problem}
	}
	hash, err := db.passwords.hash(ctx, password)
	if err != nil {
		return err
	}
	return db.changeMember(ctx, v, id, ActStaffPassword, func(db *DB, actor Viewer, m Member) ([]Change, error) {
		if _, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("password_hash = ?", hash).
			Set("password_by = ?", actor.StaffID).Set("must_change_password = ?", mustChange).Where("id = ?", id).Exec(ctx); err != nil {
			return nil, err
		}
		if _, err := db.idb.NewDelete().Model((*Invitation)(nil)).Where("staff_id = ?", id).Exec(ctx); err != nil {
			return nil, err
		}
		asked := "no"
		if mustChange {
			asked = "yes"
		}
		return []Change{{Field: "Must change at the next login", New: asked}}, db.endSessions(ctx, actor, id)
	})
}

// DisableMember locks a member out and ends all their sessions immediately. A person cannot disable themselves.
func (db *DB) DisableMember(ctx context.Context, v Viewer, id int64) error {
	return db.changeMember(ctx, v, id, ActDisableStaff, func(db *DB, actor Viewer, m Member) ([]Change, error) {
		if id == actor.StaffID {
			return nil, Invalid{"disable": "You cannot disable yourself."}
		}
		if err := db.checkLastOwner(ctx, m, "disable"); err != nil {
			return nil, err
		}
		if _, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("disabled_at = COALESCE(disabled_at, ?)", db.now()).
			Where("id = ?", id).Exec(ctx); err != nil {
			return nil, err
		}
		return nil, db.endSessions(ctx, actor, id)
	})
}

// EnableMember enables a disabled member again.
func (db *DB) EnableMember(ctx context.Context, v Viewer, id int64) error {
	return db.changeMember(ctx, v, id, ActEnableStaff, func(db *DB, _ Viewer, _ Member) ([]Change, error) {
		_, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("disabled_at = NULL").Where("id = ?", id).Exec(ctx)
		return nil, err
	})
}

// EndMemberSessions logs a member out everywhere. If the viewer is the member, the current session stays.
func (db *DB) EndMemberSessions(ctx context.Context, v Viewer, id int64) error {
	return db.changeMember(ctx, v, id, ActStaffSessions, func(db *DB, actor Viewer, _ Member) ([]Change, error) {
		return nil, db.endSessions(ctx, actor, id)
	})
}

// RemoveMember deletes a member; their entries in the activity log stay. typed must be the username, which the person
// types to confirm. A person cannot remove themselves.
func (db *DB) RemoveMember(ctx context.Context, v Viewer, id int64, typed string) error {
	return db.changeMember(ctx, v, id, ActRemoveStaff, func(db *DB, actor Viewer, m Member) ([]Change, error) {
		if id == actor.StaffID {
			return nil, Invalid{"confirm": "You cannot remove yourself."}
		}
		if !strings.EqualFold(strings.TrimSpace(typed), m.Username) {
			return nil, Invalid{"confirm": "Type " + m.Username + " to remove this staff member."}
		}
		if err := db.checkLastOwner(ctx, m, "confirm"); err != nil {
			return nil, err
		}
		_, err := db.idb.NewDelete().Model((*Staff)(nil)).Where("id = ?", id).Exec(ctx)
		return []Change{{Field: "Role", Old: string(m.Role)}}, err
	})
}

// changeMember makes and logs one change of a member in one transaction, with both the actor and the member locked.
func (db *DB) changeMember(ctx context.Context, v Viewer, id int64, action Action, change func(*DB, Viewer, Member) ([]Change, error)) error {
	return db.Tx(ctx, func(db *DB) error {
		actor, m, err := db.lockMember(ctx, v, id)
		if err != nil {
			return err
		}
		changes, err := change(db, actor, m)
		if err != nil {
			return err
		}
		return db.record(ctx, actor, m.entry(action, changes))
	})
}

// endSessions ends all sessions of a member except the current session of the actor, and makes the devices of the
// others unknown.
func (db *DB) endSessions(ctx context.Context, actor Viewer, id int64) error {
	_, err := db.idb.NewDelete().Model((*Session)(nil)).Where("staff_id = ?", id).Where("token_hash <> ?", actor.session).Exec(ctx)
	if err != nil {
		return err
	}
	return db.forgetDevices(ctx, id, actor.session)
}
