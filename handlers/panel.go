package handlers

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// panelPage shows one panel's settings: its form and its removal.
type panelPage struct {
	Shell       shell
	Panel       models.PanelRef
	Form        panelForm
	RemoveURL   string
	RemoveError string
	Rows        string
	Did         []activityLine
}

func panelID(c *fiber.Ctx) (int64, error) {
	id, err := strconv.ParseInt(c.Params("panel"), 10, 64)
	if err != nil {
		return 0, models.ErrNotFound
	}
	return id, nil
}

func (a *app) panel(c *fiber.Ctx) error { return a.panelPage(c, nil, nil, "") }

// panelPage shows a panel's settings. input holds the typed values; nil shows the stored ones.
func (a *app) panelPage(c *fiber.Ctx, input *models.PanelInput, problems models.Invalid, removeError string) error {
	id, err := panelID(c)
	if err != nil {
		return err
	}
	p, err := a.DB.ManagedPanel(c.UserContext(), viewer(c), id)
	if err != nil {
		return err
	}
	if input == nil {
		input = &models.PanelInput{Name: p.Name, ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL}
	}
	form := newPanelForm(*input, problems)
	form.Action, form.Submit = "/settings/panels/"+pathID(id), "Save"
	if problems["shop"] != "" || input.Shop != "" && input.URL != p.URL {
		form.Shop = &shopQuestion{Old: p.URL, New: input.URL, Error: problems["shop"], Same: input.Shop == models.SameShop}
	}
	form.HasAdminKey, form.HasServicesKey = masked(p.AdminKeyLast4, true), masked(p.ServicesKeyLast4, p.HasServicesKey())
	rows, err := a.cachedRows(c.UserContext(), viewer(c), id)
	if err != nil {
		return err
	}
	did, err := a.didHere(c.UserContext(), viewer(c), models.ObjectPanel, models.Key{PanelID: id, ID: id})
	if err != nil {
		return err
	}
	shell, err := a.shell(c, p.Name, "panels")
	if err != nil {
		return err
	}
	return a.render(c, "settings/panel", panelPage{Shell: shell, Panel: refOf(p), Form: form,
		RemoveURL: form.Action + "/remove", RemoveError: removeError, Rows: number(rows), Did: did})
}

func (a *app) cachedRows(ctx context.Context, v models.Viewer, id int64) (rows int64, err error) {
	streams, err := a.DB.SyncStatuses(ctx, v, []int64{id})
	for _, s := range streams {
		rows += s.Cached
	}
	return rows, err
}

func (a *app) updatePanel(c *fiber.Ctx) error {
	id, err := panelID(c)
	if err != nil {
		return err
	}
	in, problems, err := a.readPanel(c)
	if err != nil {
		return err
	}
	if problems == nil {
		_, err = a.DB.UpdatePanel(c.UserContext(), viewer(c), id, in)
		if invalid, ok := fieldErrors(err); ok {
			problems, err = invalid, nil
		}
	}
	if err != nil {
		return err
	}
	if problems != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.panelPage(c, &in, problems, "")
	}
	a.panelChanged(c, id)
	return back(c, "/settings/panels")
}

// onPanel returns a handler for a change to a panel that needs no form.
func (a *app) onPanel(change func(context.Context, models.Viewer, int64) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := panelID(c)
		if err != nil {
			return err
		}
		if err := change(c.UserContext(), viewer(c), id); err != nil {
			return err
		}
		a.panelChanged(c, id)
		return back(c, "/settings/panels")
	}
}

func (a *app) removePanel(c *fiber.Ctx) error {
	id, err := panelID(c)
	if err != nil {
		return err
	}
	var form struct {
		Confirm string `form:"confirm"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	err = a.DB.RemovePanel(c.UserContext(), viewer(c), id, form.Confirm)
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.panelPage(c, nil, nil, problems["confirm"])
	}
	if err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion, jobs.PanelsVersion, jobs.SyncVersion)
	return back(c, "/settings/panels")
}
