package models

import (
	"context"
	"fmt"
)

// RetryAction asks once more for what ended without an effect, as a new action of the viewer's. Asked twice it is one.
// ErrTooLate when the action has not ended so, ErrNotAllowed when the viewer may not do such a thing.
func (db *DB) RetryAction(ctx context.Context, v Viewer, id int64) (PanelAction, error) {
	a, err := db.PanelAction(ctx, v, id)
	switch {
	case err != nil:
		return PanelAction{}, err
	case !a.Kind.May(v):
		return PanelAction{}, ErrNotAllowed
	case a.State != ActionRefused && a.State != ActionCancelled:
		return PanelAction{}, ErrTooLate
	}
	return db.Enqueue(ctx, v, NewAction{Key: fmt.Sprintf("retry-%d", a.ID), Kind: a.Kind, PanelID: a.PanelID, TargetID: a.TargetID,
		TargetName: a.TargetName, Payload: a.Payload})
}
