package models

import (
	"context"
	"slices"
)

// Alerts are a staff member's settings for alerts about waiting tickets while they do not look at the page. Muted are
// the panels without alerts; a panel that they get access to later is not muted.
type Alerts struct {
	Sound  bool    `bun:"alert_sound"`
	Notify bool    `bun:"alert_notify"`
	Muted  []int64 `bun:"alert_muted,array,nullzero"`
}

// SetAlerts stores the viewer's own settings. It drops panels that they may not see.
func (db *DB) SetAlerts(ctx context.Context, v Viewer, a Alerts) error {
	_, err := db.idb.NewUpdate().Model((*Staff)(nil)).Set("alert_sound = ?", a.Sound).Set("alert_notify = ?", a.Notify).
		Set("alert_muted = ?::bigint[]", bigints(v.allowed(a.Muted))).Where("id = ?", v.StaffID).Exec(ctx)
	return err
}

// LoudTickets returns how many of the tickets that need a reply cause an alert: tickets on panels that the viewer has
// selected and not muted. waiting is the number on all selected panels.
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
