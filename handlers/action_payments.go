package handlers

import (
	"context"

	"masterpanel/models"
)

// actionPayments lists payments of the panel beside a payment in the outbox. Shown holds the payments that came from
// this action. Candidates holds payments that may have come from it, for a person who has to decide about the action.
type actionPayments struct {
	Shown, Candidates []paymentLine
}

func (a *app) actionPayments(ctx context.Context, v models.Viewer, r models.OutboxRow) (lines actionPayments, err error) {
	if r.Kind != models.KindAddPayment {
		return lines, nil
	}
	shown, candidates, err := a.DB.PaymentsOfAction(ctx, v, r.ID)
	if err != nil {
		return lines, err
	}
	lines.Shown = a.paymentLines(v, shown)
	if r.Decidable(v, a.Now()) && len(shown) == 0 {
		lines.Candidates = a.paymentLines(v, candidates)
	}
	return lines, nil
}
