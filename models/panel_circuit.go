package models

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// OpenCircuit lets a panel wait as a whole if at least so many of its streams have found it down: nothing calls it until
// probeAt. It tells whether that is so now; a panel that waits already is left alone.
func (db *DB) OpenCircuit(ctx context.Context, panelID int64, streams int, words string, probeAt time.Time) (opened bool, err error) {
	err = db.Tx(ctx, func(db *DB) error {
		result, err := db.idb.NewUpdate().TableExpr("panels").Set("probe_at = ?", probeAt).Set("probes = 0").
			Where("id = ? AND probe_at IS NULL AND key_refused_at IS NULL", panelID).
			Where("(SELECT count(*) FROM streams WHERE panel_id = ? AND error_class = 'down') >= ?", panelID, streams).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		opened = true
		return db.waitWith(ctx, panelID, words, probeAt)
	})
	return opened, err
}

// waitWith lets all streams of a panel say why they wait and until when.
func (db *DB) waitWith(ctx context.Context, panelID int64, words string, until time.Time) error {
	_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Where("panel_id = ?", panelID).
		Where("status IN (?)", bun.List([]StreamStatus{StreamIdle, StreamBackingOff})).
		Set("status = ?", StreamBackingOff).Set("error_class = 'down'").Set("retry_at = ?", until).
		Set("error_words = ?", clip("The whole panel waits. "+words, 500)).Exec(ctx)
	return err
}

// PanelsToProbe are the panels that wait as a whole, because they are down or refused their key, and whose next probe is
// due.
func (db *DB) PanelsToProbe(ctx context.Context) ([]int64, error) {
	var ids []int64
	err := db.idb.NewSelect().Model((*Panel)(nil)).Column("id").Where("probe_at <= ?", db.now()).
		Where("removed_at IS NULL AND paused_at IS NULL").Scan(ctx, &ids)
	return ids, err
}

// ClaimProbe lets one worker probe a panel; should it die, another may after ttl. It returns how many probes have
// failed before. ErrBusy when no probe is due.
func (db *DB) ClaimProbe(ctx context.Context, panelID int64, ttl time.Duration) (failed int, err error) {
	now := db.now()
	err = db.idb.NewRaw("UPDATE panels SET probe_at = ? WHERE id = ? AND probe_at <= ? RETURNING probes", now.Add(ttl), panelID, now).
		Scan(ctx, &failed)
	if notFound(err) == ErrNotFound {
		return 0, fmt.Errorf("panel %d: %w", panelID, ErrBusy)
	}
	return failed, err
}

// KeepCircuit lets a panel wait on after a probe that failed.
func (db *DB) KeepCircuit(ctx context.Context, panelID int64, words string, probeAt time.Time) error {
	return db.Tx(ctx, func(db *DB) error {
		_, err := db.idb.NewUpdate().TableExpr("panels").Set("probe_at = ?", probeAt).Set("probes = probes + 1").
			Where("id = ? AND probe_at IS NOT NULL", panelID).Exec(ctx)
		if err != nil {
			return err
		}
		return db.waitWith(ctx, panelID, words, probeAt)
	})
}

// ProbeNow makes the probes of those of the given panels due that wait as a whole.
func (db *DB) ProbeNow(ctx context.Context, panels []int64) error {
	_, err := db.idb.NewUpdate().TableExpr("panels").Set("probe_at = least(probe_at, ?)", db.now()).
		Where("id = ANY(?::bigint[]) AND probe_at IS NOT NULL", bigints(panels)).Exec(ctx)
	return err
}

// CloseCircuit lets a panel that waited as a whole go on; its streams are due at once. It does nothing to others.
func (db *DB) CloseCircuit(ctx context.Context, panelID int64) error {
	return db.Tx(ctx, func(db *DB) error {
		closed, err := db.closeCircuit(ctx, panelID)
		if err != nil || !closed {
			return err
		}
		return db.wakeStreams(ctx, panelID)
	})
}

func (db *DB) closeCircuit(ctx context.Context, panelID int64) (closed bool, err error) {
	result, err := db.idb.NewUpdate().TableExpr("panels").Set("probe_at = NULL").Set("probes = 0").
		Where("id = ? AND probe_at IS NOT NULL", panelID).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
