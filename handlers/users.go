package handlers

import (
	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type userRow struct {
	Panel                                          models.PanelRef
	ID                                             int64
	URL, Username, Email, Balance, Spent, Discount string
	Status                                         badge
	Created, LastAuth                              stamp
}

func (a *app) users(c *fiber.Ctx) error {
	return serveList(a, c, models.UserList, a.DB.Users, (*app).userRow)
}

func (a *app) userRow(v models.Viewer, u models.User) userRow {
	panel, _ := v.Panel(u.PanelID)
	return userRow{
		Panel: panel, ID: u.ID, URL: pathOf("users", u.Key), Username: orNone(u.Username), Email: emailFor(v, u),
		Balance: moneyFor(v, u.Balance, u.Currency), Spent: moneyFor(v, u.Spent, u.Currency), Discount: discountFor(v, u),
		Status: newBadge(u.Status), Created: a.createdStamp(v, u.CreatedAt, u.Undated), LastAuth: a.lastAuth(v, u),
	}
}

// emailFor returns a customer's e-mail, or "" if the viewer has no right to see it.
func emailFor(v models.Viewer, u models.User) string {
	if !v.Can(models.PermSeeEmails) {
		return ""
	}
	return orNone(u.Email)
}

// discountFor returns a customer's discount, or "" if the viewer has no right to see money.
func discountFor(v models.Viewer, u models.User) string {
	if !v.Can(models.PermSeeMoney) {
		return ""
	}
	return orNone(u.Discount)
}

func (a *app) lastAuth(v models.Viewer, u models.User) stamp {
	if u.LastAuthAt == nil && u.Misunderstood("last_auth_timestamp") {
		return stamp{Short: none}
	}
	if u.LastAuthAt == nil {
		return stamp{Short: "Never"}
	}
	return newStamp(*u.LastAuthAt, a.Now(), v.Zone)
}

type userPage struct {
	Shell  shell
	Detail userDetail
}

type userDetail struct {
	Frame    detailFrame
	Balance  string
	Status   badge
	Facts    []fact
	Orders   []orderLine
	Payments []paymentLine
	Tickets  []ticketLine
	// SameAs says which field the accounts have in common.
	SameAs   string
	Accounts []accountLine
	Did      []activityLine
	// Acts link to the possible actions for the customer; Latest are the latest ones.
	Acts   []linkChoice
	Latest []outboxState
}

// accountLine is the same person's account on another panel.
type accountLine struct {
	Panel         models.PanelRef
	ID            int64
	URL, Username string
	Status        badge
	Balance       string
}

func (a *app) user(c *fiber.Ctx) error {
	d, err := a.openDetail(c, "users", models.Users, models.Orders, models.Payments, models.Tickets)
	if err != nil || d.done {
		return err
	}
	ctx, v := c.UserContext(), d.viewer
	u, err := a.DB.User(ctx, v, d.key)
	if err != nil {
		return err
	}
	if err := a.noteOpen(c, u); err != nil {
		return err
	}
	did, err := a.didHere(ctx, v, "users", d.key)
	if err != nil {
		return err
	}
	orders, err := a.DB.OrdersOfUser(ctx, v, u.PanelID, u.Username, 0, siblings)
	if err != nil {
		return err
	}
	payments, err := a.DB.PaymentsOfUser(ctx, v, u.PanelID, u.Username, siblings)
	if err != nil {
		return err
	}
	tickets, err := a.DB.TicketsOfUser(ctx, v, u.PanelID, u.Username, 0, siblings)
	if err != nil {
		return err
	}
	accounts, err := a.DB.SamePerson(ctx, v, u, siblings)
	if err != nil {
		return err
	}
	acts, err := a.DB.OutboxOfUser(ctx, v, u.PanelID, u.Username, siblings)
	if err != nil {
		return err
	}
	view := userDetail{
		Acts: userActs(v, u), Latest: a.outboxStates(v, a.lately(acts)),
		Frame: d.frame("User", u.ID), Balance: moneyFor(v, u.Balance, u.Currency), Status: newBadge(u.Status), Facts: a.userFacts(v, u),
		Orders: a.orderLines(v, orders), Payments: a.paymentLines(v, payments), Tickets: a.ticketLines(v, tickets),
		SameAs: sameAs(v), Accounts: accountLines(v, accounts), Did: did,
	}
	return serveDetail(a, c, view.Frame, view, func(s shell) any { return userPage{s, view} })
}

// sameAs says which field links the accounts of the same person.
func sameAs(v models.Viewer) string {
	if v.Can(models.PermSeeEmails) {
		return "The same e-mail or username on other panels"
	}
	return "The same username on other panels"
}

func (a *app) userFacts(v models.Viewer, u models.User) []fact {
	return known([]fact{
		{Label: "Username", Text: orNone(u.Username)},
		{Label: "E-mail", Text: emailFor(v, u)},
		{Label: "Spent", Text: moneyFor(v, u.Spent, u.Currency), Number: true},
		{Label: "Discount", Text: discountFor(v, u)},
		{Label: "Created", Stamp: a.createdStamp(v, u.CreatedAt, u.Undated)},
		{Label: "Last auth", Stamp: a.lastAuth(v, u)},
		{Label: "Read from panel", Stamp: newStamp(u.FetchedAt, a.Now(), v.Zone)},
	})
}

func accountLines(v models.Viewer, users []models.User) []accountLine {
	lines := make([]accountLine, len(users))
	for i, u := range users {
		panel, _ := v.Panel(u.PanelID)
		lines[i] = accountLine{Panel: panel, ID: u.ID, URL: pathOf("users", u.Key), Username: u.Username,
			Status: newBadge(u.Status), Balance: moneyFor(v, u.Balance, u.Currency)}
	}
	return lines
}
