package handlers

import (
	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type serviceRow struct {
	Panel                          models.PanelRef
	ID                             int64
	Name, Category, Type           string
	Rate, Min, Max, Refill, Cancel string
}

func (a *app) services(c *fiber.Ctx) error {
	return serveList(a, c, models.ServiceList, a.DB.Services, (*app).serviceRow)
}

func (a *app) serviceRow(v models.Viewer, s models.Service) serviceRow {
	panel, _ := v.Panel(s.PanelID)
	return serviceRow{
		Panel: panel, ID: s.ID, Name: s.Name, Category: orNone(s.Category), Type: s.Type, Rate: moneyFor(v, s.Rate, ""),
		Min: number(s.Min), Max: number(s.Max), Refill: yesNo(s.Refill), Cancel: yesNo(s.Cancel),
	}
}
