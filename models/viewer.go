package models

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Viewer is the person for whom a query runs: who they are, and exactly which panels they may see. It is made by
// logging in and by ViewerOf, and by nothing else outside of tests.
type Viewer struct {
	StaffID     int64
	Username    string
	Role        Role
	Granted     []Permission
	Taken       []Permission
	Theme       string
	AutoRefresh bool
	Zone        *time.Location
	// MustChangePassword says that the password was set by somebody else, who still knows it.
	MustChangePassword bool
	// Panels are all panels that the viewer may see, by name; AllPanels says that those to come are among them.
	Panels    []PanelRef
	AllPanels bool
	// Selection are the panels chosen in the switcher, a subset of Panels; empty means all of them.
	Selection []int64
	// Alerts are how they learn that tickets wait.
	Alerts Alerts
	// Layouts are how the viewer has each list, by its noun.
	Layouts Layouts
	// From is where the request came from, for the activity log.
	From Origin
	// Standing is what the viewer's session may do now.
	Standing Standing

	session []byte
	// textsSince bounds a search inside texts to rows created since then, where the database has no index for it.
	textsSince time.Time
	// unkeyed says that stored orders may lack the key of their link, except those created since keyedSince.
	unkeyed    bool
	keyedSince time.Time
}

// PanelRef is what it takes to show a panel beside a row.
type PanelRef struct {
	ID        int64
	Name      string
	ShortCode string
	Colour    string
	// URL is the panel's address: an ID may be pasted as a link into the panel's own admin.
	URL string
	// Hold is paused, key or check while the whole panel takes nothing for that reason.
	Hold Hold
}

// Rights are what the viewer may do on their panels.
func (v Viewer) Rights() Rights { return Rights{v.Role, v.Granted, v.Taken} }

// Can tells whether the viewer has a permission.
func (v Viewer) Can(p Permission) bool { return v.Rights().Can(p) }

// SameRights tells whether the viewer may do and see what another may.
func (v Viewer) SameRights(other Viewer) bool {
	return v.Role == other.Role && slices.Equal(v.Rights().Permissions(), other.Rights().Permissions()) &&
		slices.Equal(v.PanelIDs(), other.PanelIDs())
}

// Panel finds a panel among those that the viewer may see.
func (v Viewer) Panel(id int64) (PanelRef, bool) {
	i := slices.IndexFunc(v.Panels, func(p PanelRef) bool { return p.ID == id })
	if i < 0 {
		return PanelRef{}, false
	}
	return v.Panels[i], true
}

// PanelIDs are the ids of all panels that the viewer may see.
func (v Viewer) PanelIDs() []int64 {
	ids := make([]int64, len(v.Panels))
	for i, p := range v.Panels {
		ids[i] = p.ID
	}
	return ids
}

// Scope are the panels that a request concerns: those it names, else the switcher's, else all; always only those that
// the viewer may see. A request that names only foreign panels gets none.
func (v Viewer) Scope(named []int64) []int64 {
	switch {
	case len(named) > 0:
		return v.allowed(named)
	case len(v.Selection) > 0:
		return v.allowed(v.Selection)
	default:
		return v.PanelIDs()
	}
}

func (v Viewer) allowed(ids []int64) []int64 {
	kept := make([]int64, 0, len(ids))
	for _, id := range ids {
		if _, ok := v.Panel(id); ok && !slices.Contains(kept, id) {
			kept = append(kept, id)
		}
	}
	return kept
}

// viewerOf reads what the staff member may see now.
func (db *DB) viewerOf(ctx context.Context, s Staff) (Viewer, error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	v := Viewer{StaffID: s.ID, Username: s.Username, Role: s.Role, Granted: s.Granted, Taken: s.Taken,
		MustChangePassword: s.MustChangePassword, AllPanels: s.AllPanels, Theme: s.Theme, AutoRefresh: s.AutoRefresh, Zone: zone,
		Alerts: s.Alerts, Layouts: s.Layouts}
	query := db.idb.NewSelect().Model((*Panel)(nil)).Column("id", "name", "short_code", "colour", "url").
		ColumnExpr("CASE WHEN paused_at IS NOT NULL THEN ? WHEN key_refused_at IS NOT NULL THEN ? "+
			"WHEN shop_check_at IS NOT NULL THEN ? ELSE '' END AS hold", HoldPaused, HoldKey, HoldCheck).
		Where("removed_at IS NULL").OrderExpr("lower(name), id")
	if !s.AllPanels {
		query.Where("id IN (SELECT panel_id FROM staff_panels WHERE staff_id = ?)", s.ID)
	}
	if err := query.Scan(ctx, &v.Panels); err != nil {
		return Viewer{}, err
	}
	v.Selection = v.allowed(s.PanelSelection)
	indexed, err := db.searchesTexts(ctx)
	if err != nil {
		return v, err
	}
	if !indexed {
		v.textsSince = db.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -searchedDays)
	}
	v.unkeyed, v.keyedSince, err = db.unkeyedOrders(ctx)
	return v, err
}

// bigints writes ids as a PostgreSQL array literal.
func bigints(ids []int64) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return "{" + strings.Join(words, ",") + "}"
}
