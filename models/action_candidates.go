package models

import (
	"context"
	"fmt"
	"slices"
)

// candidatesShown limits the number of candidates on a page.
const candidatesShown = 10

// PaymentCandidates returns mirrored payments with the same user and amount, created since the payment was enqueued,
// newest first. They help a person who has to decide about the payment: on a panel that cuts memos, one of them may be
// it. The list omits payments that are known to be this action or another of our payments. Amounts are set only for
// viewers who can see money.
func (db *DB) PaymentCandidates(ctx context.Context, v Viewer, a PanelAction) ([]Payment, error) {
	if a.Kind != KindAddPayment {
		return nil, nil
	}
	var rows []Payment
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{a.PanelID}))).
		Where("lower(user_name) = lower(?) AND amount = ?", a.TargetName, a.Payload.Amount).
		Where("created_at >= ?", a.CreatedAt.Add(-candidateSkew)).OrderExpr("created_at DESC, id DESC").Limit(candidatesShown).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for candidates of action %d: %w", a.ID, err)
	}
	return slices.DeleteFunc(rows, func(p Payment) bool {
		return slices.Contains(a.Found, p.ID) || len(ourReferencesIn(p.Memo)) > 0
	}), nil
}

// PaymentsOfAction returns the mirrored payments that belong to an action on the viewer's panels, and the candidates,
// see PaymentCandidates.
func (db *DB) PaymentsOfAction(ctx context.Context, v Viewer, id int64) (shown, candidates []Payment, err error) {
	a, err := db.PanelAction(ctx, v, id)
	if err != nil {
		return nil, nil, err
	}
	if len(a.Found) > 0 {
		err = db.selectFor(v, &shown).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{a.PanelID}))).
			Where("id = ANY(?::bigint[])", bigints(a.Found)).OrderExpr("id").Scan(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the payments of action %d: %w", id, err)
		}
	}
	candidates, err = db.PaymentCandidates(ctx, v, a)
	return shown, candidates, err
}
