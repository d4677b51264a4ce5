package handlers

import (
	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// panelQuestion asks the viewer to choose a panel before it shows a form.
type panelQuestion struct {
	Panels []panelAnswer
}

type panelAnswer struct {
	models.PanelRef
	URL string
}

// formPanel returns the panel for a form: the one in the address, or the viewer's only one. Otherwise it returns a
// question that asks for the panel.
func (a *app) formPanel(c *fiber.Ctx, kind models.ActionKind, path string) (models.PanelRef, panelQuestion, error) {
	v := viewer(c)
	if !kind.May(v) {
		return models.PanelRef{}, panelQuestion{}, models.ErrNotAllowed
	}
	if named := c.QueryInt("panel"); named != 0 {
		panel, mine := v.Panel(int64(named))
		if !mine {
			return panel, panelQuestion{}, models.ErrNotFound
		}
		return panel, panelQuestion{}, nil
	}
	scope := v.Scope(nil)
	if len(scope) == 1 {
		panel, _ := v.Panel(scope[0])
		return panel, panelQuestion{}, nil
	}
	asks := panelQuestion{}
	for _, p := range panelRefs(v, scope) {
		asks.Panels = append(asks.Panels, panelAnswer{p, path + "?panel=" + pathID(p.ID)})
	}
	if len(asks.Panels) == 0 {
		return models.PanelRef{}, asks, models.ErrNotFound
	}
	return models.PanelRef{}, asks, nil
}
