package handlers

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// userPicker is the input for a customer's name. It suggests names from the mirror during typing.
type userPicker struct {
	URL          string
	Value, Error string
	Found        userOptions
}

// userOptions holds the suggestions.
type userOptions struct{ Users []userOption }

type userOption struct{ Username, Label string }

func newUserPicker(panelID int64, value, problem string) userPicker {
	return userPicker{URL: "/users/pick?" + url.Values{"panel": {pathID(panelID)}}.Encode(), Value: value, Error: problem}
}

// usersPicked is the maximum number of suggestions.
const usersPicked = 8

// pickUser responds with the customers of a panel whose name starts with the typed text. For viewers with the right to
// see e-mails, the e-mail may start with it too.
func (a *app) pickUser(c *fiber.Ctx) error {
	v := viewer(c)
	users, err := a.DB.UsersBeginning(c.UserContext(), v, int64(c.QueryInt("panel")), c.Query("user"), usersPicked)
	if err != nil {
		return err
	}
	found := userOptions{}
	for _, u := range users {
		o := userOption{Username: u.Username}
		if v.Can(models.PermSeeEmails) {
			o.Label = u.Email
		}
		if balance := moneyFor(v, u.Balance, u.Currency); balance != "" && u.Balance.Valid {
			o.Label += joinIf(o.Label != "", " · ") + balance
		}
		found.Users = append(found.Users, o)
	}
	return a.render(c, "users/options", found)
}
