package models

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Drift is the result of comparing a panel's orders with our mirror, for orders created on one day in UTC. Seen is the
// number that the panel lists; Mirrored is the number in the mirror after the comparison; Missing were not in the
// mirror before it, and Changed differed from the panel. The comparison deletes no order that the panel does not list.
type Drift struct {
	bun.BaseModel `bun:"table:drift,alias:drift"`
	PanelID       int64     `bun:"panel_id,pk"`
	Day           time.Time `bun:"day,pk,type:date"`
	Seen          int       `bun:"seen"`
	Mirrored      int       `bun:"mirrored"`
	Missing       int       `bun:"missing"`
	Changed       int       `bun:"changed"`
	CheckedAt     time.Time `bun:"checked_at"`
	Words         string    `bun:"words"`
}

// Same reports whether nothing differed.
func (d Drift) Same() bool { return d.Missing == 0 && d.Changed == 0 && d.Mirrored == d.Seen }

// sentence returns the result of a comparison in words.
func (d Drift) sentence() string {
	var parts []string
	if d.Missing > 0 {
		parts = append(parts, fmt.Sprintf("%d were missing here and were added", d.Missing))
	}
	if d.Changed > 0 {
		parts = append(parts, fmt.Sprintf("%d had changed", d.Changed))
	}
	if n := d.Mirrored - d.Seen; n > 0 {
		parts = append(parts, fmt.Sprintf("%d are here but not in the panel's list", n))
	} else if n < 0 {
		parts = append(parts, fmt.Sprintf("%d are in the panel's list but could not be stored here", -n))
	}
	if len(parts) == 0 {
		return "Matches the panel."
	}
	return "Of the day's orders, " + strings.Join(parts, "; ") + "."
}

// PutDrift counts the mirrored orders of the day and stores the result of the comparison.
func (db *DB) PutDrift(ctx context.Context, d Drift) error {
	err := db.idb.NewRaw("SELECT count(*) FROM orders WHERE panel_id = ? AND created_at >= ? AND created_at < ? AND NOT undated",
		d.PanelID, d.Day, d.Day.AddDate(0, 0, 1)).Scan(ctx, &d.Mirrored)
	if err != nil {
		return err
	}
	d.CheckedAt, d.Words = db.now(), d.sentence()
	_, err = db.idb.NewInsert().Model(&d).On("CONFLICT (panel_id, day) DO UPDATE").Set("seen = EXCLUDED.seen").
		Set("mirrored = EXCLUDED.mirrored").Set("missing = EXCLUDED.missing").Set("changed = EXCLUDED.changed").
		Set("checked_at = EXCLUDED.checked_at").Set("words = EXCLUDED.words").Exec(ctx)
	return err
}

// Drifts returns the comparisons for panels that the viewer may see, by panel, the newest day first. An empty list of
// panels means the selected ones.
func (db *DB) Drifts(ctx context.Context, v Viewer, panels []int64) ([]Drift, error) {
	var all []Drift
	err := db.idb.NewSelect().Model(&all).Where("panel_id = ANY(?::bigint[])", bigints(v.Scope(panels))).
		OrderExpr("panel_id, day DESC").Scan(ctx)
	return all, err
}

// driftKept is the retention of comparisons.
const driftKept = 400 * 24 * time.Hour

// PurgeDrift deletes comparisons that are older than driftKept.
func (db *DB) PurgeDrift(ctx context.Context) error {
	_, err := db.idb.NewDelete().Model((*Drift)(nil)).Where("day < ?", db.now().Add(-driftKept)).Exec(ctx)
	return err
}
