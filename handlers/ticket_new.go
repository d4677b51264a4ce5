package handlers

import (
	"crypto/rand"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
	"masterpanel/models/visible"
)

// newTicketPage opens a ticket for a customer. It asks for the panel first, then shows the form.
type newTicketPage struct {
	Shell  shell
	Choose panelQuestion
	Form   ticketForm
}

type ticketForm struct {
	Panel            models.PanelRef
	Key, KeyError    string
	User             userPicker
	Subject, Message field
	Signs            signsWarning
	Staff            string // the name that signs the message
}

// ticketInput holds the sent form.
type ticketInput struct {
	Panel   int64  `form:"panel"`
	User    string `form:"user"`
	Subject string `form:"subject"`
	Message string `form:"message"`
	Key     string `form:"key"`
}

func (a *app) newTicket(c *fiber.Ctx) error {
	panel, asks, err := a.formPanel(c, models.KindOpenTicket, "/tickets/new")
	if err != nil {
		return err
	}
	if len(asks.Panels) > 0 {
		return a.newTicketPage(c, newTicketPage{Choose: asks})
	}
	return a.ticketFormPage(c, ticketInput{Panel: panel.ID, User: c.Query("user"), Key: rand.Text()}, nil)
}

func (a *app) ticketFormPage(c *fiber.Ctx, in ticketInput, problems models.Invalid) error {
	v := viewer(c)
	panel, _ := v.Panel(in.Panel)
	form := ticketForm{Panel: panel, Key: in.Key, KeyError: problems["key"], User: newUserPicker(panel.ID, in.User, problems["user"]),
		Subject: field{in.Subject, problems["subject"]}, Message: field{in.Message, problems["message"]}, Signs: newSignsWarning(panel, in.Message), Staff: v.Username}
	if form.KeyError != "" {
		form.Key = rand.Text()
	}
	return a.newTicketPage(c, newTicketPage{Form: form})
}

func (a *app) newTicketPage(c *fiber.Ctx, p newTicketPage) (err error) {
	if p.Shell, err = a.shell(c, "Open a ticket", "tickets"); err != nil {
		return err
	}
	return a.render(c, "tickets/new", p)
}

// addTicket saves an action with which a worker opens the ticket on the panel.
func (a *app) addTicket(c *fiber.Ctx) error {
	var in ticketInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	action, err := a.DB.Enqueue(c.UserContext(), viewer(c), models.NewAction{Key: in.Key, Kind: models.KindOpenTicket, PanelID: in.Panel,
		TargetName: visible.Trim(in.User), Payload: models.ActionPayload{Subject: visible.Trim(in.Subject), Message: strings.ReplaceAll(visible.Trim(in.Message), "\r\n", "\n")}})
	if invalid, wrong := fieldErrors(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.ticketFormPage(c, in, invalid)
	}
	if err != nil {
		return err
	}
	return a.enqueued(c, action)
}
