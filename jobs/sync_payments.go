package jobs

import (
	"context"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

var paymentRows = rows[panel.Payment, models.Payment]{
	get: func(ctx context.Context, c *panel.Client, q page) (panel.Page[panel.Payment], error) {
		return c.Payments(ctx, panel.PaymentQuery{Ascending: q.ascending, Limit: q.limit, Offset: q.offset})
	},
	mark:      func(p panel.Payment) mark { return mark{p.ID, p.Created, p.Raw} },
	translate: paymentOf,
	put:       partly((*models.DB).PutPayments),
}

func paymentOf(key models.Key, p panel.Payment) models.Payment {
	row := models.Payment{
		Key: key, UserName: p.Username, Amount: p.Amount.Amount, Currency: p.Amount.Currency, Method: p.Method,
		Status: p.Status, Memo: p.Memo, Mode: p.Mode, Risk: p.Risk, CreatedAt: p.Created, UpdatedAt: known(p.LastUpdate),
		Mirrored: models.Mirrored{Raw: p.Raw},
	}
	if p.Balance != nil {
		row.UserBalance = decimal.NewNullDecimal(p.Balance.Amount)
	}
	return row
}
