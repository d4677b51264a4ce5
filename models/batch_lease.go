package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ChunkSize is the maximum number of orders in one call; panels accept no more.
const ChunkSize = 100

// BatchWork is the part of a batch on one panel.
type BatchWork struct{ PanelID, BatchID int64 }

// DueBatches returns the oldest batch of each panel that has an action for a worker now.
func (db *DB) DueBatches(ctx context.Context) ([]BatchWork, error) {
	var due []BatchWork
	err := db.idb.NewRaw(`
		SELECT DISTINCT ON (item.panel_id) item.panel_id, item.batch_id
		FROM actions AS t JOIN batch_items AS item ON item.action_id = t.id
		WHERE t.state IN ('queued', 'unconfirmed') AND t.due_at <= ?0 AND (t.lease_until IS NULL OR t.lease_until <= ?0)
			AND EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.paused_at IS NULL
				AND panel.removed_at IS NULL AND panel.key_refused_at IS NULL AND panel.probe_at IS NULL)
			AND `+atItsAddress+`
		ORDER BY item.panel_id, item.batch_id`, db.now()).Scan(ctx, &due)
	return due, err
}

// ClaimBatch takes the leases, for ttl, of due actions of a batch on one panel: up to ChunkSize that go in one call,
// all in the same state, or a single one that goes alone. Unconfirmed actions come first. It returns ErrBusy if none is
// due, or if a worker already handles a batch of that panel: one call at a time leaves capacity for single actions.
func (db *DB) ClaimBatch(ctx context.Context, w BatchWork, ttl time.Duration) (claimed []PanelAction, alone bool, err error) {
	now := db.now()
	err = db.Tx(ctx, func(db *DB) error {
		free, err := db.batchesRest(ctx, w.PanelID, now)
		if err != nil || !free {
			return err
		}
		var next []dueInBatch
		if next, err = db.nextOfBatch(ctx, w, now); err != nil || len(next) == 0 {
			return err
		}
		alone = next[0].Alone
		return db.idb.NewRaw(`UPDATE actions AS t SET lease_token = ?1, lease_until = ?2 WHERE t.id IN (
				SELECT t.id FROM actions AS t WHERE t.id = ANY(?3::bigint[]) AND `+actionDue+` ORDER BY t.id FOR UPDATE OF t SKIP LOCKED)
			RETURNING t.*`, now, uuid.New(), now.Add(ttl), bigints(together(next))).Scan(ctx, &claimed)
	})
	if err == nil && len(claimed) == 0 {
		return nil, false, ErrBusy
	}
	for i := range claimed {
		claimed[i].BatchID = w.BatchID
	}
	return claimed, alone, err
}

// dueInBatch is a due action of a batch. Alone is true if it needs a call of its own.
type dueInBatch struct {
	ID    int64
	State ActionState
	Alone bool
}

// nextOfBatch returns the first ChunkSize due actions. OFFSET 0 makes PostgreSQL look up each action by its id: its
// statistics do not cover a batch that was just inserted, and it would otherwise scan all of a panel's actions for each
// row.
func (db *DB) nextOfBatch(ctx context.Context, w BatchWork, now time.Time) ([]dueInBatch, error) {
	var next []dueInBatch
	err := db.idb.NewRaw(`SELECT t.id, t.state, t.alone FROM (
			SELECT t.*, item.alone FROM batch_items AS item CROSS JOIN LATERAL (
				SELECT * FROM actions WHERE id = item.action_id OFFSET 0) AS t
			WHERE item.batch_id = ?1 AND item.panel_id = ?2 OFFSET 0) AS t
		WHERE `+actionDue+` ORDER BY t.state = 'queued', t.alone, t.id LIMIT ?3`,
		now, w.BatchID, w.PanelID, ChunkSize).Scan(ctx, &next)
	return next, err
}

// together returns the ids of the first actions that can go in one call.
func together(next []dueInBatch) []int64 {
	var ids []int64
	for _, t := range next {
		if t.State == next[0].State && t.Alone == next[0].Alone && (len(ids) == 0 || !t.Alone) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// batchesRest reports whether no worker handles any batch of the panel, and locks out other callers until the
// transaction ends.
func (db *DB) batchesRest(ctx context.Context, panelID int64, now time.Time) (rest bool, err error) {
	err = db.idb.NewRaw(`SELECT pg_try_advisory_xact_lock(hashtextextended(?2, 0)) AND NOT EXISTS (
		SELECT 1 FROM actions AS t WHERE t.panel_id = ?1 AND t.lease_token IS NOT NULL AND t.lease_until > ?0
			AND EXISTS (SELECT 1 FROM batch_items AS item WHERE item.action_id = t.id))`,
		now, panelID, fmt.Sprintf("batches of panel %d", panelID)).Scan(ctx, &rest)
	return rest, err
}

// BeginSendingAll is BeginSending for actions of one batch that leave in one call; now holds the panel's state of each,
// in the same order. It returns the actions that the worker may send. It omits actions that were cancelled or taken
// meanwhile, and actions whose order has another action in flight.
func (db *DB) BeginSendingAll(ctx context.Context, actions []PanelAction, now []Sight, by time.Time) ([]PanelAction, error) {
	if err := db.cancelUnlessAllowed(ctx, actions...); err != nil {
		return nil, err
	}
	ids, attempts, before := make([]int64, len(actions)), make([]int64, len(actions)), make([]json.RawMessage, len(actions))
	for i, a := range actions {
		held, err := json.Marshal(now[i])
		if err != nil {
			return nil, err
		}
		ids[i], attempts[i], before[i] = a.ID, int64(a.Attempts), held
	}
	sights, err := json.Marshal(before)
	if err != nil {
		return nil, err
	}
	var sending []PanelAction
	err = db.idb.NewRaw(`
		UPDATE actions AS t SET state = 'sending', attempts = t.attempts + 1, before = ?0::jsonb -> (held.place - 1)::int, misses = 0,
			words = '', cause = '', answered_at = NULL, reads = 0, reads_from = NULL, sent_at = ?1, changed_at = ?1, deadline = ?2, lease_until = ?3
		FROM unnest(?4::bigint[], ?5::bigint[]) WITH ORDINALITY AS held (id, attempts, place)
		WHERE t.id = held.id AND t.lease_token = ?6 AND t.attempts = held.attempts AND t.state = 'queued' AND `+atItsAddress+`
			AND NOT EXISTS (SELECT 1 FROM actions AS other WHERE other.panel_id = t.panel_id AND other.resource = t.resource
				AND other.target_id = t.target_id AND other.target_name = t.target_name AND other.state IN ('sending', 'unconfirmed'))
		RETURNING t.*`,
		string(sights), db.now(), by, by.Add(afterDeadline), bigints(ids), bigints(attempts), actions[0].LeaseToken).Scan(ctx, &sending)
	for i := range sending {
		sending[i].BatchID = actions[0].BatchID
	}
	return sending, err
}

// GoAlone excludes an action from calls for many orders: its next call is for this order alone.
func (db *DB) GoAlone(ctx context.Context, a PanelAction) error {
	_, err := db.idb.NewRaw("UPDATE batch_items SET alone = true WHERE action_id = ?", a.ID).Exec(ctx)
	return err
}
