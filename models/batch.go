package models

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// Batch is one action on many orders. Each order has its own PanelAction with its own state. The batch itself has no
// state, so that it can never contradict its orders.
type Batch struct {
	bun.BaseModel `bun:"table:batches,alias:b"`
	ID            int64         `bun:"id,pk,autoincrement"`
	FormKey       string        `bun:"key"`
	Kind          ActionKind    `bun:"kind"`
	Payload       ActionPayload `bun:"payload,type:jsonb"`
	Digest        string        `bun:"digest"`
	StaffID       int64         `bun:"staff_id"`
	Username      string        `bun:"username"`
	CreatedAt     time.Time     `bun:"created_at"`
	RetryOf       int64         `bun:"retry_of,nullzero"`
}

// MostInBatch is the maximum number of orders in a batch.
const MostInBatch = 10_000

// chunkedKinds are the kinds for which panels have a call for up to a hundred orders, and whose result the list of
// orders shows. A cancel request to a provider has such a call too, but only the order's own page shows that it was
// sent.
var chunkedKinds = []ActionKind{KindChangeStatus, KindSetStartCount, KindSetRemains, KindCancel, KindResend}

// Chunked reports whether one call covers many orders.
func (k ActionKind) Chunked() bool { return slices.Contains(chunkedKinds, k) }

// BulkKinds returns the kinds for many orders that the viewer may enqueue.
func (v Viewer) BulkKinds() []KindInfo {
	var kinds []KindInfo
	for _, info := range ActionKinds {
		if info.Resource == Orders && info.Kind.May(v) {
			kinds = append(kinds, info)
		}
	}
	return kinds
}

// Batch returns a batch if the viewer may see some of its orders, and the tally of these orders.
func (db *DB) Batch(ctx context.Context, v Viewer, id int64) (Batch, BatchTally, error) {
	var b Batch
	if err := db.idb.NewSelect().Model(&b).Where("b.id = ?", id).Scan(ctx); err != nil {
		return b, BatchTally{}, notFound(err)
	}
	tally, err := db.batchTally(ctx, v, id)
	if err == nil && tally.All() == 0 {
		return Batch{}, BatchTally{}, ErrNotFound
	}
	if err == nil {
		err = db.idb.NewRaw("SELECT coalesce(max(id), 0) FROM batches WHERE retry_of = ?", id).Scan(ctx, &tally.RetriedBy)
	}
	return b, tally, err
}

// RecentBatch is a batch in a list, with the tally of the orders that the viewer may see.
type RecentBatch struct {
	Batch
	Tally BatchTally
}

// RecentBatches returns up to n of the viewer's own batches, the newest first.
func (db *DB) RecentBatches(ctx context.Context, v Viewer, n int) ([]RecentBatch, error) {
	var found []Batch
	err := db.idb.NewSelect().Model(&found).Where("b.staff_id = ?", v.StaffID).
		Where("EXISTS (SELECT 1 FROM batch_items AS i WHERE i.batch_id = b.id AND i.panel_id = ANY(?::bigint[]))", bigints(v.PanelIDs())).
		OrderExpr("b.id DESC").Limit(int64(n)).Scan(ctx)
	if err != nil {
		return nil, err
	}
	recent := make([]RecentBatch, len(found))
	for i, b := range found {
		tally, err := db.batchTally(ctx, v, b.ID)
		if err != nil {
			return nil, err
		}
		recent[i] = RecentBatch{b, tally}
	}
	return recent, nil
}
