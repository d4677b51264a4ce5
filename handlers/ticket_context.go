package handlers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// ticketContext is the known data about a ticket's customer. User is nil if the mirror does not have the customer.
type ticketContext struct {
	URL      string
	Username string
	User     *contextUser
	Orders   []orderLine
	Payments []paymentLine
	Tickets  []ticketLine
	SameAs   string
	Accounts []accountLine
}

type contextUser struct {
	URL, Balance string
	Status       badge
	Facts        []fact
}

// ticketContextPage is the same as a page, for browsers without scripts.
type ticketContextPage struct {
	Shell   shell
	Context ticketContext
}

func (a *app) ticketContext(c *fiber.Ctx) error {
	o, err := a.openTicket(c)
	if err != nil {
		return err
	}
	view, err := a.contextOf(c, o)
	if err != nil {
		return err
	}
	return a.page(c, whole{"Customer " + view.Username, "tickets", "tickets/context-page", func(s shell) any { return ticketContextPage{s, view} }},
		fragment{"tickets-context", "tickets/context", view})
}

func (a *app) contextOf(c *fiber.Ctx, o ticketOpen) (ticketContext, error) {
	ctx, v, t := c.UserContext(), o.viewer, o.ticket
	view := ticketContext{URL: pathOf("tickets", o.key) + "/context", Username: t.UserName}
	orders, err := a.DB.OrdersOfUser(ctx, v, t.PanelID, t.UserName, 0, siblings)
	if err != nil {
		return view, err
	}
	payments, err := a.DB.PaymentsOfUser(ctx, v, t.PanelID, t.UserName, siblings)
	if err != nil {
		return view, err
	}
	tickets, err := a.DB.TicketsOfUser(ctx, v, t.PanelID, t.UserName, t.ID, siblings)
	if err != nil {
		return view, err
	}
	view.Orders, view.Payments, view.Tickets = a.orderLines(v, orders), a.paymentLines(v, payments), a.ticketLines(v, tickets)
	u, err := a.DB.UserNamed(ctx, v, t.PanelID, t.UserName)
	if errors.Is(err, models.ErrNotFound) {
		return view, nil
	}
	if err != nil {
		return view, err
	}
	if err := a.noteBeside(c, u, o.key); err != nil {
		return view, err
	}
	accounts, err := a.DB.SamePerson(ctx, v, u, siblings)
	view.User = &contextUser{URL: pathOf("users", u.Key), Balance: moneyFor(v, u.Balance, u.Currency), Status: newBadge(u.Status), Facts: a.contextFacts(v, u)}
	view.SameAs, view.Accounts = sameAs(v), accountLines(v, accounts)
	return view, err
}

func (a *app) contextFacts(v models.Viewer, u models.User) []fact {
	return known([]fact{
		{Label: "Spent", Text: moneyFor(v, u.Spent, u.Currency), Number: true},
		{Label: "E-mail", Text: emailFor(v, u)},
		{Label: "Customer since", Stamp: a.createdStamp(v, u.CreatedAt, u.Undated)},
		{Label: "Last auth", Stamp: a.lastAuth(v, u)},
	})
}
