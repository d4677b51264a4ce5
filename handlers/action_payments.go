package handlers

import (
	"context"

	"masterpanel/models"
)

// actionPayments are the panel's payments beside a payment of the outbox: those that it is, and, for a person who has to
// say what became of it, those that it may be.
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
