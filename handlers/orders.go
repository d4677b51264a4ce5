package handlers

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type orderRow struct {
	Panel                                      models.PanelRef
	ID                                         int64
	URL, User, Charge                          string
	Link                                       outLink
	StartCount, Quantity, Remains              string
	ServiceID                                  string
	ServiceName, Mode, Provider, ProviderOrder string
	Status                                     badge
	Pending                                    bool // the panel's status differs or will differ soon, because an action is pending
	Created                                    stamp
}

func (a *app) orders(c *fiber.Ctx) error {
	return serveList(a, c, models.OrderList, a.markedOrders, (*app).orderRow)
}

// markedOrders reads a page of orders and marks the pending ones. Which orders may be pending is known from memory. So
// the query can skip cached rows of all other orders, and if no order of the page may be pending, there is no second
// query. A new action in the meantime moves a version, so the page polls again.
func (a *app) markedOrders(ctx context.Context, v models.Viewer, q models.ListQuery) (models.Page[models.Order], error) {
	acted, err := whileNoneMoved(a, a.acted, v, func() (models.ActedOn, error) { return a.DB.OrdersActedOn(ctx, v) })
	if err != nil {
		return models.Page[models.Order]{}, err
	}
	if kept := q.Kept; kept != nil {
		q.Kept = func(key models.Key, hash int64) bool { return !acted.May(key) && kept(key, hash) }
	}
	page, err := a.DB.Orders(ctx, v, q)
	if err == nil && acted.Any() && slices.ContainsFunc(page.Keys(), acted.May) {
		err = a.DB.MarkPending(ctx, v, page.Rows)
	}
	return page, err
}

func (a *app) orderRow(v models.Viewer, o models.Order) orderRow {
	panel, _ := v.Panel(o.PanelID)
	return orderRow{
		Panel: panel, ID: o.ID, URL: pathOf("orders", o.Key), User: orNone(o.UserName), Charge: moneyFor(v, o.Charge, o.Currency),
		Link: newOutLink(o.Link, linkInRow), StartCount: numberOrNone(o.StartCount), Quantity: numberOrNone(o.Quantity),
		Remains: numberOrNone(o.Remains), ServiceID: serviceID(o), ServiceName: o.ServiceName, Mode: orNone(humanize(o.Mode)),
		Provider: orNone(o.Provider), ProviderOrder: o.ExternalID, Status: newBadge(o.Status),
		Pending: o.Pending, Created: a.createdStamp(v, o.CreatedAt, o.Undated),
	}
}

// These limits are the number of a link's characters that pages show.
const (
	linkInRow    = 21
	linkInDetail = 300
)

// siblings is how many related records a detail shows.
const siblings = 8

type orderPage struct {
	Shell  shell
	Detail orderDetail
}

type orderDetail struct {
	Frame            detailFrame
	Charge           string
	Status           badge
	Progress         *progress
	Facts, Sent      []fact
	Siblings, OfUser []orderLine
	LinksHint        string // says which orders may be missing among the siblings
	Tickets          []ticketLine
	Reports          []reportLine // the open reports about its service
	ReportURL        string
	Did              []activityLine
	Menu             orderMenu
	Latest           []outboxState // pending and recent actions on the order
	Pending          bool          // the panel's status differs or will differ soon
}

// progress shows how much of an order was delivered.
type progress struct {
	Max, Value int64
	Words      string
}

// orderLine is an order in one line, next to a related record.
type orderLine struct {
	Panel   models.PanelRef
	ID      int64
	URL     string
	Status  badge
	Charge  string
	Created stamp
}

func (a *app) order(c *fiber.Ctx) error {
	d, err := a.openDetail(c, "orders", models.Orders, models.Tickets, models.Reports)
	if err != nil || d.done {
		return err
	}
	ctx := c.UserContext()
	o, err := a.DB.Order(ctx, d.viewer, d.key)
	if err != nil {
		return err
	}
	onLink, err := a.DB.OrdersOnLink(ctx, d.viewer, o, siblings)
	if err != nil {
		return err
	}
	ofUser, err := a.DB.OrdersOfUser(ctx, d.viewer, o.PanelID, o.UserName, o.ID, siblings)
	if err != nil {
		return err
	}
	tickets, err := a.DB.TicketsMentioning(ctx, d.viewer, o, siblings)
	if err != nil {
		return err
	}
	service := models.Key{PanelID: o.PanelID, ID: o.ServiceID}
	reports, err := a.DB.OpenReports(ctx, d.viewer, service, siblings)
	if err != nil {
		return err
	}
	did, err := a.didHere(ctx, d.viewer, "orders", d.key)
	if err != nil {
		return err
	}
	acts, err := a.DB.OutboxOn(ctx, d.viewer, models.Orders, d.key, statesShown)
	if err != nil {
		return err
	}
	view := orderDetail{
		Did:   did,
		Frame: d.frame("Order", o.ID), Charge: moneyFor(d.viewer, o.Charge, o.Currency), Status: newBadge(o.Status), Progress: newProgress(o),
		Facts: a.orderFacts(d.viewer, o), Sent: sentFacts(d.viewer, o), Siblings: a.orderLines(d.viewer, onLink), OfUser: a.orderLines(d.viewer, ofUser),
		Tickets: a.ticketLines(d.viewer, tickets), Reports: a.reportLines(d.viewer, reports), ReportURL: newReportURL(service, o.ID),
	}
	view.LinksHint = d.viewer.LinksHint()
	view.Menu, view.Latest = newOrderMenu(d.viewer, o), a.outboxStates(d.viewer, a.lately(acts))
	view.Pending = slices.ContainsFunc(acts, func(r models.OutboxRow) bool { return r.PendingOn(o, a.Now()) })
	view.Frame.Soon = view.Pending
	return serveDetail(a, c, view.Frame, view, func(s shell) any { return orderPage{s, view} })
}

func (a *app) orderFacts(v models.Viewer, o models.Order) []fact {
	facts := []fact{
		{Label: "Link", Link: newOutLink(o.Link, linkInDetail)},
		{Label: "Service", Text: serviceWords(o)},
		userFact(o.PanelID, o.UserName),
		{Label: "Quantity", Text: numberOrNone(o.Quantity), Number: true},
		{Label: "Start count", Text: numberOrNone(o.StartCount), Number: true},
		{Label: "Remains", Text: numberOrNone(o.Remains), Number: true},
	}
	facts = append(facts, a.createdFacts(v, o.CreatedAt, o.Undated)...)
	if o.UpdatedAt != nil {
		facts = append(facts, fact{Label: "Updated", Stamp: newStamp(*o.UpdatedAt, a.Now(), v.Zone)})
	}
	return append(facts,
		fact{Label: "Mode", Text: orNone(humanize(o.Mode))},
		fact{Label: "Source", Text: orNone(humanize(o.Source))},
		fact{Label: "Read from panel", Stamp: newStamp(o.FetchedAt, a.Now(), v.Zone)})
}

func sentFacts(v models.Viewer, o models.Order) []fact {
	facts := []fact{
		{Label: "Provider", Text: orNone(o.Provider)},
		{Label: "Provider order ID", Text: orNone(o.ExternalID), Number: true},
	}
	if !v.Can(models.PermSeeMoney) {
		return facts
	}
	facts = append(facts, fact{Label: "Cost", Text: moneyOrNone(o.Cost, o.CostCurrency), Number: true})
	if profit, ok := o.Profit(); ok {
		facts = append(facts, fact{Label: "Profit", Text: money(profit, o.Currency), Number: true})
	}
	return facts
}

func newProgress(o models.Order) *progress {
	if o.Remains == nil || o.Quantity == nil || *o.Quantity <= 0 || *o.Remains < 0 || *o.Remains > *o.Quantity {
		return nil
	}
	delivered := *o.Quantity - *o.Remains
	return &progress{Max: *o.Quantity, Value: delivered, Words: number(delivered) + " of " + number(*o.Quantity) + " delivered"}
}

// userFact shows a row's customer with a link to them.
func userFact(panelID int64, username string) fact {
	if username == "" {
		return fact{Label: "User", Text: none}
	}
	return fact{Label: "User", Text: username, URL: userURL(panelID, username)}
}

// serviceID formats the ID of an order's service; 0 becomes a dash.
func serviceID(o models.Order) string {
	if o.ServiceID == 0 {
		return none
	}
	return pathID(o.ServiceID)
}

func serviceWords(o models.Order) string {
	return serviceID(o) + joinIf(o.ServiceName != "", " · ") + o.ServiceName
}

func (a *app) orderLines(v models.Viewer, orders []models.Order) []orderLine {
	lines := make([]orderLine, len(orders))
	for i, o := range orders {
		panel, _ := v.Panel(o.PanelID)
		lines[i] = orderLine{Panel: panel, ID: o.ID, URL: pathOf("orders", o.Key), Status: newBadge(o.Status),
			Charge: moneyFor(v, o.Charge, o.Currency), Created: a.createdStamp(v, o.CreatedAt, o.Undated)}
	}
	return lines
}
