package models

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Drift is how far the mirror of a panel's orders was from the panel, for those created on one day in UTC. Seen is how many the
// panel lists; Mirrored how many are here after the comparison; Missing were not here before it, and Changed were here
// otherwise than there. Nothing is taken as deleted because the panel does not list it.
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

// Same tells whether nothing differed.
func (d Drift) Same() bool { return d.Missing == 0 && d.Changed == 0 && d.Mirrored == d.Seen }

// sentence says what a comparison found.
func (d Drift) sentence() string {
	var parts []string
	if d.Missing > 0 {
		parts = append(parts, fmt.Sprintf("%d were missing here and were added", d.Missing))
	}
	if d.Changed > 0 {
		parts = append(parts, fmt.Sprintf("%d had changed", d.Changed))
	}
	if n := d.Mirrored - d.Seen; n > 0 {
		parts = append(parts, fmt.Sprintf("%d are here that the panel does not list", n))
	} else if n < 0 {
		parts = append(parts, fmt.Sprintf("%d that the panel lists could not be stored", -n))
	}
	if len(parts) == 0 {
		return "As on the panel."
	}
	return "Of the day's orders " + strings.Join(parts, "; ") + "."
}

// PutDrift counts the orders that are here of a day and stores how the comparison ended, in words.
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

// Drifts are the comparisons with the panels that the viewer may see, by panel, the newest day first; no panels means
// those of the switcher.
func (db *DB) Drifts(ctx context.Context, v Viewer, panels []int64) ([]Drift, error) {
	var all []Drift
	err := db.idb.NewSelect().Model(&all).Where("panel_id = ANY(?::bigint[])", bigints(v.Scope(panels))).
		OrderExpr("panel_id, day DESC").Scan(ctx)
	return all, err
}

// driftKept is how long a comparison is kept.
const driftKept = 400 * 24 * time.Hour

// PurgeDrift deletes comparisons of days that are long past.
func (db *DB) PurgeDrift(ctx context.Context) error {
	_, err := db.idb.NewDelete().Model((*Drift)(nil)).Where("day < ?", db.now().Add(-driftKept)).Exec(ctx)
	return err
}
