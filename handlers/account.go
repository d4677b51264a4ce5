package handlers

import (
	"errors"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// accountPage is a staff member's own settings. Problems are messages by field.
type accountPage struct {
	Shell                 shell
	Saved                 string
	TimeZone              field
	Zones                 []string
	OldPassword, Password field
}

// commonZones are offered while typing; any name of the time zone database is taken.
var commonZones = []string{
	"UTC", "Africa/Cairo", "Africa/Lagos", "America/Bogota", "America/Chicago", "America/Los_Angeles", "America/Mexico_City",
	"America/New_York", "America/Sao_Paulo", "Asia/Dhaka", "Asia/Dubai", "Asia/Jakarta", "Asia/Karachi", "Asia/Kolkata",
	"Asia/Manila", "Asia/Riyadh", "Asia/Shanghai", "Asia/Singapore", "Asia/Tashkent", "Asia/Tokyo", "Australia/Sydney",
	"Europe/Amsterdam", "Europe/Berlin", "Europe/Istanbul", "Europe/Kyiv", "Europe/London", "Europe/Madrid", "Europe/Moscow",
	"Europe/Paris", "Europe/Rome", "Europe/Warsaw",
}

// savedWords are what the page says after a change, by the name in its address.
var savedWords = map[string]string{
	"password":    "The password is changed and your other sessions have ended.",
	"preferences": "Saved.",
}

func (a *app) account(c *fiber.Ctx) error {
	return a.accountPage(c, accountPage{Saved: savedWords[c.Query("saved")]})
}

func (a *app) accountPage(c *fiber.Ctx, p accountPage) error {
	var err error
	if p.Shell, err = a.shell(c, "My account", "account"); err != nil {
		return err
	}
	p.Zones = commonZones
	if p.TimeZone.Value == "" && p.TimeZone.Error == "" {
		p.TimeZone.Value = viewer(c).Zone.String()
	}
	return a.render(c, "account/page", p)
}

func (a *app) setTimeZone(c *fiber.Ctx) error {
	var form struct {
		TimeZone string `form:"time_zone"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	p := preferencesOf(viewer(c))
	p.TimeZone = form.TimeZone
	err := a.setPreferences(c, p)
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.accountPage(c, accountPage{TimeZone: field{form.TimeZone, problems["time_zone"]}})
	}
	if err != nil {
		return err
	}
	return back(c, "/account?saved=preferences")
}

func (a *app) setPassword(c *fiber.Ctx) error {
	var form struct {
		Old      string `form:"old_password"`
		Password string `form:"password"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	err := a.DB.SetPassword(c.UserContext(), viewer(c), form.Old, form.Password)
	var throttled models.Throttled
	if errors.As(err, &throttled) {
		wait := a.slowDown(c, throttled)
		return a.accountPage(c, accountPage{OldPassword: field{Error: fmt.Sprintf("Too many wrong passwords. Try again in %s.", wait)}})
	}
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.accountPage(c, accountPage{OldPassword: field{Error: problems["old_password"]}, Password: field{Error: problems["password"]}})
	}
	if err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	return back(c, "/account?saved=password")
}
