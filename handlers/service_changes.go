package handlers

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"

	"masterpanel/models"
)

type serviceChangeRow struct {
	Panel               models.PanelRef
	ID, ServiceID       int64
	URL, Name           string
	Change, Before, Now string
	Kind                badge
	When                stamp
}

func (a *app) serviceChanges(c *fiber.Ctx) error {
	return serveList(a, c, models.ServiceChangeList, a.DB.ServiceChanges, (*app).serviceChangeRow)
}

func (a *app) serviceChangeRow(v models.Viewer, s models.ServiceChange) serviceChangeRow {
	panel, _ := v.Panel(s.PanelID)
	row := serviceChangeRow{Panel: panel, ID: s.ID, ServiceID: s.ServiceID, URL: pathOf("services", models.Key{PanelID: s.PanelID, ID: s.ServiceID}),
		Name: s.Name, Change: changeName(s), Kind: changeBadge(s.Kind), When: newStamp(s.At, a.Now(), v.Zone)}
	if s.Field != "" {
		row.Before, row.Now = changeValue(s.Field, s.Old), changeValue(s.Field, s.New)+changeOfRate(s)
	}
	return row
}

// changeName says what changed: a field, or the whole service.
func changeName(s models.ServiceChange) string {
	switch s.Kind {
	case "new":
		return "New service"
	case "removed":
		return "Removed"
	case "back":
		return "Back on sale"
	}
	return humanize(s.Field)
}

func changeBadge(kind string) badge {
	tone := map[string]string{"new": "done", "removed": "off", "back": "moving"}[kind]
	if tone == "" {
		tone = "other"
	}
	return badge{Label: humanize(kind), Tone: tone}
}

// changeValue formats a field's value as the list of services does.
func changeValue(field, value string) string {
	switch field {
	case "rate":
		if n, err := decimal.NewFromString(value); err == nil {
			return money(n, "")
		}
	case "min", "max":
		if n, err := decimal.NewFromString(value); err == nil {
			return number(n.IntPart())
		}
	case "refill", "cancel":
		return yesNo(value == "true")
	}
	return orNone(value)
}

// changeOfRate returns by how many percent a rate rose or fell.
func changeOfRate(s models.ServiceChange) string {
	before, err := decimal.NewFromString(s.Old)
	now, err2 := decimal.NewFromString(s.New)
	if s.Field != "rate" || err != nil || err2 != nil || !before.IsPositive() {
		return ""
	}
	percent, _ := now.Sub(before).Div(before).Mul(decimal.NewFromInt(100)).Float64()
	return fmt.Sprintf(" (%+.1f %%)", percent)
}

var serviceChangeFile = map[string]fileColumn[models.ServiceChange]{
	"when":  timeCell(func(s models.ServiceChange) *time.Time { return &s.At }),
	"panel": panelCell(func(s models.ServiceChange) models.Key { return s.Key }),
	"service": {[]string{"Service ID", "Service"}, func(_ models.Viewer, s models.ServiceChange) []string {
		return []string{pathID(s.ServiceID), s.Name}
	}},
	"change": plainCell(changeName),
	"before": plainCell(func(s models.ServiceChange) string { return s.Old }),
	"now":    plainCell(func(s models.ServiceChange) string { return s.New }),
}
