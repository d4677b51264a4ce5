package models

import (
	"context"
	"fmt"
	"time"
)

// Outbox is not a resource of a panel but our own. Views that show actions of staff use its version in the same way as
// a resource's version.
const Outbox Resource = "outbox"

// unreadFor is how long a done action may keep its order pending until the mirror shows the change. Some actions change
// no field of the mirror.
const unreadFor = 10 * time.Minute

// latestActs is the number of latest actions that decide if an order is pending.
const latestActs = 5

// PendingOn reports whether the panel's state of the order differs, or will soon differ, from the mirrored one because
// of this action: until it ends, and then until a read shows the change.
func (r OutboxRow) PendingOn(o Order, now time.Time) bool { return r.action().pendingOn(o, now) }

func (a PanelAction) pendingOn(o Order, now time.Time) bool {
	switch {
	case !a.Ended():
		return true
	case a.State != ActionDone || a.Kind == KindRequestCancel || now.Sub(a.EndedAt) > unreadFor:
		return false
	}
	seen := sightOf(o)
	return !a.Holds(seen) && !a.brought(Sight{}, seen) && !o.FetchedAt.After(a.EndedAt)
}

// mostActedOn is the maximum number of orders in ActedOn.keys.
const mostActedOn = 1000

// ActedOn is the set of orders that may be pending. No other order is pending until an action changes.
type ActedOn struct {
	keys map[Key]bool
	all  bool // they are too many to list
}

// May reports whether an order may be pending.
func (a ActedOn) May(key Key) bool { return a.all || a.keys[key] }

// Any reports whether any order may be pending.
func (a ActedOn) Any() bool { return a.all || len(a.keys) > 0 }

// OrdersActedOn returns the orders on the viewer's panels that may be pending.
func (db *DB) OrdersActedOn(ctx context.Context, v Viewer) (ActedOn, error) {
	var keys []Key
	err := db.idb.NewRaw(`SELECT panel_id, target_id AS id FROM (
			SELECT panel_id, target_id FROM actions
			WHERE panel_id = ANY(?0::bigint[]) AND resource = 'orders' AND target_id > 0 AND state IN `+unfinished+`
			UNION
			SELECT panel_id, target_id FROM actions
			WHERE panel_id = ANY(?0::bigint[]) AND resource = 'orders' AND target_id > 0 AND state = 'done' AND ended_at > ?1
		) AS acted LIMIT ?2`,
		bigints(v.PanelIDs()), db.now().Add(-unreadFor), mostActedOn+1).Scan(ctx, &keys)
	if err != nil {
		return ActedOn{}, fmt.Errorf("looking for actions on orders: %w", err)
	}
	acted := ActedOn{keys: make(map[Key]bool, len(keys)), all: len(keys) > mostActedOn}
	for _, key := range keys {
		acted.keys[key] = true
	}
	return acted, nil
}

// MarkPending sets Pending on each of the viewer's orders. LATERAL looks up each order in the index actions_target, so
// the cost does not depend on the actions of other orders.
func (db *DB) MarkPending(ctx context.Context, v Viewer, orders []Order) error {
	keys, at := make([]Key, len(orders)), make(map[Key]*Order, len(orders))
	for i := range orders {
		keys[i], at[orders[i].Key] = orders[i].Key, &orders[i]
	}
	panels, ids := keyArrays(keys)
	now := db.now()
	var acts []PanelAction
	err := db.idb.NewRaw(`SELECT act.* FROM unnest(?0::bigint[], ?1::bigint[]) AS shown (panel_id, id), LATERAL (
			SELECT panel_id, target_id, kind, payload, state, ended_at FROM actions AS t
			WHERE t.panel_id = shown.panel_id AND t.resource = 'orders' AND t.target_id = shown.id AND t.target_id > 0
			ORDER BY t.id DESC LIMIT ?2) AS act
		WHERE shown.panel_id = ANY(?3::bigint[]) AND (act.ended_at IS NULL OR act.state = 'done' AND act.ended_at > ?4)`,
		panels, ids, latestActs, bigints(v.PanelIDs()), now.Add(-unreadFor)).Scan(ctx, &acts)
	if err != nil {
		return fmt.Errorf("reading actions on orders: %w", err)
	}
	for _, a := range acts {
		o := at[Key{a.PanelID, a.TargetID}]
		o.Pending = o.Pending || a.pendingOn(*o, now)
	}
	return nil
}
