package models

import (
	"context"
	"time"
)

// OpenOrders returns up to n ids of a panel's orders that are not final and whose last change in the mirror is in
// [from, to). The ids ascend and start after the given id, so the caller reads the open orders in slices. A zero time
// means no limit.
//
// No index covers changed_at: it would change with every change of an order and force updates of all the other indexes.
// A panel has few enough open orders to scan them.
func (db *DB) OpenOrders(ctx context.Context, panelID int64, from, to time.Time, after int64, n int) ([]int64, error) {
	var ids []int64
	// The condition must match that of the index orders_open, or PostgreSQL does not use the index.
	err := db.idb.NewRaw(`SELECT id FROM orders WHERE panel_id = ? AND id > ?
		AND coalesce(status, '') NOT IN ('completed', 'partial', 'canceled')
		AND changed_at >= coalesce(?, '-infinity'::timestamptz) AND changed_at < coalesce(?, 'infinity'::timestamptz)
		ORDER BY id LIMIT ?`, panelID, after, known(from), known(to), n).Scan(ctx, &ids)
	return ids, err
}

// OrdersBefore returns up to n ids of a panel's orders that were created before a time, ascending, after the given id.
func (db *DB) OrdersBefore(ctx context.Context, panelID int64, before time.Time, after int64, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw("SELECT id FROM orders WHERE panel_id = ? AND created_at < ? AND id > ? ORDER BY id LIMIT ?",
		panelID, before, after, n).Scan(ctx, &ids)
	return ids, err
}

// known returns nil for the zero time.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
