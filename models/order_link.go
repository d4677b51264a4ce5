package models

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"masterpanel/models/linkkey"
)

// linkHash returns 64 bits of the SHA-256 of a link's key, because a number takes less space in an index than a link. 0
// means no link.
func linkHash(key string) int64 {
	if key == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(key))
	return int64(binary.BigEndian.Uint64(sum[:8])) // #nosec G115 -- a hash: every bit pattern will do
}

// linkHashes returns the hashes of keys as a PostgreSQL array.
func linkHashes(keys []string) string {
	hashes := make([]int64, len(keys))
	for i, key := range keys {
		hashes[i] = linkHash(key)
	}
	return bigints(hashes)
}

// linkKey returns the key that all orders with the same target share.
func (o Order) linkKey() string { return linkkey.Of(o.Link, o.ServiceName) }

// OrdersOnLink returns up to n other orders with the same target, for any spelling of its link, on all panels that the
// viewer may see. Such orders are the usual cause of "not delivered".
func (db *DB) OrdersOnLink(ctx context.Context, v Viewer, o Order, n int) ([]Order, error) {
	key := o.linkKey()
	if key == "" {
		return nil, nil
	}
	var rows []Order
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
		Where("link_key = ?", linkHash(key)).Where("(panel_id, id) <> (?, ?)", o.PanelID, o.ID).
		OrderExpr("created_at DESC, panel_id DESC, id DESC").Limit(int64(n)).Scan(ctx)
	// Two keys may share a hash.
	return slices.DeleteFunc(rows, func(other Order) bool { return other.linkKey() != key }), err
}

const (
	// rekeyedAtOnce is the number of orders that one transaction reads.
	rekeyedAtOnce = 2000
	// secondPassAfter is the delay before the second pass: until then an earlier version of the program may still run.
	secondPassAfter = time.Hour
	lastPass        = 2
)

// linkRekeying is the progress of computing the keys. CreatedAt and Key identify the last order that was read.
type linkRekeying struct {
	Rule      int        `bun:"rule"`
	Pass      int        `bun:"pass"`
	CreatedAt string     `bun:"created_at"` // as text, because Go's time has no value for PostgreSQL's infinity
	PanelID   int64      `bun:"panel_id"`
	ID        int64      `bun:"id"`
	EndedAt   *time.Time `bun:"ended_at"`
}

const rekeyingNow = `SELECT rule, pass, created_at::text, panel_id, id, ended_at FROM link_rekeying`

// RekeyLinks computes the keys of the next orders, newest first, and reports whether more orders wait. It writes only
// keys that differ. It does nothing while another worker does this, or if the database has keys of a later rule.
func (db *DB) RekeyLinks(ctx context.Context) (more bool, err error) {
	err = db.Tx(ctx, func(db *DB) error {
		var at []linkRekeying
		if err := db.idb.NewRaw(rekeyingNow+" FOR UPDATE SKIP LOCKED").Scan(ctx, &at); err != nil || len(at) == 0 {
			return err
		}
		next, due := at[0].due(db.now())
		if !due {
			return nil
		}
		rows, err := db.rekeyAfter(ctx, next)
		if err != nil {
			return err
		}
		more = len(rows) == rekeyedAtOnce
		return db.rekeyedUpTo(ctx, next, rows)
	})
	return more, err
}

// due returns where to continue, and if there is anything to do now.
func (r linkRekeying) due(now time.Time) (linkRekeying, bool) {
	first := linkRekeying{Rule: linkkey.Rule, Pass: 1, CreatedAt: "infinity"}
	switch {
	case r.Rule > linkkey.Rule:
		return r, false
	case r.Rule < linkkey.Rule:
		return first, true
	case r.EndedAt == nil:
		return r, true
	case r.Pass < lastPass && now.Sub(*r.EndedAt) >= secondPassAfter:
		first.Pass = r.Pass + 1
		return first, true
	}
	return r, false
}

// rekeyAfter computes the keys of the orders after a position and writes the ones that differ.
func (db *DB) rekeyAfter(ctx context.Context, at linkRekeying) ([]keyedOrder, error) {
	var rows []keyedOrder
	err := db.idb.NewRaw(`SELECT panel_id, id, created_at::text, hash, link, service_name, link_key FROM orders
		WHERE (created_at, panel_id, id) < (?::timestamptz, ?, ?)
		ORDER BY created_at DESC, panel_id DESC, id DESC LIMIT ?`, at.CreatedAt, at.PanelID, at.ID, rekeyedAtOnce).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	var panels, ids, hashes, keys []int64
	for _, o := range rows {
		if key := linkHash(linkkey.Of(o.Link, o.ServiceName)); o.LinkKey == nil || *o.LinkKey != key {
			panels, ids, hashes, keys = append(panels, o.PanelID), append(ids, o.ID), append(hashes, o.Hash), append(keys, key)
		}
	}
	if len(ids) == 0 {
		return rows, nil
	}
	// Orders that another transaction is writing are skipped: to wait for them could cause a deadlock, and that
	// transaction writes the key itself.
	_, err = db.idb.NewRaw(`WITH mine AS (
			SELECT o.panel_id, o.id, k.key FROM orders AS o
			JOIN unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) AS k (panel_id, id, hash, key)
				ON o.panel_id = k.panel_id AND o.id = k.id AND o.hash = k.hash
			FOR UPDATE OF o SKIP LOCKED)
		UPDATE orders AS o SET link_key = mine.key FROM mine WHERE o.panel_id = mine.panel_id AND o.id = mine.id`,
		bigints(panels), bigints(ids), bigints(hashes), bigints(keys)).Exec(ctx)
	return rows, err
}

// keyedOrder holds the inputs for the key of a stored order. Hash shows if the order has changed since it was read.
type keyedOrder struct {
	Key
	CreatedAt   string `bun:"created_at"`
	Hash        int64  `bun:"hash"`
	Link        string `bun:"link"`
	ServiceName string `bun:"service_name"`
	LinkKey     *int64 `bun:"link_key"`
}

// rekeyedUpTo stores the position after some orders. Fewer orders than requested end the pass.
func (db *DB) rekeyedUpTo(ctx context.Context, at linkRekeying, rows []keyedOrder) error {
	if len(rows) > 0 {
		last := rows[len(rows)-1]
		at.CreatedAt, at.PanelID, at.ID = last.CreatedAt, last.PanelID, last.ID
	}
	at.EndedAt = nil
	if len(rows) < rekeyedAtOnce {
		now := stored(db.now())
		at.EndedAt = &now
	}
	_, err := db.idb.NewRaw("UPDATE link_rekeying SET rule = ?, pass = ?, created_at = ?, panel_id = ?, id = ?, ended_at = ?",
		at.Rule, at.Pass, at.CreatedAt, at.PanelID, at.ID, at.EndedAt).Exec(ctx)
	return err
}

// unkeyedOrders reports whether stored orders may still lack keys of the current rule. since is the creation time from
// which all orders have them.
func (db *DB) unkeyedOrders(ctx context.Context) (unkeyed bool, since time.Time, err error) {
	if db.linksKeyed.Load() {
		return false, time.Time{}, nil
	}
	var at linkRekeying
	if err := db.idb.NewRaw(rekeyingNow).Scan(ctx, &at); err != nil {
		return false, time.Time{}, err
	}
	if at.Rule > linkkey.Rule || at.Rule == linkkey.Rule && (at.Pass > 1 || at.EndedAt != nil) {
		db.linksKeyed.Store(true)
		return false, time.Time{}, nil
	}
	if at.Rule < linkkey.Rule || at.CreatedAt == "infinity" {
		return true, time.Time{}, nil
	}
	err = db.idb.NewRaw("SELECT ?::timestamptz", at.CreatedAt).Scan(ctx, &since)
	return true, since, err
}

// LinksHint says which orders are not yet compared with others of the same target, "" if all are.
func (v Viewer) LinksHint() string {
	switch {
	case !v.unkeyed:
		return ""
	case v.keyedSince.IsZero():
		return "The worker is still processing the links of stored orders, so orders may be missing here."
	}
	return "The worker is still processing the links of stored orders. Orders created before " +
		v.keyedSince.In(v.Zone).Format("2 Jan 2006 15:04") + " may be missing here."
}
