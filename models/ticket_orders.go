package models

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

const (
	// lookupAgain is the time after which an unknown order id may be looked up on the panel again.
	lookupAgain = time.Hour
	// lookupTakes is the time in which an order that was looked up should arrive in the mirror.
	lookupTakes = 15 * time.Second
)

// NamedOrders are the orders of one panel that a ticket names.
type NamedOrders struct {
	Found []Order // in the order of the given ids
	// Awaited are the ids that a worker is looking up on the panel.
	Awaited []int64
}

// OrderIDRange returns the lowest and the highest id of the panel's orders in the mirror, 0 and 0 if there are none.
func (db *DB) OrderIDRange(ctx context.Context, v Viewer, panelID int64) (low, high int64, err error) {
	err = db.idb.NewRaw("SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM orders WHERE panel_id = ? AND panel_id = ANY(?::bigint[])",
		panelID, bigints(v.PanelIDs())).Scan(ctx, &low, &high)
	return low, high, err
}

// NamedOrders returns orders of one panel by their ids, of any customer. For ids that the mirror lacks it requests a
// lookup on the panel.
func (db *DB) NamedOrders(ctx context.Context, v Viewer, panelID int64, ids []int64) (NamedOrders, error) {
	if len(ids) == 0 || len(v.allowed([]int64{panelID})) == 0 {
		return NamedOrders{}, nil
	}
	var named NamedOrders
	err := db.selectFor(v, &named.Found).Where("panel_id = ?", panelID).Where("id = ANY(?::bigint[])", bigints(ids)).Scan(ctx)
	if err != nil {
		return NamedOrders{}, err
	}
	slices.SortFunc(named.Found, func(a, b Order) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	missing := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		return slices.ContainsFunc(named.Found, func(o Order) bool { return o.ID == id })
	})
	named.Awaited, err = db.awaitOrders(ctx, panelID, missing)
	return named, err
}

// awaitOrders requests a lookup on the panel for orders that the mirror lacks, unless there was a recent one. It
// returns the ids whose result may still arrive.
func (db *DB) awaitOrders(ctx context.Context, panelID int64, ids []int64) (awaited []int64, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	now := stored(db.now())
	var asked []struct {
		ID      int64     `bun:"id"`
		AskedAt time.Time `bun:"asked_at"`
	}
	err = db.idb.NewRaw("SELECT id, asked_at FROM order_lookups WHERE panel_id = ? AND id IN ? AND asked_at > ?",
		panelID, bun.Tuple(ids), now.Add(-lookupAgain)).Scan(ctx, &asked)
	if err != nil {
		return nil, err
	}
	for _, a := range asked {
		ids = slices.DeleteFunc(ids, func(id int64) bool { return id == a.ID })
		if now.Sub(a.AskedAt) < lookupTakes {
			awaited = append(awaited, a.ID)
		}
	}
	if len(ids) == 0 {
		return awaited, nil
	}
	err = db.Tx(ctx, func(db *DB) error { return db.askFor(ctx, panelID, ids, now) })
	return append(awaited, ids...), err
}

// askFor adds ids to the watched orders, so that the loop over open orders reads them: it reads watched orders by id,
// in hundreds, before all others.
func (db *DB) askFor(ctx context.Context, panelID int64, ids []int64, now time.Time) error {
	_, err := db.idb.NewRaw(`INSERT INTO order_lookups (panel_id, id, asked_at) SELECT ?, unnest(?::bigint[]), ?
		ON CONFLICT (panel_id, id) DO UPDATE SET asked_at = EXCLUDED.asked_at`, panelID, bigints(ids), now).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = db.idb.NewRaw(`INSERT INTO watches (panel_id, resource, id, since, until)
		SELECT ?0, ?1, unnest(?2::bigint[]), ?3, ?4 ON CONFLICT (panel_id, resource, id) DO NOTHING`,
		panelID, Orders, bigints(ids), now, now.Add(lookupTakes)).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = db.idb.NewRaw(`UPDATE stream_loops SET due_at = ?0 WHERE panel_id = ?1 AND resource = ?2 AND loop = 'open' AND due_at > ?0`,
		now, panelID, Orders).Exec(ctx)
	return err
}

// PurgeOrderLookups deletes lookups that are old enough to be repeated.
func (db *DB) PurgeOrderLookups(ctx context.Context) error {
	_, err := db.idb.NewRaw("DELETE FROM order_lookups WHERE asked_at <= ?", db.now().Add(-lookupAgain)).Exec(ctx)
	return err
}
