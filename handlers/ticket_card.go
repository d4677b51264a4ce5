package handlers

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// orderCard is an order inside a ticket, with enough detail to answer without leaving the ticket.
type orderCard struct {
	orderChip
	Tag      string
	Warning  string
	Charge   string
	Facts    []fact
	Siblings []orderLine
	// LinksHint says which orders may be missing among the siblings.
	LinksHint string
	Menu      orderMenu
	Reports   []reportLine
	Insert    string // the text that "reply with status" inserts into the reply
}

func (a *app) orderCard(c *fiber.Ctx) error {
	d, err := readDetail(c, "tickets")
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Params("order"), 10, 64)
	if err != nil {
		return models.ErrNotFound
	}
	key := models.Key{PanelID: d.key.PanelID, ID: id}
	tag := a.tag(d.viewer, pathOf("tickets", d.key)+pathOf("orders", key), jobs.ResourceVersion(key.PanelID, models.Orders), jobs.OutboxVersion(key.PanelID))
	if a.unchanged(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	o, err := a.openTicket(c)
	if err != nil {
		return err
	}
	order, err := a.DB.Order(c.UserContext(), d.viewer, key)
	if err != nil {
		return err
	}
	onLink, err := a.DB.OrdersOnLink(c.UserContext(), d.viewer, order, siblings)
	if err != nil {
		return err
	}
	card := a.newOrderCard(d.viewer, newChip(d.panel, o.ticket, order), order)
	reports, err := a.DB.OpenReports(c.UserContext(), d.viewer, models.Key{PanelID: key.PanelID, ID: order.ServiceID}, siblings)
	if err != nil {
		return err
	}
	card.Tag, card.Siblings, card.Reports = tag, a.orderLines(d.viewer, onLink), a.reportLines(d.viewer, reports)
	card.LinksHint = d.viewer.LinksHint()
	return a.render(c, "tickets/card", card)
}

func (a *app) newOrderCard(v models.Viewer, chip orderChip, o models.Order) orderCard {
	card := orderCard{orderChip: chip, Charge: moneyFor(v, o.Charge, o.Currency), Insert: statusSentence(o), Menu: newOrderMenu(v, o)}
	if chip.Theirs != "" {
		card.Warning = "This order belongs to " + chip.Theirs + ", who is not this ticket's customer. Do not tell them about it."
		card.Insert = ""
	}
	card.Facts = []fact{
		{Label: "Link", Link: newOutLink(o.Link, linkInDetail)},
		{Label: "Service", Text: serviceWords(o)},
		{Label: "Quantity", Text: numberOrNone(o.Quantity), Number: true},
		{Label: "Start count", Text: numberOrNone(o.StartCount), Number: true},
		{Label: "Remains", Text: numberOrNone(o.Remains), Number: true},
		{Label: "Provider", Text: strings.TrimSpace(orNone(o.Provider) + " " + o.ExternalID)},
		{Label: "Created", Stamp: a.createdStamp(v, o.CreatedAt, o.Undated)},
	}
	return card
}

// statusSentence describes an order's state for the customer.
func statusSentence(o models.Order) string {
	parts := []string{"Order " + strconv.FormatInt(o.ID, 10)}
	if o.Status != "" {
		parts[0] += ": " + strings.ToLower(humanize(o.Status))
	}
	if o.StartCount != nil {
		parts = append(parts, "start count "+number(*o.StartCount))
	}
	if o.Remains != nil {
		parts = append(parts, "remains "+number(*o.Remains)+ofQuantity(o))
	}
	return strings.Join(parts, ", ") + "."
}

// ofQuantity returns " of <quantity>", or "" if the quantity is unknown.
func ofQuantity(o models.Order) string {
	if o.Quantity == nil {
		return ""
	}
	return " of " + number(*o.Quantity)
}
