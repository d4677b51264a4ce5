package models

import (
	"context"
	"time"
)

// MaxRetentionDays is the longest retention in days. To keep rows longer, leave the retention blank, which keeps them
// for ever.
const MaxRetentionDays = 3650

// Ages reports whether rows of the resource can have a retention. Users and services cannot, because the other rows
// refer to them.
func (r Resource) Ages() bool { return r == Orders || r == Payments || r == Tickets }

// Cutoff returns the time before which a resource's rows are deleted: a midnight in UTC, so that a day is kept or
// deleted as a whole. It is zero if rows are kept for ever.
func (s ResourceSettings) Cutoff(now time.Time) time.Time {
	if s.RetentionDays == nil || !s.Name.Ages() {
		return time.Time{}
	}
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -*s.RetentionDays)
}

// longerThan reports whether this retention is longer than another, so that it deletes nothing.
func (s ResourceSettings) longerThan(old ResourceSettings) bool {
	if old.RetentionDays == nil {
		return false
	}
	return s.RetentionDays == nil || *s.RetentionDays > *old.RetentionDays
}

// RetentionCutoff returns the time before which rows of a resource are neither kept nor stored again, zero if all are
// kept. The caller reads it inside the transaction that stores rows, so that it applies to these rows.
func (db *DB) RetentionCutoff(ctx context.Context, r Resource) (time.Time, error) {
	if !r.Ages() {
		return time.Time{}, nil
	}
	s, err := db.ResourceSettings(ctx, r)
	return s.Cutoff(db.now()), err
}

// PurgePreview is the effect that a retention would have on a panel's rows now.
type PurgePreview struct {
	PanelID int64
	// Delete is the number of rows to delete. Keep is the number of rows of the same age that stay because an open
	// ticket, action or report needs them.
	Delete, Keep int64
}

// PreviewRetention returns for every panel how many rows a retention would delete. The viewer must see all panels,
// because the retention applies to all. Its errors are Invalid by field.
func (db *DB) PreviewRetention(ctx context.Context, v Viewer, s ResourceSettings) ([]PurgePreview, error) {
	if err := db.checkRetention(ctx, v, s); err != nil {
		return nil, err
	}
	previews := make([]PurgePreview, len(v.Panels))
	for i, p := range v.Panels {
		previews[i].PanelID = p.ID
	}
	cutoff := s.Cutoff(db.now())
	if cutoff.IsZero() || len(v.Panels) == 0 {
		return previews, nil
	}
	of := agingOf(s.Name)
	chosen := "t." + of.at + " < ?0 AND t.panel_id = ANY(?1::bigint[])"
	old, err := db.countByPanel(ctx, "SELECT t.panel_id FROM "+of.table+" AS t WHERE "+chosen, cutoff, bigints(v.PanelIDs()))
	if err != nil {
		return nil, err
	}
	tied, err := db.countByPanel(ctx, of.tied(chosen, ""), cutoff, bigints(v.PanelIDs()))
	for i, p := range previews {
		previews[i].Delete, previews[i].Keep = old[p.PanelID]-tied[p.PanelID], tied[p.PanelID]
	}
	return previews, err
}

// countByPanel counts the rows of a query by panel_id.
func (db *DB) countByPanel(ctx context.Context, query string, args ...any) (map[int64]int64, error) {
	var counts []struct{ PanelID, N int64 }
	if err := db.idb.NewRaw("SELECT panel_id, count(*) AS n FROM ("+query+") AS found GROUP BY 1", args...).Scan(ctx, &counts); err != nil {
		return nil, err
	}
	by := make(map[int64]int64, len(counts))
	for _, c := range counts {
		by[c.PanelID] = c.N
	}
	return by, nil
}

func (db *DB) checkRetention(ctx context.Context, v Viewer, s ResourceSettings) error {
	switch {
	case !v.Can(PermManage):
		return ErrNotAllowed
	case !s.Name.Ages():
		return Invalid{"retention_days": "Only orders, payments and tickets have a retention."}
	case s.RetentionDays != nil && (*s.RetentionDays < 1 || *s.RetentionDays > MaxRetentionDays):
		return Invalid{"retention_days": "Use 1 to 3650 days, or leave it blank to keep them for ever."}
	}
	unseen, err := db.idb.NewSelect().Model((*Panel)(nil)).
		Where("removed_at IS NULL").Where("id <> ALL(?::bigint[])", bigints(v.PanelIDs())).Exists(ctx)
	if err == nil && unseen {
		return Invalid{"retention_days": "This changes every panel. Only a member who can see all panels can save it."}
	}
	return err
}

// RetentionDeletes reports whether a retention is shorter than the current one, so that it would delete rows.
func (db *DB) RetentionDeletes(ctx context.Context, s ResourceSettings) (bool, error) {
	old, err := db.ResourceSettings(ctx, s.Name)
	same := s.RetentionDays == nil && old.RetentionDays == nil
	return !same && !s.longerThan(old), err
}

// SetRetention sets the retention of a resource; its errors are Invalid by field. Older rows become due for deletion.
// After a longer retention the sync reads the history again, to restore rows that were deleted before.
func (db *DB) SetRetention(ctx context.Context, v Viewer, s ResourceSettings) error {
	previews, err := db.PreviewRetention(ctx, v, s)
	if err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		var old ResourceSettings
		if err := db.idb.NewSelect().Model(&old).Where("name = ?", s.Name).For("UPDATE").Scan(ctx); err != nil {
			return notFound(err)
		}
		if _, err := db.idb.NewUpdate().Model(&s).Column("retention_days").WherePK().Exec(ctx); err != nil {
			return err
		}
		var deletes int64
		for _, p := range previews {
			deletes += p.Delete
		}
		if err := db.record(ctx, v, Entry{Action: ActRetention, PanelID: ManyPanels, Changes: retentionChanges(s, old, deletes)}); err != nil {
			return err
		}
		if err := db.planPurges(ctx, s, previews); err != nil || !s.longerThan(old) {
			return err
		}
		return db.readDeletedAgain(ctx, v, s)
	})
}

// planPurges restarts the purge of every panel, or cancels the purges if rows are kept for ever. It waits for a batch
// that is being deleted, so that no later batch uses the old retention.
func (db *DB) planPurges(ctx context.Context, s ResourceSettings, previews []PurgePreview) error {
	if s.RetentionDays == nil {
		_, err := db.idb.NewDelete().Model((*Purge)(nil)).Where("resource = ?", s.Name).Exec(ctx)
		return err
	}
	if len(previews) == 0 {
		return nil
	}
	plan := make([]Purge, len(previews))
	for i, p := range previews {
		plan[i] = Purge{StreamKey: StreamKey{p.PanelID, s.Name}, AskedAt: db.now(), DueAt: db.now(), Expected: p.Delete, Kept: p.Keep}
	}
	_, err := db.idb.NewInsert().Model(&plan).On("CONFLICT (panel_id, resource) DO UPDATE").
		Set("asked_at = EXCLUDED.asked_at").Set("due_at = EXCLUDED.due_at").Set("expected = EXCLUDED.expected").
		Set("cutoff = NULL").Set("deleted = 0").Set("kept = EXCLUDED.kept").Set("finished_at = NULL").Exec(ctx)
	return err
}

// readDeletedAgain makes the sync read the history again from its start. It deletes the totals of the days that come
// back, because they would count twice.
func (db *DB) readDeletedAgain(ctx context.Context, v Viewer, s ResourceSettings) error {
	_, err := db.idb.NewRaw("DELETE FROM purged_days WHERE resource = ? AND day >= ?", s.Name, s.Cutoff(db.now())).Exec(ctx)
	if err != nil {
		return err
	}
	return db.reread(ctx, v.PanelIDs(), []Resource{s.Name})
}
