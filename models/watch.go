package models

import (
	"context"
	"time"
)

// watchFor is how long one look at a thing keeps it watched.
const watchFor = 30 * time.Second

// Watch notes that the viewer looks at an order or a ticket, which is then read from its panel often for half a minute,
// the first time at once; begun says that it is the first. It writes nothing while the thing is well watched already, or
// not in the mirror. ErrNotFound when the viewer may not see the panel.
func (db *DB) Watch(ctx context.Context, v Viewer, r Resource, key Key) (begun bool, err error) {
	if _, ok := v.Panel(key.PanelID); !ok || r != Orders && r != Tickets {
		return false, ErrNotFound
	}
	return db.watch(ctx, r, key)
}

// watch is Watch for nobody in particular.
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

// Watched are up to n ids of a stream that somebody looks at now and began to look at after the given moment.
func (db *DB) Watched(ctx context.Context, key StreamKey, after time.Time, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw(`SELECT id FROM watches WHERE panel_id = ? AND resource = ? AND until > ? AND since > ?
		ORDER BY since DESC LIMIT ?`, key.PanelID, key.Resource, db.now(), after, n).Scan(ctx, &ids)
	return ids, err
}

// PurgeWatches deletes what nobody looks at any more.
func (db *DB) PurgeWatches(ctx context.Context) error {
	_, err := db.idb.NewRaw("DELETE FROM watches WHERE until <= ?", db.now()).Exec(ctx)
	return err
}
