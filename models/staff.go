package models

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Role is a staff member's general level of access.
type Role string

// The roles, from most to least.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleAgent  Role = "agent"
	RoleViewer Role = "viewer"
)

// Staff is a person who logs in here. Username is also their name on the panels.
type Staff struct {
	bun.BaseModel `bun:"table:staff,alias:staff"`
	ID            int64  `bun:"id,pk,autoincrement"`
	Username      string `bun:"username"`
	PasswordHash  string `bun:"password_hash"`
	// PasswordBy is the person who chose the password and so knows it, 0 for the member.
	PasswordBy int64 `bun:"password_by,nullzero"`
	Rights
	AllPanels bool `bun:"all_panels"`
	// MustChangePassword requires a new password before any other page.
	MustChangePassword bool      `bun:"must_change_password"`
	DisabledAt         time.Time `bun:"disabled_at,nullzero"`
	TimeZone           string    `bun:"time_zone"`
	Theme              string    `bun:"theme"`
	AutoRefresh        bool      `bun:"auto_refresh"`
	PanelSelection     []int64   `bun:"panel_selection,array"`
	Alerts
	Layouts    Layouts   `bun:"list_layouts,type:jsonb,nullzero,default:'{}'"`
	CreatedAt  time.Time `bun:"created_at"`
	LastSeenAt time.Time `bun:"last_seen_at,nullzero"`
}

var usernamePattern = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@ -]{0,63}$`)

// Roles lists all roles, from most to least.
var Roles = []Role{RoleOwner, RoleAdmin, RoleAgent, RoleViewer}

// NewStaff is the input for a new staff member. Password is plain text and is not stored; "" leaves the member without
// a password until they are invited. Panels are the member's panels if AllPanels is false; an owner has all panels.
type NewStaff struct {
	Username, Password string
	Role               Role
	AllPanels          bool
	Panels             []int64
	MustChangePassword bool
}

// CreateStaff adds a staff member on behalf of the command line; its errors are Invalid by field.
func (db *DB) CreateStaff(ctx context.Context, n NewStaff) (Staff, error) {
	s, err := db.newStaff(ctx, n)
	if err != nil {
		return Staff{}, err
	}
	err = db.Tx(ctx, func(db *DB) error {
		if err := db.insertStaff(ctx, &s, n.Panels); err != nil {
			return err
		}
		return db.record(ctx, CommandLine, s.entry(ActAddStaff, []Change{{Field: "Role", New: string(s.Role)}}))
	})
	return s, err
}

// newStaff returns the row of a new staff member; its errors are Invalid by field.
func (db *DB) newStaff(ctx context.Context, n NewStaff) (Staff, error) {
	n.Username = strings.TrimSpace(n.Username)
	invalid := Invalid{}
	if !usernamePattern.MatchString(n.Username) {
		invalid["username"] = "Use 1 to 64 letters, digits, spaces or . _ @ -, starting with a letter or a digit."
	}
	if problem := PasswordProblem(n.Password, n.Username); problem != "" && n.Password != "" {
		invalid["password"] = problem
	}
	if !slices.Contains(Roles, n.Role) {
		invalid["role"] = "Choose a role from the list."
	}
	if err := invalid.orNil(); err != nil {
		return Staff{}, err
	}
	hash := ""
	if n.Password != "" {
		var err error
		if hash, err = db.passwords.hash(ctx, n.Password); err != nil {
			return Staff{}, err
		}
	}
	return Staff{Username: n.Username, PasswordHash: hash, Rights: Rights{n.Role, []Permission{}, []Permission{}},
		AllPanels: n.AllPanels || n.Role == RoleOwner, MustChangePassword: n.MustChangePassword && hash != "",
		TimeZone: "UTC", Theme: "system", AutoRefresh: true, PanelSelection: []int64{}, CreatedAt: db.now()}, nil
}

func (db *DB) insertStaff(ctx context.Context, s *Staff, panels []int64) error {
	return db.Tx(ctx, func(db *DB) error {
		_, err := db.idb.NewInsert().Model(s).Returning("id").Exec(ctx)
		if violates(err, "staff_username_key") {
			return Invalid{"username": "This username already exists."}
		}
		if err != nil {
			return err
		}
		return db.setPanels(ctx, *s, panels)
	})
}

// setPanels replaces a staff member's panels; for a member with all panels it stores none.
func (db *DB) setPanels(ctx context.Context, s Staff, panels []int64) error {
	if s.AllPanels {
		panels = nil
	}
	if _, err := db.idb.NewRaw("DELETE FROM staff_panels WHERE staff_id = ? AND panel_id <> ALL(?::bigint[])", s.ID, bigints(panels)).Exec(ctx); err != nil {
		return err
	}
	_, err := db.idb.NewRaw(`INSERT INTO staff_panels SELECT ?, id FROM panels WHERE id = ANY(?::bigint[]) AND removed_at IS NULL
		ON CONFLICT DO NOTHING`, s.ID, bigints(panels)).Exec(ctx)
	return err
}

// StaffCount returns the number of staff members; 0 means that the first start has not created an owner yet.
func (db *DB) StaffCount(ctx context.Context) (int64, error) {
	return db.idb.NewSelect().Model((*Staff)(nil)).Count(ctx)
}

// Preferences are a staff member's own settings.
type Preferences struct {
	TimeZone    string
	Theme       string
	AutoRefresh bool
}

// SetPreferences stores the viewer's own settings.
func (db *DB) SetPreferences(ctx context.Context, v Viewer, p Preferences) error {
	invalid := Invalid{}
	if _, err := time.LoadLocation(p.TimeZone); err != nil || p.TimeZone == "" || p.TimeZone == "Local" {
		invalid["time_zone"] = "Choose a time zone from the list, such as Europe/Istanbul."
	}
	if p.Theme != "system" && p.Theme != "light" && p.Theme != "dark" {
		invalid["theme"] = "Choose system, light or dark."
	}
	if err := invalid.orNil(); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		_, err := db.idb.NewUpdate().Model((*Staff)(nil)).
			Set("time_zone = ?", p.TimeZone).Set("theme = ?", p.Theme).Set("auto_refresh = ?", p.AutoRefresh).
			Where("id = ?", v.StaffID).Exec(ctx)
		if err != nil || p.TimeZone == v.Zone.String() {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActTimeZone, Changes: []Change{{"Time zone", v.Zone.String(), p.TimeZone}}})
	})
}

// SetPanelSelection stores the panels that the viewer has selected. It drops panels that they may not see; an empty
// selection means all panels.
func (db *DB) SetPanelSelection(ctx context.Context, v Viewer, panels []int64) error {
	_, err := db.idb.NewUpdate().Model((*Staff)(nil)).
		Set("panel_selection = ?::bigint[]", bigints(v.allowed(panels))).
		Where("id = ?", v.StaffID).Exec(ctx)
	return err
}
