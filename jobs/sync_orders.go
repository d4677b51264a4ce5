package jobs

import (
	"context"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

var orderRows = rows[panel.Order, models.Order]{
	get: func(ctx context.Context, c *panel.Client, q page) (panel.Page[panel.Order], error) {
		return c.Orders(ctx, panel.OrderQuery{IDs: q.ids, CreatedFrom: q.from, CreatedTo: q.to,
			Ascending: q.ascending, Limit: q.limit, Offset: q.offset})
	},
	mark:      func(o panel.Order) mark { return mark{o.ID, o.Created, o.Raw} },
	translate: orderOf,
	put:       partly((*models.DB).PutOrders),
}

func orderOf(key models.Key, o panel.Order) models.Order {
	row := models.Order{
		Key: key, UserName: o.User, Link: o.Link,
		StartCount: o.StartCount, Quantity: o.Quantity, ServiceID: o.ServiceID, ServiceName: o.ServiceName,
		ServiceType: o.ServiceType, Status: o.Status, Remains: o.Remains, Mode: o.Mode, Source: o.CreationType,
		Provider: o.Provider, ExternalID: o.ExternalID, CreatedAt: o.Created, UpdatedAt: known(o.LastUpdate),
		Mirrored: models.Mirrored{Raw: o.Raw, Misread: models.MisreadList(o.Misread)},
	}
	if strings.EqualFold(row.Provider, "n/a") { // some panels write this for "no provider"
		row.Provider = ""
	}
	row.Charge, row.Currency = amountOf(o.Charge)
	row.Cost, row.CostCurrency = amountOf(o.ProviderCharge)
	return row
}

// amountOf returns an amount and its currency. The amount is null if the panel did not give one.
func amountOf(m *panel.Money) (decimal.NullDecimal, string) {
	if m == nil {
		return decimal.NullDecimal{}, ""
	}
	return decimal.NewNullDecimal(m.Amount), m.Currency
}

// known returns nil for a time that the panel left out.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
