package models

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// OpenCircuit opens a panel's circuit breaker if at least the given number of its streams are down: no call is made
// until probeAt. It reports whether it opened it; an open one stays unchanged.
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

// waitWith sets the reason and the end of the wait on all streams of a panel.
func (db *DB) waitWith(ctx context.Context, panelID int64, words string, until time.Time) error {
	_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Where("panel_id = ?", panelID).
		Where("status IN (?)", bun.List([]StreamStatus{StreamIdle, StreamBackingOff})).
		Set("status = ?", StreamBackingOff).Set("error_class = 'down'").Set("retry_at = ?", until).
		Set("error_words = ?", clip("The worker pauses all reads of this panel. "+words, 500)).Exec(ctx)
	return err
}

// PanelsToProbe returns the panels with an open circuit breaker, because they are down or refused their key, whose next
// probe is due.
func (db *DB) PanelsToProbe(ctx context.Context) ([]int64, error) {
	var ids []int64
	err := db.idb.NewSelect().Model((*Panel)(nil)).Column("id").Where("probe_at <= ?", db.now()).
		Where("removed_at IS NULL AND paused_at IS NULL").Scan(ctx, &ids)
	return ids, err
}

// ClaimProbe gives one worker the probe of a panel. If the worker dies, another can claim it after ttl. It returns the
// number of failed probes so far, and ErrBusy if no probe is due.
func (db *DB) ClaimProbe(ctx context.Context, panelID int64, ttl time.Duration) (failed int, err error) {
	now := db.now()
	err = db.idb.NewRaw("UPDATE panels SET probe_at = ? WHERE id = ? AND probe_at <= ? RETURNING probes", now.Add(ttl), panelID, now).
		Scan(ctx, &failed)
	if notFound(err) == ErrNotFound {
		return 0, fmt.Errorf("panel %d: %w", panelID, ErrBusy)
	}
	return failed, err
}

// KeepCircuit keeps the circuit breaker open after a failed probe.
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

// ProbeNow makes the probes of the given panels due now, if their circuit breaker is open.
func (db *DB) ProbeNow(ctx context.Context, panels []int64) error {
	_, err := db.idb.NewUpdate().TableExpr("panels").Set("probe_at = least(probe_at, ?)", db.now()).
		Where("id = ANY(?::bigint[]) AND probe_at IS NOT NULL", bigints(panels)).Exec(ctx)
	return err
}

// CloseCircuit closes a panel's circuit breaker and makes its streams due. It does nothing if the circuit breaker is
// closed.
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
