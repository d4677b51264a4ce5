package handlers

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// loginSettingsPage holds the login rules for all staff. Only an owner can change them.
type loginSettingsPage struct {
	Shell         shell
	Saved         bool
	Idle, Longest field
	Everybody     bool
}

func (a *app) loginSettings(c *fiber.Ctx) error {
	settings, err := a.DB.LoginSettings(c.UserContext())
	if err != nil {
		return err
	}
	return a.loginSettingsPage(c, loginSettingsPage{Saved: c.Query("saved") != "", Everybody: settings.EverybodyTwoFactor,
		Idle: field{Value: strconv.Itoa(settings.IdleMinutes)}, Longest: field{Value: strconv.Itoa(settings.LongestMinutes)}})
}

func (a *app) loginSettingsPage(c *fiber.Ctx, p loginSettingsPage) (err error) {
	if viewer(c).Role != models.RoleOwner {
		return models.ErrNotAllowed
	}
	if p.Shell, err = a.shell(c, "Login", "login"); err != nil {
		return err
	}
	return a.render(c, "settings/login", p)
}

func (a *app) setLoginSettings(c *fiber.Ctx) error {
	var form struct {
		Idle      string `form:"idle_minutes"`
		Longest   string `form:"longest_minutes"`
		Everybody bool   `form:"everybody_two_factor"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	numbers := wholeNumbers{}
	err := a.DB.SetLoginSettings(c.UserContext(), viewer(c), models.LoginSettings{EverybodyTwoFactor: form.Everybody,
		IdleMinutes: numbers.read("idle_minutes", form.Idle), LongestMinutes: numbers.read("longest_minutes", form.Longest)})
	if problems, wrong := numbers.with(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.loginSettingsPage(c, loginSettingsPage{Everybody: form.Everybody,
			Idle: field{form.Idle, problems["idle_minutes"]}, Longest: field{form.Longest, problems["longest_minutes"]}})
	}
	if err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	return back(c, "/settings/login?saved=1")
}
