package handlers

import (
	"crypto/rand"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
	"masterpanel/models/visible"
)

// newUserPage adds a customer to a panel. It asks for the panel first, then shows the form.
type newUserPage struct {
	Shell  shell
	Choose panelQuestion
	Form   userForm
}

// userForm is the form for a new customer. It never contains the typed password.
type userForm struct {
	Panel                     models.PanelRef
	Key, KeyError             string
	Username, Email, Password field
}

// userInput holds the sent form.
type userInput struct {
	Panel    int64  `form:"panel"`
	Username string `form:"username"`
	Email    string `form:"email"`
	Password string `form:"password"`
	Key      string `form:"key"`
}

func (a *app) newUser(c *fiber.Ctx) error {
	panel, asks, err := a.formPanel(c, models.KindAddUser, "/users/new")
	if err != nil {
		return err
	}
	if len(asks.Panels) > 0 {
		return a.newUserPage(c, newUserPage{Choose: asks})
	}
	return a.userFormPage(c, userInput{Panel: panel.ID, Key: rand.Text()}, nil)
}

func (a *app) userFormPage(c *fiber.Ctx, in userInput, problems models.Invalid) error {
	panel, _ := viewer(c).Panel(in.Panel)
	form := userForm{Panel: panel, Key: in.Key, KeyError: problems["key"], Username: field{in.Username, problems["user"]},
		Email: field{in.Email, problems["email"]}, Password: field{Error: problems["password"]}}
	if form.KeyError != "" {
		form.Key = rand.Text()
	}
	return a.newUserPage(c, newUserPage{Form: form})
}

func (a *app) newUserPage(c *fiber.Ctx, p newUserPage) (err error) {
	if p.Shell, err = a.shell(c, "Add user", "users"); err != nil {
		return err
	}
	return a.render(c, "users/new", p)
}

// addUser saves an action with which a worker adds the customer to the panel.
func (a *app) addUser(c *fiber.Ctx) error {
	var in userInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	action, err := a.DB.Enqueue(c.UserContext(), viewer(c), models.NewAction{Key: in.Key, Kind: models.KindAddUser, PanelID: in.Panel,
		TargetName: visible.Trim(in.Username), Payload: models.ActionPayload{Email: visible.Trim(in.Email)}, Secret: models.Secret(in.Password)})
	if invalid, wrong := fieldErrors(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.userFormPage(c, in, invalid)
	}
	if err != nil {
		return err
	}
	return a.enqueued(c, action)
}
