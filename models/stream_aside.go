package models

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// asideKnown is the maximum number of quarantined records that a run loads.
const asideKnown = 10_000

// SetAside returns the names of a stream's quarantined records, the latest first: ids, or hashes of records without an
// id. The value is the RecordHash of a record that PostgreSQL refused, else 0.
func (db *DB) SetAside(ctx context.Context, key StreamKey) (map[string]int64, error) {
	var records []Quarantined
	err := db.idb.NewSelect().Model(&records).Column("record", "hash").Where("panel_id = ? AND resource = ?", key.PanelID, key.Resource).
		OrderExpr("last_at DESC").Limit(asideKnown).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading records that are set aside: %w", err)
	}
	all := make(map[string]int64, len(records))
	for _, r := range records {
		all[r.Record] = r.Hash
	}
	return all, nil
}

// ReadWell removes records from the quarantine because they are readable now.
func (db *DB) ReadWell(ctx context.Context, key StreamKey, records []string) error {
	if len(records) == 0 {
		return nil
	}
	_, err := db.idb.NewRaw("DELETE FROM quarantine WHERE panel_id = ? AND resource = ? AND record IN (?)",
		key.PanelID, key.Resource, bun.List(records)).Exec(ctx)
	return err
}

// ForgetNameless removes quarantined records without an id that a complete read of the list, begun at walkBegan, did
// not contain.
func (db *DB) ForgetNameless(ctx context.Context, key StreamKey, walkBegan time.Time) error {
	_, err := db.idb.NewRaw("DELETE FROM quarantine WHERE panel_id = ? AND resource = ? AND record LIKE 'sha256:%' AND last_at < ?",
		key.PanelID, key.Resource, walkBegan).Exec(ctx)
	return err
}

// NewestID returns the largest mirrored id of a stream; 0 if there is none.
func (db *DB) NewestID(ctx context.Context, key StreamKey) (id int64, err error) {
	err = db.idb.NewRaw("SELECT coalesce(max(id), 0) FROM ? WHERE panel_id = ?", bun.Ident(key.Resource), key.PanelID).Scan(ctx, &id)
	return id, err
}

// ReadOn resumes backfills that were stopped because the history did not seem to end. It allows as many further records
// as were read so far, at least a hundred thousand, before the check stops them again.
func (db *DB) ReadOn(ctx context.Context, v Viewer, panels []int64, resources []Resource) error {
	if !v.Can(PermManage) {
		return ErrNotAllowed
	}
	return db.Tx(ctx, func(db *DB) error {
		scope := v.Scope(panels)
		_, err := db.idb.NewUpdate().Model((*StreamLoop)(nil)).Apply(inStreams(scope, resources)).
			Where("loop = ? AND cursor ->> 'stopped' <> ''", LoopBackfill).
			Set(`cursor = cursor - 'stopped' - 'beyond' - 'stuck' - 'same' - 'future' || jsonb_build_object('allowed',
				(cursor ->> 'read')::bigint + greatest(100000, (cursor ->> 'read')::bigint))`).
			Set("due_at = ?", db.now()).Set("trouble = ''").Exec(ctx)
		if err != nil {
			return err
		}
		return db.record(ctx, v, onPanels(ActReadOn, v, scope, resourcesChange(resources)))
	})
}
