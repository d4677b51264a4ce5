package models

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Viewer is the person that a query runs for, with the exact panels that they may see. Only the login and ViewerOf
// create it, except in tests.
type Viewer struct {
	StaffID     int64
	Username    string
	Role        Role
	Granted     []Permission
	Taken       []Permission
	Theme       string
	AutoRefresh bool
	Zone        *time.Location
	// MustChangePassword says that another person set the password and still knows it.
	MustChangePassword bool
	// Panels are all panels that the viewer may see, by name; AllPanels says that they will also see future ones.
	Panels    []PanelRef
	AllPanels bool
	// Selection are the panels chosen in the panel switcher, a subset of Panels; empty means all of them.
	Selection []int64
	// Alerts are their settings for alerts about waiting tickets.
	Alerts Alerts
	// Layouts are the viewer's list layouts, by noun.
	Layouts Layouts
	// From is the source of the request, for the activity log.
	From Origin
	// Standing is the current state of the viewer's session.
	Standing Standing

	session []byte
	// textsSince limits a text search to rows created since then, if the database has no trigram index.
	textsSince time.Time
	// unkeyed says that stored orders may lack their link key, except orders created since keyedSince.
	unkeyed    bool
	keyedSince time.Time
}

// PanelRef holds the data needed to show a panel beside a row.
type PanelRef struct {
	ID        int64
	Name      string
	ShortCode string
	Colour    string
	// URL is the panel's address. It lets people paste an ID as a link into the panel's own admin.
	URL string
	// Hold is the reason (paused, key or check) why the whole panel accepts no call.
	Hold Hold
	// ReplyMarkup is how the panel keeps the text of a reply.
	ReplyMarkup Markup
}

// Rights returns the viewer's rights on their panels.
func (v Viewer) Rights() Rights { return Rights{v.Role, v.Granted, v.Taken} }

// Can reports whether the viewer has a permission.
func (v Viewer) Can(p Permission) bool { return v.Rights().Can(p) }

// SameRights reports whether the viewer and another one have the same role, permissions and panels.
func (v Viewer) SameRights(other Viewer) bool {
	return v.Role == other.Role && slices.Equal(v.Rights().Permissions(), other.Rights().Permissions()) &&
		slices.Equal(v.PanelIDs(), other.PanelIDs())
}

// Panel returns a panel if the viewer may see it.
func (v Viewer) Panel(id int64) (PanelRef, bool) {
	i := slices.IndexFunc(v.Panels, func(p PanelRef) bool { return p.ID == id })
	if i < 0 {
		return PanelRef{}, false
	}
	return v.Panels[i], true
}

// PanelIDs returns the ids of all panels that the viewer may see.
func (v Viewer) PanelIDs() []int64 {
	ids := make([]int64, len(v.Panels))
	for i, p := range v.Panels {
		ids[i] = p.ID
	}
	return ids
}

// Scope returns the panels of a request: the named ones, else the selected ones, else all; always limited to panels
// that the viewer may see. A request that names only foreign panels gets none.
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

// viewerOf returns the staff member's current view.
func (db *DB) viewerOf(ctx context.Context, s Staff) (Viewer, error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	v := Viewer{StaffID: s.ID, Username: s.Username, Role: s.Role, Granted: s.Granted, Taken: s.Taken,
		MustChangePassword: s.MustChangePassword, AllPanels: s.AllPanels, Theme: s.Theme, AutoRefresh: s.AutoRefresh, Zone: zone,
		Alerts: s.Alerts, Layouts: s.Layouts}
	query := db.idb.NewSelect().Model((*Panel)(nil)).Column("id", "name", "short_code", "colour", "url", "reply_markup").
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

// bigints returns ids as a PostgreSQL array literal.
func bigints(ids []int64) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return "{" + strings.Join(words, ",") + "}"
}
