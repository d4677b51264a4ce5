package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// actionsAtOnce is the number of one panel's actions that workers handle at the same time, so that a panel which does
// not answer blocks no other panel.
const actionsAtOnce = "5"

// afterDeadline is how long a worker has after its request's deadline to store the result.
const afterDeadline = 10 * time.Second

// unfinished are the states that are not final.
const unfinished = "('queued', 'sending', 'unconfirmed')"

// actionDue is an SQL condition on an action (alias t) that a worker may take now: to send it, if no earlier action on
// the same target is unfinished, or to look for its result. Its panel is active, has a working key and no
// circuit-breaker wait, and the action is meant for the panel's current address. The condition leaves kinds that only a
// newer version knows to workers of that version, and a restored database to its sweep.
var actionDue = `
	t.state IN ('queued', 'unconfirmed') AND t.due_at <= ?0 AND (t.lease_until IS NULL OR t.lease_until <= ?0)
	AND (t.state = 'unconfirmed' OR NOT EXISTS (SELECT 1 FROM actions AS earlier
		WHERE earlier.panel_id = t.panel_id AND earlier.resource = t.resource AND earlier.target_id = t.target_id
		AND earlier.target_name = t.target_name AND earlier.id < t.id AND earlier.state IN ` + unfinished + `))
	AND EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.paused_at IS NULL
		AND panel.removed_at IS NULL AND panel.key_refused_at IS NULL AND panel.probe_at IS NULL)
	AND ` + atItsAddress + `
	AND t.kind IN (` + knownKinds() + `)
	AND EXISTS (SELECT 1 FROM outbox_place WHERE place = outbox_place_now())`

// knownKinds returns the kinds of actions as an SQL list.
func knownKinds() string {
	var names []string
	for _, info := range ActionKinds {
		names = append(names, "'"+string(info.Kind)+"'")
	}
	return strings.Join(names, ", ")
}

// notInBatch is an SQL condition on an action (alias t) that belongs to no batch.
const notInBatch = "NOT EXISTS (SELECT 1 FROM batch_items AS item WHERE item.action_id = t.id)"

// panelHasRoom is an SQL condition on a panel's id: workers handle fewer than actionsAtOnce of its actions. Actions in
// batches do not count.
func panelHasRoom(id string) string {
	return `(SELECT count(*) FROM actions AS other WHERE other.panel_id = ` + id + ` AND other.lease_token IS NOT NULL
		AND other.lease_until > ?0 AND NOT EXISTS (SELECT 1 FROM batch_items AS item WHERE item.action_id = other.id)) < ` + actionsAtOnce
}

// DueActions returns up to n actions of each panel that a worker may take now, the longest waiting first. It omits
// actions of batches, which have their own workers. The caller enqueues a wake-up for each; an extra wake-up does
// nothing, because ClaimAction gives the lease to one worker only.
func (db *DB) DueActions(ctx context.Context, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw(`
		SELECT due.id FROM (SELECT DISTINCT panel_id FROM actions WHERE state IN `+unfinished+`) AS busy,
		LATERAL (SELECT t.id FROM actions AS t WHERE t.panel_id = busy.panel_id AND `+actionDue+` AND `+notInBatch+`
			ORDER BY t.due_at, t.id LIMIT ?1) AS due WHERE `+panelHasRoom("busy.panel_id"), db.now(), n).Scan(ctx, &ids)
	return ids, err
}

// ClaimAction takes the lease of a due action for ttl. It returns ErrBusy if another worker has the lease or if the
// action is not due.
func (db *DB) ClaimAction(ctx context.Context, id int64, ttl time.Duration) (PanelAction, error) {
	var a PanelAction
	now := db.now()
	err := db.idb.NewRaw("UPDATE actions AS t SET lease_token = ?1, lease_until = ?2 WHERE t.id = ?3 AND "+actionDue+
		" AND "+panelHasRoom("t.panel_id")+" RETURNING t.*",
		now, uuid.New(), now.Add(ttl), id).Scan(ctx, &a)
	if notFound(err) == ErrNotFound {
		return PanelAction{}, ErrBusy
	}
	return a, err
}

// ActionWait returns how long an untouched queued action still waits so that its author can cancel it; zero for other
// actions.
func (db *DB) ActionWait(ctx context.Context, id int64) (time.Duration, error) {
	var dueAt bun.NullTime
	err := db.idb.NewRaw("SELECT max(due_at) FROM actions WHERE id = ? AND state = 'queued' AND changed_at = created_at", id).Scan(ctx, &dueAt)
	if err != nil || dueAt.IsZero() {
		return 0, err
	}
	return max(0, dueAt.Sub(db.now())), nil
}

// BeginSending commits that the worker is about to send the action, and stores the panel's current state to compare
// with later. by is the deadline of the request. The worker may send only after BeginSending returned without an error.
// If the author may no longer do this, BeginSending cancels the action and returns ErrNotAllowed. It returns
// ErrLeaseLost if the action was cancelled or taken meanwhile, or if its panel now has another address or another key
// whose records are not verified.
func (db *DB) BeginSending(ctx context.Context, a PanelAction, now Sight, by time.Time) (PanelAction, error) {
	if err := db.cancelUnlessAllowed(ctx, a); err != nil {
		return a, err
	}
	if err := db.setEscaped(ctx, a, &now); err != nil {
		return a, err
	}
	before, err := json.Marshal(now)
	if err != nil {
		return a, err
	}
	var sending PanelAction
	err = db.idb.NewRaw(`
		UPDATE actions AS t SET state = 'sending', attempts = attempts + 1, before = ?0::jsonb, misses = 0, words = '', cause = '',
			answered_at = NULL, receipt_id = 0, reads = 0, reads_from = NULL, sent_at = ?1, changed_at = ?1, deadline = ?2, lease_until = ?3
		WHERE t.id = ?4 AND t.lease_token = ?5 AND t.attempts = ?6 AND t.state = 'queued' AND `+atItsAddress+` RETURNING t.*`,
		string(before), db.now(), by, by.Add(afterDeadline), a.ID, a.LeaseToken, a.Attempts).Scan(ctx, &sending)
	switch {
	case notFound(err) == ErrNotFound:
		return a, fmt.Errorf("action %d: %w", a.ID, ErrLeaseLost)
	case violates(err, "actions_in_flight"):
		return a, fmt.Errorf("action %d: %w", a.ID, ErrBusy)
	case err != nil:
		return a, err
	}
	return sending, nil
}

// cancelUnlessAllowed cancels actions whose author may no longer do this, and returns ErrNotAllowed.
func (db *DB) cancelUnlessAllowed(ctx context.Context, actions ...PanelAction) error {
	allowed, err := db.stillMay(ctx, actions[0])
	if err != nil || allowed {
		return err
	}
	for _, a := range actions {
		err := db.EndAction(ctx, a, ActionCancelled, "Nothing was sent: "+a.Username+" may no longer do this.")
		if err != nil && !errors.Is(err, ErrLeaseLost) {
			return err
		}
	}
	return ErrNotAllowed
}

// stillMay reports whether the action's author may still do it: the account is enabled, has this panel and has this
// permission.
func (db *DB) stillMay(ctx context.Context, a PanelAction) (bool, error) {
	var s Staff
	err := db.idb.NewSelect().Model(&s).Where("id = ? AND disabled_at IS NULL", a.StaffID).Scan(ctx)
	if notFound(err) == ErrNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v, err := db.viewerOf(ctx, s)
	_, mine := v.Panel(a.PanelID)
	return mine && a.Kind.May(v), err
}
