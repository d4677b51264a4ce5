package jobs

import (
	"context"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// serviceRows reads services from the customers' API, which returns all of them as one page.
var serviceRows = rows[panel.Service, models.Service]{
	get: func(ctx context.Context, c *panel.Client, _ page) (panel.Page[panel.Service], error) {
		return c.Services(ctx)
	},
	mark:      func(s panel.Service) mark { return mark{id: s.ID, raw: s.Raw} },
	translate: serviceOf,
	place:     func(s *models.Service, position int) { s.Position = position },
	put:       (*models.DB).PutServices,
}

func serviceOf(key models.Key, s panel.Service) models.Service {
	row := models.Service{
		Key: key, Name: s.Name, Category: s.Category, Type: s.Type, Min: s.Min, Max: s.Max,
		Refill: s.Refill, Cancel: s.Cancel, Mirrored: models.Mirrored{Raw: s.Raw, Misread: models.MisreadList(s.Misread)},
	}
	if s.Rate != nil {
		row.Rate = decimal.NewNullDecimal(*s.Rate)
	}
	return row
}
