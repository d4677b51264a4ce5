package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ChunkSize is how many orders go in one call at most; panels take no more.
const ChunkSize = 100

// BatchWork is the part of a batch that is on one panel.
type BatchWork struct{ PanelID, BatchID int64 }

// DueBatches are the batches on which a worker may do something now, one for each panel: the oldest.
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

// ClaimBatch takes the leases, for ttl, of actions of a batch on one panel that are due: up to ChunkSize that go in one
// call, all in the same state, or one that goes alone. What is to be read back comes first. ErrBusy when there are none,
// or when a worker has some of that panel's batches already: one at a time leaves the panel to whoever waits for a
// single thing.
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

// dueInBatch is an action of a batch on which a worker may do something now, and whether it goes alone.
type dueInBatch struct {
	ID    int64
	State ActionState
	Alone bool
}

// nextOfBatch are those that come next, the first ChunkSize. OFFSET 0 has PostgreSQL look each one up by its id: of a batch
// that was just written down its statistics know nothing, and it would go through all of a panel's actions for each one.
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

// together are the ids of those at the front that are taken at once.
func together(next []dueInBatch) []int64 {
	var ids []int64
	for _, t := range next {
		if t.State == next[0].State && t.Alone == next[0].Alone && (len(ids) == 0 || !t.Alone) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// batchesRest tells whether no worker has anything of the panel's batches, and keeps others from asking meanwhile.
func (db *DB) batchesRest(ctx context.Context, panelID int64, now time.Time) (rest bool, err error) {
	err = db.idb.NewRaw(`SELECT pg_try_advisory_xact_lock(hashtextextended(?2, 0)) AND NOT EXISTS (
		SELECT 1 FROM actions AS t WHERE t.panel_id = ?1 AND t.lease_token IS NOT NULL AND t.lease_until > ?0
			AND EXISTS (SELECT 1 FROM batch_items AS item WHERE item.action_id = t.id))`,
		now, panelID, fmt.Sprintf("batches of panel %d", panelID)).Scan(ctx, &rest)
	return rest, err
}

// BeginSendingAll is BeginSending for actions of one batch that leave in one call; now is what the panel holds of each,
// in their order. It returns those that may leave. One that was cancelled or taken meanwhile is not among them, nor one
// to whose order something else is in flight.
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

// GoAlone takes an action out of the calls for many: the next one is about it alone.
func (db *DB) GoAlone(ctx context.Context, a PanelAction) error {
	_, err := db.idb.NewRaw("UPDATE batch_items SET alone = true WHERE action_id = ?", a.ID).Exec(ctx)
	return err
}
