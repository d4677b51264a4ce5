package handlers

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// userPicker is the input of a customer's name, with those that the mirror holds suggested while one types.
type userPicker struct {
	URL          string
	Value, Error string
	Found        userOptions
}

// userOptions are the suggestions.
type userOptions struct{ Users []userOption }

type userOption struct{ Username, Label string }

func newUserPicker(panelID int64, value, problem string) userPicker {
	return userPicker{URL: "/users/pick?" + url.Values{"panel": {pathID(panelID)}}.Encode(), Value: value, Error: problem}
}

// usersPicked is how many customers are suggested.
const usersPicked = 8

// pickUser answers with the customers of a panel that a beginning of a name, or for who may see e-mails of an e-mail,
// leads to.
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
