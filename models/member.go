package models

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// Member is a staff member as shown to viewers who manage staff.
type Member struct {
	Staff
	// Panels are the member's panels, limited to the viewer's panels.
	Panels []int64
	// InvitedUntil is when the member's invitation expires, zero if there is no valid one.
	InvitedUntil time.Time
	// TwoFactor reports whether the member logs in with a second factor.
	TwoFactor bool
	// Changeable reports whether the viewer may change the member: only a member without more rights than the viewer's
	// own.
	Changeable bool
}

// HasPassword reports whether the member has a password. Without one they cannot log in.
func (s Staff) HasPassword() bool { return s.PasswordHash != "" }

// Invitation is a link that lets a staff member set their password once. Only the hash of its token is stored.
// InvitedBy created it; 0 if an earlier version of the program did.
type Invitation struct {
	bun.BaseModel `bun:"table:invitations,alias:invitation"`
	StaffID       int64     `bun:"staff_id,pk"`
	InvitedBy     int64     `bun:"invited_by,nullzero"`
	TokenHash     []byte    `bun:"token_hash"`
	CreatedAt     time.Time `bun:"created_at"`
	ExpiresAt     time.Time `bun:"expires_at"`
}

// Members returns the staff members that the viewer may know of, by name. It omits members who only work on other
// panels.
func (db *DB) Members(ctx context.Context, v Viewer) ([]Member, error) {
	return db.members(ctx, v, nil)
}

// Member returns one of Members by id.
func (db *DB) Member(ctx context.Context, v Viewer, id int64) (Member, error) {
	found, err := db.members(ctx, v, func(q *bun.SelectQuery) { q.Where("id = ?", id) })
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Member{}, err
	}
	return found[0], nil
}

func (db *DB) members(ctx context.Context, v Viewer, narrow func(*bun.SelectQuery)) ([]Member, error) {
	members, err := db.known(ctx, v, narrow)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	invited, err := db.invitedUntil(ctx, ids)
	if err != nil {
		return nil, err
	}
	second, err := db.withSecondFactor(ctx, ids)
	for i := range members {
		m := &members[i]
		m.InvitedUntil, m.TwoFactor = invited[m.ID], slices.Contains(second, m.ID)
	}
	return members, err
}

// onTheirPanels is the SQL condition on staff for a viewer of some panels: members of one of these panels, of all
// panels, or of none.
const onTheirPanels = `(staff.all_panels OR EXISTS (SELECT FROM staff_panels WHERE staff_id = staff.id AND panel_id = ANY(?::bigint[]))
	OR NOT EXISTS (SELECT FROM staff_panels WHERE staff_id = staff.id))`

// known returns the members without their login details (invitation, second factor).
func (db *DB) known(ctx context.Context, v Viewer, narrow func(*bun.SelectQuery)) ([]Member, error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	var staff []Staff
	query := db.idb.NewSelect().Model(&staff).OrderExpr("lower(username), id")
	if !v.AllPanels {
		query.Where(onTheirPanels, bigints(v.PanelIDs()))
	}
	if narrow != nil {
		narrow(query)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, err
	}
	panels, err := db.panelsOf(ctx, staff)
	members := make([]Member, len(staff))
	for i, s := range staff {
		members[i] = Member{Staff: s, Panels: v.allowed(panels[s.ID]), Changeable: v.covers(s, panels[s.ID])}
	}
	return members, err
}

// covers reports whether the viewer has all rights and panels of a staff member. Without this rule a person who sets
// another's password would gain the other's rights.
func (v Viewer) covers(s Staff, panels []int64) bool {
	if v.Role == RoleOwner {
		return true
	}
	return v.Rights().cover(s.Rights) && (v.AllPanels || !s.AllPanels && len(v.allowed(panels)) == len(panels))
}

// panelsOf returns the panels of staff members, by staff id. Members with access to all panels are not in the map.
func (db *DB) panelsOf(ctx context.Context, staff []Staff) (map[int64][]int64, error) {
	var rows []struct{ StaffID, PanelID int64 }
	err := db.idb.NewRaw(`SELECT staff_id, panel_id FROM staff_panels JOIN panels ON panels.id = panel_id AND removed_at IS NULL
		WHERE staff_id = ANY(?::bigint[]) ORDER BY staff_id, panel_id`, bigints(idsOf(staff))).Scan(ctx, &rows)
	panels := map[int64][]int64{}
	for _, row := range rows {
		panels[row.StaffID] = append(panels[row.StaffID], row.PanelID)
	}
	for _, s := range staff {
		if s.AllPanels {
			delete(panels, s.ID)
		}
	}
	return panels, err
}

// invitedUntil returns when the valid invitations of staff members expire.
func (db *DB) invitedUntil(ctx context.Context, staff []int64) (map[int64]time.Time, error) {
	var open []Invitation
	err := db.idb.NewSelect().Model(&open).Where("staff_id = ANY(?::bigint[])", bigints(staff)).
		Where("expires_at > ?", db.now()).Scan(ctx)
	if err != nil {
		return nil, err
	}
	until := map[int64]time.Time{}
	for _, i := range open {
		switch err := db.stillInvites(ctx, i); {
		case err == nil:
			until[i.StaffID] = i.ExpiresAt
		case !errors.Is(err, ErrNotFound):
			return nil, err
		}
	}
	return until, nil
}

// withSecondFactor returns the ids of the given staff members who log in with a second factor.
func (db *DB) withSecondFactor(ctx context.Context, staff []int64) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw("SELECT staff_id FROM second_factors WHERE confirmed_at IS NOT NULL AND staff_id = ANY(?::bigint[])",
		bigints(staff)).Scan(ctx, &ids)
	return ids, err
}

func idsOf(staff []Staff) []int64 {
	ids := make([]int64, len(staff))
	for i, s := range staff {
		ids[i] = s.ID
	}
	return ids
}

// lockMember reads the current state of the viewer and of a member to change, and locks both together with all owners.
// Of two parallel changes the second waits and then sees the result of the first. It returns ErrNotAllowed if the
// viewer may no longer make changes, or may not change this member.
func (db *DB) lockMember(ctx context.Context, v Viewer, id int64) (Viewer, Member, error) {
	actor, err := db.lockActor(ctx, v, id)
	if err != nil {
		return Viewer{}, Member{}, err
	}
	m, err := db.Member(ctx, actor, id)
	if err == nil && !m.Changeable {
		err = ErrNotAllowed
	}
	return actor, m, err
}

// lockActor returns the viewer in their current state, and locks them with the staff member id, if any, and with all
// owners.
func (db *DB) lockActor(ctx context.Context, v Viewer, id int64) (Viewer, error) {
	var locked []Staff
	err := db.idb.NewSelect().Model(&locked).Where("id IN (?, ?) OR role = ?", v.StaffID, id, RoleOwner).
		Order("id").For("UPDATE").Scan(ctx)
	if err != nil {
		return Viewer{}, err
	}
	at := slices.IndexFunc(locked, func(s Staff) bool { return s.ID == v.StaffID && s.DisabledAt.IsZero() })
	if at < 0 {
		return Viewer{}, ErrNotAllowed
	}
	actor, err := db.viewerOf(ctx, locked[at])
	if err != nil {
		return Viewer{}, err
	}
	actor.session, actor.From = v.session, v.From
	if !actor.Can(PermManage) {
		return Viewer{}, ErrNotAllowed
	}
	return actor, nil
}

// checkLastOwner refuses a change that leaves no owner who can log in. The caller has locked the owners.
func (db *DB) checkLastOwner(ctx context.Context, m Member, field string) error {
	if m.Role != RoleOwner {
		return nil
	}
	others, err := db.idb.NewSelect().Model((*Staff)(nil)).
		Where("role = ? AND disabled_at IS NULL AND password_hash <> '' AND id <> ?", RoleOwner, m.ID).Exists(ctx)
	if err == nil && !others {
		return Invalid{field: m.Username + " is the last owner who can log in. Make another member an owner first."}
	}
	return err
}

// OwnerNames returns up to three owners who can log in. Pages name them as people to ask for a permission.
func (db *DB) OwnerNames(ctx context.Context) ([]string, error) {
	var names []string
	err := db.idb.NewSelect().Model((*Staff)(nil)).Column("username").
		Where("role = ? AND disabled_at IS NULL AND password_hash <> ''", RoleOwner).Order("id").Limit(3).Scan(ctx, &names)
	return names, err
}
