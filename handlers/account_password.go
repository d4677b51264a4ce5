package handlers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// passwordPage is the page for a staff member who must choose a new password before they can do anything else.
type passwordPage struct {
	Head                  head
	Username              string
	OldPassword, Password field
}

func (a *app) passwordForm(c *fiber.Ctx) error {
	if !viewer(c).MustChangePassword {
		return back(c, "/account")
	}
	return a.passwordPage(c, field{}, field{})
}

// passwordPage shows the form for a new password with its field errors. A staff member who must change their password
// gets the form as a page of its own. Everybody else gets it as part of My account.
func (a *app) passwordPage(c *fiber.Ctx, old, password field) error {
	if v := viewer(c); v.MustChangePassword {
		return a.render(c, "account/password", passwordPage{Head: a.head("Choose a password", v.Theme), Username: v.Username, OldPassword: old, Password: password})
	}
	return a.accountPage(c, accountPage{OldPassword: old, Password: password})
}

func (a *app) setPassword(c *fiber.Ctx) error {
	var form struct {
		Old      string `form:"old_password"`
		Password string `form:"password"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	v := viewer(c)
	token, err := a.DB.SetPassword(c.UserContext(), v, form.Old, form.Password)
	var throttled models.Throttled
	if errors.As(err, &throttled) {
		return a.passwordPage(c, field{Error: "Too many wrong passwords. Try again in " + a.slowDown(c, throttled) + "."}, field{})
	}
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.passwordPage(c, field{Error: problems["old_password"]}, field{Error: problems["password"]})
	}
	if err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	a.setCookie(c, token)
	if v.MustChangePassword {
		return back(c, "/")
	}
	return back(c, "/account?saved=password")
}
