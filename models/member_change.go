package models

import (
	"context"
	"slices"
)

// MemberInput is the form for a member's role, permissions and panels. Granted and Taken are the differences from the
// role.
type MemberInput struct {
	Role           Role
	Granted, Taken []Permission
	AllPanels      bool
	Panels         []int64
}

// rights returns the rights of the form. A permission that is both granted and taken counts as taken.
func (in MemberInput) rights() (Rights, error) {
	r := Rights{in.Role, []Permission{}, []Permission{}}
	for _, info := range Permissions {
		switch {
		case slices.Contains(in.Taken, info.Name):
			r.Taken = append(r.Taken, info.Name)
		case slices.Contains(in.Granted, info.Name):
			r.Granted = append(r.Granted, info.Name)
		}
	}
	if !slices.Contains(Roles, in.Role) {
		return Rights{}, Invalid{"role": "Choose a role from the list."}
	}
	return r, nil
}

// AddMember adds a staff member on behalf of the viewer, who can give only rights that they have. Its errors are
// Invalid by field.
func (db *DB) AddMember(ctx context.Context, v Viewer, n NewStaff) (Staff, error) {
	if !v.Can(PermManage) {
		return Staff{}, ErrNotAllowed
	}
	s, err := db.newStaff(ctx, n)
	if err != nil {
		return Staff{}, err
	}
	err = db.Tx(ctx, func(db *DB) error {
		actor, err := db.lockActor(ctx, v, 0)
		if err != nil {
			return err
		}
		if err := actor.checkGives(s, n.Panels); err != nil {
			return err
		}
		if s.HasPassword() {
			s.PasswordBy = actor.StaffID
		}
		if err := db.insertStaff(ctx, &s, n.Panels); err != nil {
			return err
		}
		if err := db.record(ctx, actor, s.entry(ActAddStaff, changed(Change{"Role", "", string(s.Role)},
			Change{"Password", "", passwordWords(s)}))); err != nil {
			return err
		}
		return db.recordPanels(ctx, actor, s, "none", actor.panelWords(s.AllPanels, n.Panels))
	})
	return s, err
}

// ChangeMember changes a member's role, permissions and panels; its errors are Invalid by field. A new role ends their
// sessions; other changes apply from their next click.
func (db *DB) ChangeMember(ctx context.Context, v Viewer, id int64, in MemberInput) error {
	rights, err := in.rights()
	if err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		actor, m, err := db.lockMember(ctx, v, id)
		if err != nil {
			return err
		}
		s := m.Staff
		s.Rights, s.AllPanels = rights, in.AllPanels || in.Role == RoleOwner
		if err := actor.checkGives(s, in.Panels); err != nil {
			return err
		}
		if s.Role != RoleOwner {
			if err := db.checkLastOwner(ctx, m, "role"); err != nil {
				return err
			}
		}
		if _, err := db.idb.NewUpdate().Model(&s).Column("role", "granted", "taken", "all_panels").WherePK().Exec(ctx); err != nil {
			return err
		}
		if err := db.setPanels(ctx, s, in.Panels); err != nil {
			return err
		}
		if s.Role != m.Role {
			if err := db.endSessions(ctx, actor, id); err != nil {
				return err
			}
		}
		ended, err := db.endKnownPassword(ctx, actor, s)
		if err != nil {
			return err
		}
		if changes := changed(Change{"Role", string(m.Role), string(s.Role)},
			Change{"Granted", permissionWords(m.Granted), permissionWords(s.Granted)},
			Change{"Taken", permissionWords(m.Taken), permissionWords(s.Taken)}, ended); len(changes) > 0 {
			if err := db.record(ctx, actor, s.entry(ActChangeStaff, changes)); err != nil {
				return err
			}
		}
		return db.recordPanels(ctx, actor, s, actor.panelWords(m.Staff.AllPanels, m.Panels), actor.panelWords(s.AllPanels, in.Panels))
	})
}

// endKnownPassword deletes a member's password if another person chose it and may no longer change the member: with the
// password that person could use the member's new rights. It also ends the member's sessions, because that person may
// have started them.
func (db *DB) endKnownPassword(ctx context.Context, actor Viewer, s Staff) (Change, error) {
	if s.PasswordBy == 0 || !s.HasPassword() {
		return Change{}, nil
	}
	may, err := db.mayChange(ctx, s.PasswordBy, s.ID)
	if err != nil || may {
		return Change{}, err
	}
	_, err = db.idb.NewUpdate().Model((*Staff)(nil)).Set("password_hash = ''").Set("password_by = NULL").Set("must_change_password = false").
		Where("id = ?", s.ID).Exec(ctx)
	if err != nil {
		return Change{}, err
	}
	return Change{Field: "Password", Old: "set by an admin without the right to change this member now", New: "none"}, db.endSessions(ctx, actor, s.ID)
}

// checkGives refuses to give a member more rights or panels than the viewer has. Only an owner can make an owner.
func (v Viewer) checkGives(s Staff, panels []int64) error {
	foreign := func(id int64) bool { _, mine := v.Panel(id); return !mine }
	switch {
	case s.Role == RoleOwner && v.Role != RoleOwner:
		return Invalid{"role": "Only an owner can make a member an owner."}
	case slices.ContainsFunc(panels, foreign), s.AllPanels && !v.AllPanels && v.Role != RoleOwner:
		return Invalid{"panels": "Choose from the panels that you may see."}
	}
	for _, p := range append(s.Rights.Permissions(), s.Granted...) { // a grant is inactive while the role is viewer
		if info, _ := p.Info(); !v.Can(p) {
			return Invalid{"permissions": "You cannot give “" + info.Label + "”, because you do not have it."}
		}
	}
	return nil
}
