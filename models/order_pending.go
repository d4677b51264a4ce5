package models

import (
	"context"
	"fmt"
	"time"
)

// Outbox is no resource of a panel, it is our own; what shows what staff did follows its version as it follows those of
// resources.
const Outbox Resource = "outbox"

// unreadFor is for how long an action that is done waits to be seen in the mirror. Some change nothing that it shows.
const unreadFor = 10 * time.Minute

// latestActs is how many of its latest actions tell whether an order is pending.
const latestActs = 5

// PendingOn tells whether an order that the mirror shows may look other than the panel has it, or soon will, because of
// the action: until it ended, and then until a read shows it.
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

// OrdersMayBePending tells whether there is anything from which an order on the viewer's panels could be pending. When
// there is nothing, that is so until an action moves.
func (db *DB) OrdersMayBePending(ctx context.Context, v Viewer) (may bool, err error) {
	err = db.idb.NewRaw(`SELECT
		EXISTS (SELECT 1 FROM actions WHERE panel_id = ANY(?0::bigint[]) AND resource = 'orders' AND state IN `+unfinished+`) OR
		EXISTS (SELECT 1 FROM actions WHERE panel_id = ANY(?0::bigint[]) AND resource = 'orders' AND state = 'done' AND ended_at > ?1)`,
		bigints(v.PanelIDs()), db.now().Add(-unreadFor)).Scan(ctx, &may)
	if err != nil {
		return false, fmt.Errorf("looking whether anything is done to orders: %w", err)
	}
	return may, nil
}

// MarkPending says of each of the viewer's orders whether it is pending. LATERAL looks every order up in the index
// actions_target, however many actions there are of others.
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
		return fmt.Errorf("looking for what is done to orders: %w", err)
	}
	for _, a := range acts {
		o := at[Key{a.PanelID, a.TargetID}]
		o.Pending = o.Pending || a.pendingOn(*o, now)
	}
	return nil
}
