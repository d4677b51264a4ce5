package handlers

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// ticketSettingsPage is the page Settings › Ticket desk.
type ticketSettingsPage struct {
	Shell              shell
	Saved              bool
	Warn, Late, Return field
}

func (a *app) ticketSettings(c *fiber.Ctx) error {
	s, err := a.DB.TicketSettings(c.UserContext())
	if err != nil {
		return err
	}
	value := func(n int) field { return field{Value: strconv.Itoa(n)} }
	return a.ticketSettingsPage(c, ticketSettingsPage{Saved: c.Query("saved") != "",
		Warn: value(s.WarnMinutes), Late: value(s.LateMinutes), Return: value(s.ReturnMinutes)})
}

func (a *app) ticketSettingsPage(c *fiber.Ctx, p ticketSettingsPage) (err error) {
	if !viewer(c).Can(models.PermManage) {
		return models.ErrNotAllowed
	}
	if p.Shell, err = a.shell(c, "Ticket desk", "ticket-desk"); err != nil {
		return err
	}
	return a.render(c, "settings/tickets", p)
}

func (a *app) setTicketSettings(c *fiber.Ctx) error {
	var form struct {
		Warn   string `form:"warn_minutes"`
		Late   string `form:"late_minutes"`
		Return string `form:"return_minutes"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	numbers := wholeNumbers{}
	err := a.DB.SetTicketSettings(c.UserContext(), viewer(c), models.TicketSettings{WarnMinutes: numbers.read("warn_minutes", form.Warn),
		LateMinutes: numbers.read("late_minutes", form.Late), ReturnMinutes: numbers.read("return_minutes", form.Return)})
	if problems, wrong := numbers.with(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.ticketSettingsPage(c, ticketSettingsPage{Warn: field{form.Warn, problems["warn_minutes"]},
			Late: field{form.Late, problems["late_minutes"]}, Return: field{form.Return, problems["return_minutes"]}})
	}
	if err != nil {
		return err
	}
	a.changed(c, resourceKeys(models.Tickets, viewer(c).PanelIDs())...)
	return back(c, "/settings/tickets?saved=1")
}
