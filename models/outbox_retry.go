package models

import (
	"context"
	"fmt"
)

// RetryAction repeats an action that ended without an effect, as a new action of the viewer. Only one person can repeat
// it, so that no customer is answered twice; a second request of the same person gives the same action. It refuses
// payments: their form checks for likely duplicates and asks for a proof or a second person. It returns ErrTooLate if
// the action has not ended in this way or another person has repeated it, and ErrNotAllowed if the viewer may not do
// this.
func (db *DB) RetryAction(ctx context.Context, v Viewer, id int64) (again PanelAction, err error) {
	err = db.Tx(ctx, func(db *DB) error {
		a, err := db.PanelAction(ctx, v, id)
		switch {
		case err != nil:
			return err
		case !a.Kind.May(v):
			return ErrNotAllowed
		case a.Kind == KindAddPayment:
			return Invalid{"kind": "Add the payment again in its form. The form looks for duplicates."}
		case a.TargetID == 0:
			return Invalid{"kind": "Fill in its form again."}
		case a.State != ActionRefused && a.State != ActionCancelled:
			return ErrTooLate
		}
		n := NewAction{Key: fmt.Sprintf("retry-%d", a.ID), Kind: a.Kind, PanelID: a.PanelID, TargetID: a.TargetID,
			TargetName: a.TargetName, Payload: a.Payload}
		if err := db.checkRetried(ctx, v, n, a.Resource); err != nil {
			return err
		}
		again, err = db.Enqueue(ctx, v, n)
		return err
	})
	return again, err
}

// checkRetried returns ErrTooLate if another person has repeated the action. It locks the target until the transaction
// ends.
func (db *DB) checkRetried(ctx context.Context, v Viewer, n NewAction, r Resource) error {
	if err := db.lockTarget(ctx, n); err != nil {
		return err
	}
	retried, err := db.idb.NewSelect().Model((*PanelAction)(nil)).Where("t.panel_id = ? AND t.resource = ? AND t.target_id = ?", n.PanelID, r, n.TargetID).
		Where("t.target_id > 0 AND t.key = ? AND t.staff_id <> ?", n.Key, v.StaffID).Exists(ctx)
	if err == nil && retried {
		return ErrTooLate
	}
	return err
}
