package models

import (
	"context"
	"slices"
)

// BatchGroup is the known result of an order in a batch.
type BatchGroup string

// The groups. Failed means refused: the order is unchanged. Workers still look for an unconfirmed one; asks means that
// a person decides.
const (
	BatchWaiting     BatchGroup = "waiting"
	BatchDone        BatchGroup = "done"
	BatchFailed      BatchGroup = "failed"
	BatchUnconfirmed BatchGroup = "unconfirmed"
	BatchAsks        BatchGroup = "asks"
	BatchCancelled   BatchGroup = "cancelled"
)

// BatchGroups lists all groups; the ones that need a person come first.
var BatchGroups = []BatchGroup{BatchAsks, BatchFailed, BatchUnconfirmed, BatchWaiting, BatchCancelled, BatchDone}

// batchGroup is the SQL expression for the group of an action (alias t).
const batchGroup = `CASE
	WHEN t.state IN ('queued', 'unconfirmed') AND t.due_at IS NULL THEN 'asks'
	WHEN t.state = 'refused' THEN 'failed'
	WHEN t.state IN ('queued', 'sending') THEN 'waiting'
	ELSE t.state END`

// Group returns the action's group in its batch.
func (a PanelAction) Group() BatchGroup {
	switch {
	case a.AsksPerson():
		return BatchAsks
	case a.State == ActionRefused:
		return BatchFailed
	case a.State == ActionQueued, a.State == ActionSending:
		return BatchWaiting
	}
	return BatchGroup(a.State)
}

// BatchTally counts the orders of a batch by group. RetriedBy is the id of the batch that retries the failed ones.
type BatchTally struct {
	Groups    map[BatchGroup]int
	Panels    int
	RetriedBy int64
}

// All returns the number of orders.
func (t BatchTally) All() (n int) {
	for _, of := range t.Groups {
		n += of
	}
	return n
}

// Moves reports whether workers still have a step to do for an order.
func (t BatchTally) Moves() bool { return t.Groups[BatchWaiting]+t.Groups[BatchUnconfirmed] > 0 }

// Whole reports whether all orders are done. Anything less is no success.
func (t BatchTally) Whole() bool { return t.All() > 0 && t.Groups[BatchDone] == t.All() }

func (db *DB) batchTally(ctx context.Context, v Viewer, id int64) (BatchTally, error) {
	var rows []struct {
		PanelID int64
		Group   BatchGroup `bun:"group"`
		N       int
	}
	err := db.idb.NewRaw(`SELECT t.panel_id, `+batchGroup+` AS "group", count(*) AS n
		FROM batch_items AS i JOIN actions AS t ON t.id = i.action_id
		WHERE i.batch_id = ? AND t.panel_id = ANY(?::bigint[]) GROUP BY 1, 2`, id, bigints(v.PanelIDs())).Scan(ctx, &rows)
	tally, panels := BatchTally{Groups: map[BatchGroup]int{}}, map[int64]bool{}
	for _, row := range rows {
		tally.Groups[row.Group] += row.N
		panels[row.PanelID] = true
	}
	tally.Panels = len(panels)
	return tally, err
}

// BatchResults returns up to n of a batch's orders that the viewer may see, in the given groups, or in all if groups is
// empty. Orders that need a person come first.
func (db *DB) BatchResults(ctx context.Context, v Viewer, id int64, groups []BatchGroup, n int) ([]PanelAction, error) {
	if len(groups) == 0 {
		groups = BatchGroups
	}
	var found []PanelAction
	err := db.idb.NewRaw(`SELECT t.* FROM batch_items AS i JOIN actions AS t ON t.id = i.action_id
		WHERE i.batch_id = ? AND t.panel_id = ANY(?::bigint[]) AND `+batchGroup+` = ANY(?::text[])
		ORDER BY array_position(?::text[], `+batchGroup+`), t.id LIMIT ?`,
		id, bigints(v.PanelIDs()), groupArray(groups), groupArray(BatchGroups), n).Scan(ctx, &found)
	return found, err
}

// groupArray returns groups as a PostgreSQL array literal. It contains only names from BatchGroups, so it is safe in
// SQL.
func groupArray(groups []BatchGroup) string {
	text := ""
	for _, g := range groups {
		if slices.Contains(BatchGroups, g) {
			text += "," + string(g)
		}
	}
	if text == "" {
		return "{}"
	}
	return "{" + text[1:] + "}"
}

// CancelBatch cancels all orders of a batch that have not been sent, and returns their number.
func (db *DB) CancelBatch(ctx context.Context, v Viewer, id int64) (n int, err error) {
	b, _, err := db.Batch(ctx, v, id)
	if err != nil {
		return 0, err
	}
	if !b.Kind.May(v) {
		return 0, ErrNotAllowed
	}
	err = db.Tx(ctx, func(db *DB) error {
		var gone []Key
		err := db.idb.NewRaw(`UPDATE actions AS t SET state = 'cancelled', words = ?0, due_at = NULL, ended_at = ?1, changed_at = ?1,
			lease_token = NULL, lease_until = NULL FROM batch_items AS i WHERE i.action_id = t.id AND i.batch_id = ?2
			AND t.state = 'queued' AND t.panel_id = ANY(?3::bigint[]) RETURNING t.panel_id, t.target_id AS id`,
			"Cancelled by "+v.Username+" before it was sent.", db.now(), id, bigints(v.PanelIDs())).Scan(ctx, &gone)
		if err != nil {
			return err
		}
		n = len(gone)
		return db.recordBatch(ctx, v, b, ActOutboxCancel, gone)
	})
	return n, err
}
