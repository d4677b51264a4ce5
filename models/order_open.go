package models

import (
	"context"
	"time"
)

// OpenOrders are up to n ids of a panel's orders that are not final and whose last change that we saw lies in
// [from, to), in rising order after the given id: a part of the open set, a slice at a time. The zero time has no bound.
//
// No index holds changed_at: it would have to move with every change of an order, and take all the other indexes'
// entries along. A panel's open orders are few enough to look through.
func (db *DB) OpenOrders(ctx context.Context, panelID int64, from, to time.Time, after int64, n int) ([]int64, error) {
	var ids []int64
	// The condition repeats that of the index orders_open, or PostgreSQL would not use it.
	err := db.idb.NewRaw(`SELECT id FROM orders WHERE panel_id = ? AND id > ?
		AND coalesce(status, '') NOT IN ('completed', 'partial', 'canceled')
		AND changed_at >= coalesce(?, '-infinity'::timestamptz) AND changed_at < coalesce(?, 'infinity'::timestamptz)
		ORDER BY id LIMIT ?`, panelID, after, known(from), known(to), n).Scan(ctx, &ids)
	return ids, err
}

// OrdersBefore are up to n ids of a panel's orders that were created before a moment, in rising order after the given id.
func (db *DB) OrdersBefore(ctx context.Context, panelID int64, before time.Time, after int64, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw("SELECT id FROM orders WHERE panel_id = ? AND created_at < ? AND id > ? ORDER BY id LIMIT ?",
		panelID, before, after, n).Scan(ctx, &ids)
	return ids, err
}

// known is nil for the zero time.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
