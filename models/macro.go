package models

import (
	"context"
	"errors"
)

// runMacro runs the additional steps of a reply's macro in the reply's transaction: all of them succeed, or none.
// Errors are Invalid under "macro".
func (db *DB) runMacro(ctx context.Context, v Viewer, n NewReply) (NewReply, error) {
	if n.Macro == 0 {
		return n, nil
	}
	r, err := db.CannedReply(ctx, v, n.Macro)
	if errors.Is(err, ErrNotFound) {
		return n, Invalid{"macro": "This macro no longer exists. Send the reply without it."}
	}
	if err != nil {
		return n, err
	}
	n.Done = n.Done || r.ThenDone
	if r.ThenAssign {
		if err := db.AssignTicket(ctx, v, n.Ticket, v.StaffID); err != nil {
			return n, err
		}
	}
	if r.ThenOrder == "" {
		return n, nil
	}
	return n, db.macroOrder(ctx, v, n, r.ThenOrder)
}

func (db *DB) macroOrder(ctx context.Context, v Viewer, n NewReply, name string) error {
	do, known := MacroOrderNamed(name)
	if !known {
		return Invalid{"macro": "This version of Masterpanel does not know the action of this macro."}
	}
	t, err := findOne[Ticket](ctx, db, v, n.Ticket)
	if err != nil {
		return err
	}
	o, err := db.Order(ctx, v, Key{n.Ticket.PanelID, n.Order})
	if errors.Is(err, ErrNotFound) || err == nil && o.UserName != t.UserName {
		return Invalid{"macro": "Choose one of this customer's orders for “" + do.Label + "”."}
	}
	if err != nil {
		return err
	}
	_, err = db.Enqueue(ctx, v, NewAction{Key: n.Key + " macro", Kind: do.Kind, PanelID: o.PanelID, TargetID: o.ID, Payload: do.Payload})
	var invalid Invalid
	switch {
	case errors.As(err, &invalid):
		return Invalid{"macro": do.Label + ": " + invalid["kind"]}
	case errors.Is(err, ErrNotAllowed):
		return Invalid{"macro": do.Label + ": your role does not allow this."}
	}
	return err
}
