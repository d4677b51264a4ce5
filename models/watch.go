package models

import (
	"context"
	"time"
)

// watchFor is how long one view of a record keeps it watched.
const watchFor = 30 * time.Second

// Watch stores that the viewer has an order or a ticket open. Workers then read it from its panel often for half a
// minute, the first time immediately; begun reports the first time. Watch writes nothing if the record was watched a
// moment ago or is not in the mirror. It returns ErrNotFound if the viewer may not see the panel.
func (db *DB) Watch(ctx context.Context, v Viewer, r Resource, key Key) (begun bool, err error) {
	if _, ok := v.Panel(key.PanelID); !ok || r != Orders && r != Tickets {
		return false, ErrNotFound
	}
	return db.watch(ctx, r, key)
}

// watch is Watch without a viewer.
func (db *DB) watch(ctx context.Context, r Resource, key Key) (begun bool, err error) {
	now := stored(db.now())
	err = db.idb.NewRaw(`
		WITH watched AS (
			INSERT INTO watches AS old (panel_id, resource, id, since, until)
			SELECT panel_id, ?1, id, ?0, ?4 FROM `+string(r)+` WHERE panel_id = ?2 AND id = ?3
			ON CONFLICT (panel_id, resource, id) DO UPDATE SET until = EXCLUDED.until,
				since = CASE WHEN old.until <= ?0 THEN EXCLUDED.since ELSE old.since END
			WHERE old.until < EXCLUDED.until - interval '5 seconds'
			RETURNING since = ?0 AS begun
		), due AS (
			UPDATE stream_loops SET due_at = ?0
			WHERE panel_id = ?2 AND resource = ?1 AND loop = 'open' AND due_at > ?0 AND EXISTS (SELECT 1 FROM watched)
		)
		SELECT EXISTS (SELECT 1 FROM watched WHERE begun)`,
		now, r, key.PanelID, key.ID, now.Add(watchFor)).Scan(ctx, &begun)
	return begun, err
}

// Watched returns up to n ids of a stream's watched records whose watch began after the given time.
func (db *DB) Watched(ctx context.Context, key StreamKey, after time.Time, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw(`SELECT id FROM watches WHERE panel_id = ? AND resource = ? AND until > ? AND since > ?
		ORDER BY since DESC LIMIT ?`, key.PanelID, key.Resource, db.now(), after, n).Scan(ctx, &ids)
	return ids, err
}

// PurgeWatches deletes expired watches.
func (db *DB) PurgeWatches(ctx context.Context) error {
	_, err := db.idb.NewRaw("DELETE FROM watches WHERE until <= ?", db.now()).Exec(ctx)
	return err
}
