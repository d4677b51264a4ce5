package jobs

import (
	"cmp"
	"context"

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
		Key: key, UserName: p.Username, Method: p.Method,
		Status: p.Status, Memo: p.Memo, Mode: p.Mode, Risk: p.Risk, CreatedAt: p.Created, UpdatedAt: known(p.LastUpdate),
		Mirrored: models.Mirrored{Raw: p.Raw, Misread: models.MisreadList(p.Misread)},
	}
	var balanceIn string
	row.Amount, row.Currency = amountOf(p.Amount)
	row.UserBalance, balanceIn = amountOf(p.Balance)
	row.Currency = cmp.Or(row.Currency, balanceIn)
	return row
}
