package models

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// purgeAgain is the time from a purge to the next, which finds rows that have become old or are no longer needed.
const purgeAgain = time.Hour

// Purge is the progress of deleting a stream's old rows.
type Purge struct {
	bun.BaseModel `bun:"table:purges,alias:purge"`
	StreamKey
	AskedAt time.Time `bun:"asked_at"`
	DueAt   time.Time `bun:"due_at"`
	// Cutoff is the cutoff of the current round; AfterAt and AfterID identify the last row that it examined.
	Cutoff  time.Time `bun:"cutoff,nullzero"`
	AfterAt time.Time `bun:"after_at,nullzero"`
	AfterID int64     `bun:"after_id"`
	// Expected is the number in the preview; Deleted counts since then. Kept is the number of old rows that the last
	// round left because an open ticket, action or report needs them.
	Expected   int64     `bun:"expected"`
	Deleted    int64     `bun:"deleted"`
	Kept       int64     `bun:"kept"`
	FinishedAt time.Time `bun:"finished_at,nullzero"`
}

// Purges returns the progress of deleting old rows on the panels that the viewer may see.
func (db *DB) Purges(ctx context.Context, v Viewer) ([]Purge, error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	var purges []Purge
	err := db.idb.NewSelect().Model(&purges).Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
		Order("resource", "panel_id").Scan(ctx)
	return purges, err
}

// DuePurges returns up to n streams whose old rows are due for deletion, the longest waiting first. A caller that asks
// for one stream at a time gets the same one until it is done, so panels are purged one after the other.
func (db *DB) DuePurges(ctx context.Context, n int) ([]StreamKey, error) {
	var keys []StreamKey
	err := db.idb.NewRaw(`
		SELECT stream.panel_id, stream.resource
		FROM resources AS resource
		JOIN streams AS stream ON stream.resource = resource.name
		JOIN panels AS panel ON panel.id = stream.panel_id AND panel.removed_at IS NULL
		LEFT JOIN purges AS purge ON purge.panel_id = stream.panel_id AND purge.resource = stream.resource
		WHERE resource.retention_days IS NOT NULL AND coalesce(purge.due_at, ?0) <= ?0
		ORDER BY coalesce(purge.due_at, ?0), stream.panel_id, stream.resource
		LIMIT ?1`, db.now(), n).Scan(ctx, &keys)
	return keys, err
}

// Purged is the result of one batch. Done says that no old row is left to examine.
type Purged struct {
	Deleted int
	Done    bool
}

// PurgeOld examines up to n of a stream's old rows, starting with the oldest, and deletes the ones that no open ticket,
// action or report needs. Its progress is committed with the deletion, so a killed worker loses nothing. It returns
// ErrBusy if another worker handles the stream, and ErrNotFound if the rows are kept for ever.
func (db *DB) PurgeOld(ctx context.Context, key StreamKey, n int) (Purged, error) {
	var done Purged
	err := db.Tx(ctx, func(db *DB) error {
		p, err := db.claimPurge(ctx, key)
		if err != nil {
			return err
		}
		asked := p.FinishedAt.IsZero()
		done, err = db.purgeBatch(ctx, &p, n)
		if err != nil {
			return err
		}
		if asked && done.Done && p.Deleted > 0 {
			if err := db.record(ctx, worker, p.entry()); err != nil {
				return err
			}
		}
		_, err = db.idb.NewUpdate().Model(&p).WherePK().Exec(ctx)
		return err
	})
	return done, err
}

// claimPurge locks the stream's purge for this transaction, and starts a round if none is running.
func (db *DB) claimPurge(ctx context.Context, key StreamKey) (Purge, error) {
	var p Purge
	err := db.idb.NewSelect().Model(&p).Where("panel_id = ? AND resource = ?", key.PanelID, key.Resource).
		For("UPDATE SKIP LOCKED").Scan(ctx)
	if notFound(err) == ErrNotFound {
		p, err = db.firstPurge(ctx, key)
	}
	if err != nil {
		return p, err
	}
	cutoff, err := db.RetentionCutoff(ctx, key.Resource) // after the lock, because SetRetention waits for it
	switch {
	case err != nil:
		return p, err
	case cutoff.IsZero():
		return p, ErrNotFound
	case p.Cutoff.IsZero():
		p.Cutoff, p.AfterAt, p.AfterID, p.Kept = cutoff, time.Time{}, 0, 0
	}
	return p, nil
}

// firstPurge adds the row of a stream that was never purged, for example on a panel that was added after the retention
// was set. It returns ErrBusy if there is a row, because another worker then holds it.
func (db *DB) firstPurge(ctx context.Context, key StreamKey) (Purge, error) {
	var p Purge
	err := db.idb.NewRaw(`
		INSERT INTO purges AS purge (panel_id, resource, asked_at, due_at)
		SELECT ?0, ?1, ?2, ?2 WHERE NOT EXISTS (SELECT 1 FROM purges WHERE panel_id = ?0 AND resource = ?1)
		ON CONFLICT DO NOTHING RETURNING purge.*`, key.PanelID, key.Resource, db.now()).Scan(ctx, &p)
	if notFound(err) == ErrNotFound {
		return p, ErrBusy
	}
	return p, err
}

func (db *DB) purgeBatch(ctx context.Context, p *Purge, n int) (Purged, error) {
	of := agingOf(p.Resource)
	old, err := db.oldRows(ctx, of, *p, n)
	if err != nil {
		return Purged{}, err
	}
	ids, err := db.untied(ctx, of, p.PanelID, old)
	if err != nil {
		return Purged{}, err
	}
	if err := db.deleteOld(ctx, of, p.StreamKey, ids); err != nil {
		return Purged{}, err
	}
	p.Deleted += int64(len(ids))
	p.Kept += int64(len(old) - len(ids))
	if len(old) == n {
		p.AfterAt, p.AfterID = old[n-1].At, old[n-1].ID
		return Purged{Deleted: len(ids)}, nil
	}
	p.Cutoff, p.FinishedAt, p.DueAt = time.Time{}, db.now(), db.now().Add(purgeAgain)
	return Purged{Deleted: len(ids), Done: true}, nil
}

// oldRow is a row that is older than the cutoff.
type oldRow struct {
	ID int64
	At time.Time
}

// oldRows locks the next old rows of a round. It skips rows that another transaction is writing; the next round gets
// them. So the purge never waits for the sync while it holds row locks.
func (db *DB) oldRows(ctx context.Context, of aging, p Purge, n int) ([]oldRow, error) {
	var rows []oldRow
	err := db.idb.NewRaw(`
		SELECT id, `+of.at+` AS at FROM `+of.table+`
		WHERE panel_id = ?0 AND `+of.at+` < ?1 AND (`+of.at+`, id) > (?2, ?3)
		ORDER BY `+of.at+`, id LIMIT ?4 FOR UPDATE SKIP LOCKED`, p.PanelID, p.Cutoff, p.AfterAt, p.AfterID, n).Scan(ctx, &rows)
	return rows, err
}

// untied returns the ids of the rows that no open ticket, action or report needs.
func (db *DB) untied(ctx context.Context, of aging, panelID int64, rows []oldRow) ([]int64, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var free []int64
	err := db.idb.NewRaw(`
		SELECT id FROM unnest(?1::bigint[]) AS id
		EXCEPT SELECT id FROM (`+of.tied("t.panel_id = ?0 AND t.id = ANY(?1::bigint[])", "?1::bigint[]")+`) AS tied`,
		panelID, bigints(ids)).Scan(ctx, &free)
	return free, err
}

// deleteOld deletes rows, adds their daily totals to purged_days, and subtracts them from the stream's number of rows.
func (db *DB) deleteOld(ctx context.Context, of aging, key StreamKey, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	const rows = " WHERE panel_id = ?0 AND id = ANY(?1::bigint[])"
	query := "DELETE FROM " + of.table + rows
	switch {
	case of.amount != "":
		query = `WITH gone AS (` + query + ` RETURNING *)
			INSERT INTO purged_days AS day (panel_id, resource, day, status, currency, rows, amount, unknown)
			SELECT panel_id, ?2, (created_at AT TIME ZONE 'UTC')::date, coalesce(status, ''), currency, count(*),
				coalesce(sum(` + of.amount + `), 0), count(*) FILTER (WHERE ` + of.amount + ` IS NULL)
			FROM gone GROUP BY 1, 3, 4, 5
			ON CONFLICT (panel_id, resource, day, status, currency) DO UPDATE
			SET rows = day.rows + EXCLUDED.rows, amount = day.amount + EXCLUDED.amount, unknown = day.unknown + EXCLUDED.unknown`
	case key.Resource == Tickets:
		query = `WITH messages AS (DELETE FROM ticket_messages WHERE panel_id = ?0 AND ticket_id = ANY(?1::bigint[])) ` + query
	}
	if _, err := db.idb.NewRaw(query, key.PanelID, bigints(ids), key.Resource).Exec(ctx); err != nil {
		return err
	}
	return db.countCached(ctx, key, -len(ids))
}
