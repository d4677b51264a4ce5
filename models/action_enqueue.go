package models

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun/dialect/pgdialect"

	"masterpanel/models/seal"
)

// NewAction is a submitted form that enqueues an action. Key belongs to the form: a second submit of the same form, by
// a double click, the back button or a router's retry, gives the same action. TargetName is a customer's name; every
// other target has a TargetID.
type NewAction struct {
	Key        string
	Kind       ActionKind
	PanelID    int64
	TargetID   int64
	TargetName string
	Payload    ActionPayload
	// Secret is a new user's password. It is never shown again.
	Secret seal.Secret
}

// Enqueue stores an action and its entry in the activity log; a worker sends it later. If the same form was submitted
// before, Enqueue returns the first action in its current state. Its errors are Invalid by field, ErrNotAllowed, and
// ErrNotFound if the viewer may not see the panel or if no such order or ticket exists.
func (db *DB) Enqueue(ctx context.Context, v Viewer, n NewAction) (PanelAction, error) {
	if _, mine := v.Panel(n.PanelID); !mine {
		return PanelAction{}, ErrNotFound
	}
	if !n.Kind.May(v) {
		return PanelAction{}, ErrNotAllowed
	}
	if err := n.check(); err != nil {
		return PanelAction{}, err
	}
	var a PanelAction
	err := db.Tx(ctx, func(db *DB) (err error) {
		if err := db.lockTarget(ctx, n); err != nil {
			return err
		}
		if a, err = db.sameForm(ctx, v, n); !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := db.checkTarget(ctx, v, n); err != nil {
			return err
		}
		a, err = db.insertAction(ctx, v, n)
		return err
	})
	return a, err
}

func (n NewAction) check() error {
	invalid := Invalid{}
	invalid.text("key", n.Key, 100, "Reload the page and try again: this form has no key.")
	info, _ := n.Kind.Info()
	if info.Resource == Users {
		invalid.text("user", n.TargetName, longestText, "Enter the username.")
		if n.TargetID != 0 {
			invalid["user"] = "Enter the username."
		}
	} else if n.TargetID <= 0 || n.TargetName != "" {
		return ErrNotFound
	}
	info.check(n.Payload, invalid)
	n.checkSecret(invalid)
	return invalid.orNil()
}

// lockTarget serialises inserts of actions on one target, so that their ids follow the order of their commits. Without
// it a worker could see and send a later action before an earlier one is visible. A batch locks its whole panels
// instead.
func (db *DB) lockTarget(ctx context.Context, n NewAction) error {
	_, err := db.idb.NewRaw("SELECT pg_advisory_xact_lock_shared(hashtextextended(?, 0))", actionsOfPanel(n.PanelID)).Exec(ctx)
	if err != nil {
		return err
	}
	info, _ := n.Kind.Info()
	target := fmt.Sprintf("action %d %s %d %s", n.PanelID, info.Resource, n.TargetID, n.TargetName)
	_, err = db.idb.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", target).Exec(ctx)
	return err
}

// actionsOfPanel returns the name of the lock that covers inserts of actions for a panel.
func actionsOfPanel(id int64) string { return fmt.Sprintf("actions of panel %d", id) }

var errOtherForm = Invalid{"key": "You already sent this form with other values. Nothing was saved now. Check the first one in the outbox, then use a new form."}

// sameForm returns the action that the form created before. It refuses a form with the same key and other content, for
// example after the back button and a changed text. If it returned the first action, it would lose the new text
// silently.
func (db *DB) sameForm(ctx context.Context, v Viewer, n NewAction) (PanelAction, error) {
	var a PanelAction
	err := db.idb.NewSelect().Model(&a).Where("t.staff_id = ? AND t.key = ?", v.StaffID, n.Key).Scan(ctx)
	if err != nil {
		return PanelAction{}, notFound(err)
	}
	had, err := json.Marshal(a.Payload)
	if err != nil {
		return PanelAction{}, err
	}
	asks, err := json.Marshal(n.Payload)
	if err != nil {
		return PanelAction{}, err
	}
	if a.Kind != n.Kind || a.PanelID != n.PanelID || a.TargetID != n.TargetID || a.TargetName != n.TargetName || !bytes.Equal(had, asks) {
		return PanelAction{}, errOtherForm
	}
	other, err := db.otherSecret(ctx, a, n)
	if err == nil && other {
		err = errOtherForm
	}
	return a, err
}

// checkTarget checks the target in the mirror. The worker checks it on the panel before it sends.
func (db *DB) checkTarget(ctx context.Context, v Viewer, n NewAction) error {
	key := Key{n.PanelID, n.TargetID}
	switch info, _ := n.Kind.Info(); info.Resource {
	case Users:
		return db.checkMemo(ctx, n)
	case Tickets:
		_, err := findOne[Ticket](ctx, db, v, key)
		return err
	case Orders:
		o, err := db.Order(ctx, v, key)
		if err != nil {
			return err
		}
		if problem := (PanelAction{Kind: n.Kind, Resource: Orders, Payload: n.Payload}).Problem(sightOf(o)); problem != "" {
			return Invalid{"kind": problem}
		}
	}
	return nil
}

// checkMemo refuses a memo with the reference of an earlier payment, because the panel's list would then show two
// payments with one reference.
func (db *DB) checkMemo(ctx context.Context, n NewAction) error {
	keys := maybeReferencesIn(n.Payload.Memo)
	if n.Kind != KindAddPayment || len(keys) == 0 {
		return nil
	}
	taken, err := db.idb.NewSelect().Model((*PanelAction)(nil)).Where("t.panel_id = ? AND t.kind = ?", n.PanelID, KindAddPayment).
		Where("lower(t.reference) = ANY(?::text[])", pgdialect.Array(keys)).Exists(ctx)
	if err == nil && taken {
		err = Invalid{"memo": "This memo contains the reference of another payment (MP…). Remove the reference, or describe the other payment in words."}
	}
	return err
}

func (db *DB) insertAction(ctx context.Context, v Viewer, n NewAction) (PanelAction, error) {
	info, _ := n.Kind.Info()
	now := stored(db.now())
	a := PanelAction{FormKey: n.Key, Kind: n.Kind, PanelID: n.PanelID, Resource: info.Resource, TargetID: n.TargetID,
		TargetName: n.TargetName, Payload: n.Payload, StaffID: v.StaffID, Username: v.Username, CreatedAt: now, ChangedAt: now,
		State: ActionQueued, DueAt: now.Add(info.Wait), Found: []int64{},
		MemoKeys: append([]string{}, memoKeys(n.Payload.Memo)...)}
	if n.Kind == KindAddPayment {
		a.Reference = newReference()
	}
	query := db.idb.NewInsert().Model(&a).On("CONFLICT (staff_id, key) DO NOTHING").Returning("id")
	result, err := query.Exec(ctx)
	if err != nil {
		return PanelAction{}, fmt.Errorf("saving %s: %w", n.Kind, err)
	}
	if added, err := result.RowsAffected(); err != nil || added == 0 {
		if err != nil {
			return PanelAction{}, err
		}
		return db.sameForm(ctx, v, n) // the same form for another target, submitted at the same moment
	}
	if err := db.keepSecret(ctx, a, n.Secret); err != nil {
		return PanelAction{}, err
	}
	e, err := db.onCustomer(ctx, a.entry(info.logged, a.changes()...), a.TargetName)
	if err != nil {
		return PanelAction{}, err
	}
	return a, db.record(ctx, v, e)
}

// newReference returns a random reference. A counter would repeat a number after a backup is restored, and the search
// would then find the payment of the first.
func newReference() string { return "MP" + rand.Text()[:10] }

// onCustomer adds the user's id to an entry that names a customer, if the mirror has the user. The customer's page then
// shows the entry.
func (db *DB) onCustomer(ctx context.Context, e Entry, username string) (Entry, error) {
	if username == "" {
		return e, nil
	}
	err := db.idb.NewSelect().Model((*User)(nil)).Column("id").Where("panel_id = ?", e.PanelID).
		Where("lower(username) = lower(?0) AND username = ?0", username).Limit(1).Scan(ctx, &e.ObjectIDs)
	return e, err
}

// entry returns an activity entry about the action's target, so that the target's page shows it.
func (a PanelAction) entry(did Action, changes ...Change) Entry {
	e := Entry{Action: did, PanelID: a.PanelID, Object: Object(a.Resource), Changes: changes}
	if a.TargetID != 0 {
		e.ObjectIDs = []int64{a.TargetID}
	}
	return e
}

// changes returns the action's payload as details for the activity log.
func (a PanelAction) changes() []Change {
	p := a.Payload
	changes := []Change{{Field: "User", New: a.TargetName}, {Field: "Subject", New: p.Subject}, {Field: "Message", New: p.Message}, {Field: "Method", New: p.Method},
		{Field: "Memo", New: p.Memo}, {Field: "Reference", New: a.Reference}, {Field: "Status", New: p.Status},
		{Field: "Link", New: p.Link}, {Field: "Reason", New: p.CancelReason}}
	if p.Amount.Valid {
		changes = append(changes, Change{Field: amountField, New: p.Amount.Decimal.String()})
	}
	if p.Remains != nil {
		changes = append(changes, Change{Field: "Remains", New: fmt.Sprint(*p.Remains)})
	}
	if p.StartCount != nil {
		changes = append(changes, Change{Field: "Start count", New: fmt.Sprint(*p.StartCount)})
	}
	if p.AffiliateCommission {
		changes = append(changes, Change{Field: "Affiliate commission", New: "yes"})
	}
	return changed(changes...)
}
