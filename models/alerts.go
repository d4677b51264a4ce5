package models

import (
	"context"
	"slices"
)

// Alerts are how a staff member wants to learn that tickets wait while they look elsewhere. Muted are the panels of which
// they want to hear nothing; one that comes to them later is heard.
type Alerts struct {
	Sound  bool    `bun:"alert_sound"`
	Notify bool    `bun:"alert_notify"`
	Muted  []int64 `bun:"alert_muted,array,nullzero"`
}

// SetAlerts stores the viewer's own choice. Panels that they may not see are left out.
func (db *DB) SetAlerts(ctx context.Context, v Viewer, a Alerts) error {
	_, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("alert_sound = ?", a.Sound).Set("alert_notify = ?", a.Notify).
		Set("alert_muted = ?::bigint[]", bigints(v.allowed(a.Muted))).Where("id = ?", v.StaffID).Exec(ctx)
	return err
}

// LoudTickets are how many of the tickets that wait for us the viewer wants to hear of: those of the panels that they
// look at and did not mute. waiting is how many wait on all of these panels.
func (db *DB) LoudTickets(ctx context.Context, v Viewer, waiting int64) (int64, error) {
	panels := v.Scope(nil)
	loud := slices.DeleteFunc(slices.Clone(panels), func(id int64) bool { return slices.Contains(v.Alerts.Muted, id) })
	switch len(loud) {
	case len(panels):
		return waiting, nil
	case 0:
		return 0, nil
	}
	v.Selection = loud
	return db.WaitingTickets(ctx, v)
}
