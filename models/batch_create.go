package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// NewBatch is a submitted form that enqueues one action for many orders. Confirmed is the number of orders that the
// person confirmed. If another number is eligible by now, nothing is stored and the person has to confirm again.
type NewBatch struct {
	Key       string
	Kind      ActionKind
	Payload   ActionPayload
	Orders    []Key
	Confirmed int
}

// loggedAtOnce is the maximum number of orders in one entry of the activity log.
const loggedAtOnce = 1000

// CreateBatch stores an action for each eligible order, all of them or none, with entries in the activity log; workers
// send them later. If the same form was submitted before, CreateBatch returns the first batch. It treats orders on
// panels that the viewer may not see as missing.
func (db *DB) CreateBatch(ctx context.Context, v Viewer, n NewBatch) (Batch, error) {
	if info, known := n.Kind.Info(); !known || info.Resource != Orders || !n.Kind.May(v) {
		return Batch{}, ErrNotAllowed
	}
	if err := n.Check(); err != nil {
		return Batch{}, err
	}
	return db.createBatch(ctx, v, n, 0, func(db *DB) ([]Key, error) {
		found, err := db.ordersByKey(ctx, v, n.Orders)
		if err != nil {
			return nil, err
		}
		var can []Key
		for _, o := range found {
			if n.Kind.Problem(o, n.Payload) == "" {
				can = append(can, o.Key)
			}
		}
		if len(can) != n.Confirmed || len(can) == 0 {
			return nil, Invalid{"count": fmt.Sprintf("%d orders are eligible now. Nothing was sent. Check the orders again.", len(can))}
		}
		return can, nil
	})
}

// Check returns the errors of the form itself, Invalid by field.
func (n NewBatch) Check() error {
	invalid := Invalid{}
	invalid.text("key", n.Key, 100, "Reload the page and try again: this form has no key.")
	if len(n.Orders) > MostInBatch {
		invalid["ids"] = fmt.Sprintf("One batch can have up to %d orders.", MostInBatch)
	}
	info, _ := n.Kind.Info()
	if info.Resource != Orders {
		invalid["kind"] = "Choose an action for the orders."
		return invalid
	}
	info.check(n.Payload, invalid)
	return invalid.orNil()
}

// RetryBatch creates a batch of the failed and cancelled orders of another batch. Workers send its orders one by one: a
// panel that refuses a whole call because of one order would refuse the call again.
func (db *DB) RetryBatch(ctx context.Context, v Viewer, id int64, key string) (Batch, error) {
	of, _, err := db.Batch(ctx, v, id)
	if err != nil {
		return Batch{}, err
	}
	if !of.Kind.May(v) {
		return Batch{}, ErrNotAllowed
	}
	n := NewBatch{Key: key, Kind: of.Kind, Payload: of.Payload}
	if err := n.Check(); err != nil {
		return Batch{}, err
	}
	return db.createBatch(ctx, v, n, id, func(db *DB) ([]Key, error) {
		failed, err := db.BatchResults(ctx, v, id, []BatchGroup{BatchFailed, BatchCancelled}, MostInBatch)
		keys := make([]Key, len(failed))
		for i, a := range failed {
			keys[i] = Key{a.PanelID, a.TargetID}
		}
		if err == nil && len(keys) == 0 {
			err = Invalid{"ids": "No order in this batch failed."}
		}
		return keys, err
	})
}

// createBatch stores a batch of the orders that choose returns, once per form. A batch can be retried once; a further
// retry is a retry of that retry.
func (db *DB) createBatch(ctx context.Context, v Viewer, n NewBatch, retryOf int64, choose func(*DB) ([]Key, error)) (Batch, error) {
	var b Batch
	err := db.Tx(ctx, func(db *DB) error {
		if err := db.lockBatch(ctx, v, n, retryOf); err != nil {
			return err
		}
		digest := digestOf(n, retryOf)
		err := db.idb.NewSelect().Model(&b).Where("b.staff_id = ? AND b.key = ?", v.StaffID, n.Key).Scan(ctx)
		if err = notFound(err); !errors.Is(err, ErrNotFound) {
			if err == nil && b.Digest != digest {
				err = errOtherForm
			}
			return err
		}
		if err := db.checkRetry(ctx, retryOf); err != nil {
			return err
		}
		keys, err := choose(db)
		if err != nil {
			return err
		}
		b = Batch{FormKey: n.Key, Kind: n.Kind, Payload: n.Payload, Digest: digest, StaffID: v.StaffID, Username: v.Username,
			CreatedAt: stored(db.now()), RetryOf: retryOf}
		return db.insertBatch(ctx, v, &b, keys)
	})
	return b, err
}

// lockBatch serialises batches of one form, and inserts of actions on the batch's panels. lockTarget does the same per
// target, but ten thousand locks would exceed PostgreSQL's limit. It locks panels in the order of their ids, which
// avoids deadlocks.
func (db *DB) lockBatch(ctx context.Context, v Viewer, n NewBatch, retryOf int64) error {
	names := []string{fmt.Sprintf("batch %d %s", v.StaffID, n.Key)}
	if retryOf != 0 {
		names = append(names, fmt.Sprintf("batch retry %d", retryOf))
	}
	panels := v.PanelIDs()
	slices.Sort(panels)
	for _, id := range panels {
		if retryOf != 0 || slices.ContainsFunc(n.Orders, func(k Key) bool { return k.PanelID == id }) {
			names = append(names, actionsOfPanel(id))
		}
	}
	for _, name := range names {
		if _, err := db.idb.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", name).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checkRetry refuses a second retry of a batch. Without it two people who look at the batch could both retry it.
func (db *DB) checkRetry(ctx context.Context, retryOf int64) error {
	if retryOf == 0 {
		return nil
	}
	retried, err := db.idb.NewSelect().Model((*Batch)(nil)).Where("b.retry_of = ?", retryOf).Exists(ctx)
	if err == nil && retried {
		return Invalid{"key": "Another batch already retries the failed orders. Continue in that batch."}
	}
	return err
}

// digestOf returns a hash of the form's content. It tells two forms with the same key apart.
func digestOf(n NewBatch, retryOf int64) string {
	payload, _ := json.Marshal(n.Payload) // numbers and texts, so Marshal cannot fail
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %s", n.Kind, payload, retryOf, FormatKeys(n.Orders)))
	return hex.EncodeToString(sum[:])
}

// insertBatch stores a batch and an action for each of its orders.
func (db *DB) insertBatch(ctx context.Context, v Viewer, b *Batch, keys []Key) error {
	if _, err := db.idb.NewInsert().Model(b).Returning("id").Exec(ctx); err != nil {
		return fmt.Errorf("saving a batch: %w", err)
	}
	payload, err := json.Marshal(b.Payload)
	if err != nil {
		return err
	}
	panels, ids := keyArrays(keys)
	_, err = db.idb.NewRaw(`
		WITH added AS (
			INSERT INTO actions (key, kind, panel_id, resource, target_id, target_name, payload, reference, staff_id, username,
				created_at, changed_at, due_at, state)
			SELECT 'batch ' || ?0 || ' ' || wanted.panel_id || '-' || wanted.id, ?1, wanted.panel_id, 'orders', wanted.id, '', ?2::jsonb, '',
				?3, ?4, ?5, ?5, ?5, 'queued'
			FROM unnest(?6::bigint[], ?7::bigint[]) WITH ORDINALITY AS wanted (panel_id, id, place) ORDER BY wanted.place
			RETURNING id, panel_id
		)
		INSERT INTO batch_items (action_id, batch_id, panel_id, alone) SELECT id, ?0, panel_id, ?8 FROM added`,
		b.ID, string(b.Kind), string(payload), v.StaffID, v.Username, b.CreatedAt, panels, ids, b.RetryOf != 0 || !b.Kind.Chunked()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving the actions of batch %d: %w", b.ID, err)
	}
	info, _ := b.Kind.Info()
	return db.recordBatch(ctx, v, *b, info.logged, keys)
}

// recordBatch logs an action on orders of a batch, so that the page of each order shows it.
func (db *DB) recordBatch(ctx context.Context, v Viewer, b Batch, did Action, keys []Key) error {
	of := map[int64][]int64{}
	for _, key := range keys {
		of[key.PanelID] = append(of[key.PanelID], key.ID)
	}
	changes := append((PanelAction{Payload: b.Payload}).changes(), Change{Field: "Batch", New: fmt.Sprint(b.ID)})
	for panelID, ids := range of {
		for some := range slices.Chunk(ids, loggedAtOnce) {
			err := db.record(ctx, v, Entry{Action: did, PanelID: panelID, Object: Object(Orders), ObjectIDs: some, Changes: changes})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
