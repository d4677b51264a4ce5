package handlers

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// cannedOptions lists the canned replies for a ticket, with their variables filled in.
type cannedOptions struct {
	Options []cannedOption
	Empty   string
}

type cannedOption struct {
	Title, Folder, Preview string
	Text                   string // the text to insert into the reply
	UseURL                 string
	Macro                  string // the ID of a macro with steps beyond the reply
	Then                   string // describes these steps
	Order                  string // the order for these steps, if the ticket has only one candidate
}

// mostOptions is the maximum number of entries in the picker. A search text narrows them.
const mostOptions = 40

func (a *app) cannedOptions(c *fiber.Ctx) error {
	o, err := a.openTicket(c)
	if err != nil {
		return err
	}
	ctx, v := c.UserContext(), o.viewer
	rows, err := a.DB.CannedReplies(ctx, v, c.Query("canned"))
	if err != nil {
		return err
	}
	orders, err := a.customersOrders(c, o)
	if err != nil {
		return err
	}
	values := o.values(orders)
	view := cannedOptions{}
	for _, r := range rows[:min(len(rows), mostOptions)] {
		option := cannedOption{Title: r.Title, Folder: r.Folder, Preview: start(r.Body, previewLength), Text: models.Fill(r.Body, values),
			UseURL: pathOf("tickets", o.key) + "/canned/" + pathID(r.ID)}
		if r.Macro() {
			option.Macro, option.Then = pathID(r.ID), thenWords(r)
		}
		if r.ThenOrder != "" && len(orders) == 1 {
			option.Order = strconv.FormatInt(orders[0].ID, 10)
		}
		view.Options = append(view.Options, option)
	}
	if len(view.Options) == 0 {
		view.Empty = "No canned reply contains these words."
	}
	return a.render(c, "tickets/canned", view)
}

// values returns the values of a reply's variables.
func (o ticketOpen) values(orders []models.Order) map[string]string {
	values := models.OrderValues(orders)
	values["user"], values["staff"], values["panel"] = o.ticket.UserName, o.viewer.Username, o.panel.Name
	return values
}

// customersOrders returns the orders that the ticket mentions and that belong to its customer.
func (a *app) customersOrders(c *fiber.Ctx, o ticketOpen) ([]models.Order, error) {
	low, high, err := a.DB.OrderIDRange(c.UserContext(), o.viewer, o.key.PanelID)
	if err != nil {
		return nil, err
	}
	named, err := a.namedOrders(c.UserContext(), o.viewer, o.ticket, o.messages, orderNumbers{low, high})
	var own []models.Order
	for _, order := range named.Found {
		if order.UserName == o.ticket.UserName && order.UserName != "" {
			own = append(own, order)
		}
	}
	return own, err
}

func (a *app) useCanned(c *fiber.Ctx) error {
	if _, err := readDetail(c, "tickets"); err != nil {
		return err
	}
	id, err := idParam(c, "reply")
	if err != nil {
		return err
	}
	if err := a.DB.UseCannedReply(c.UserContext(), viewer(c), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
