package handlers

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// alertsForm is the form for alerts (sound and notification) about waiting tickets while the page is in the background.
type alertsForm struct {
	Sound, Notify bool
	Panels        []mutedPanel
}

type mutedPanel struct {
	models.PanelRef
	Muted bool
}

func newAlertsForm(v models.Viewer) alertsForm {
	form := alertsForm{Sound: v.Alerts.Sound, Notify: v.Alerts.Notify}
	for _, p := range v.Panels {
		form.Panels = append(form.Panels, mutedPanel{p, slices.Contains(v.Alerts.Muted, p.ID)})
	}
	return form
}

func (a *app) setAlerts(c *fiber.Ctx) error {
	var form struct {
		Sound  bool    `form:"sound"`
		Notify bool    `form:"notify"`
		Muted  []int64 `form:"muted"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	if err := a.DB.SetAlerts(c.UserContext(), viewer(c), models.Alerts{Sound: form.Sound, Notify: form.Notify, Muted: form.Muted}); err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	return back(c, "/account?saved=preferences")
}
