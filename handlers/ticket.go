package handlers

import (
	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

type ticketPage struct {
	Shell  shell
	Detail ticketDetail
}

// ticketDetail is an open ticket: the conversation, the orders that it mentions, and the reply form. The page loads the
// customer's data separately, next to it.
type ticketDetail struct {
	Frame      detailFrame
	Subject    string
	Gone       string // a message that the panel no longer has the ticket; "" while it has
	Status     badge
	Facts      []fact
	Desk       ticketDesk
	Presence   presenceLine
	Orders     []orderChip
	Awaited    string
	Talk       talk
	Outgoing   outgoing
	Compose    composer
	ContextURL string
	Did        []activityLine
}

// ticketOpen is one request for part of a ticket that the viewer may see, with its conversation.
type ticketOpen struct {
	detailRequest
	ticket   models.Ticket
	messages []models.TicketMessage
}

func (a *app) openTicket(c *fiber.Ctx) (ticketOpen, error) {
	d, err := readDetail(c, "tickets")
	if err != nil {
		return ticketOpen{}, err
	}
	t, messages, err := a.DB.Ticket(c.UserContext(), d.viewer, d.key)
	return ticketOpen{d, t, messages}, err
}

// ticketTag covers everything that an open ticket shows. Orders of other panels are not part of it.
func (a *app) ticketTag(d detailRequest, all string) string {
	panel := d.key.PanelID
	return a.tag(d.viewer, pathOf("tickets", d.key)+all, jobs.ResourceVersion(panel, models.Tickets), jobs.ResourceVersion(panel, models.Orders),
		jobs.OutboxVersion(panel))
}

func (a *app) ticket(c *fiber.Ctx) error {
	d, err := readDetail(c, "tickets")
	if err != nil {
		return err
	}
	a.watch(c, d)
	d.tag = a.ticketTag(d, c.Query("all"))
	if a.unchanged(c, d.tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	t, messages, err := a.DB.Ticket(c.UserContext(), d.viewer, d.key)
	if err != nil {
		return err
	}
	view, err := a.ticketDetail(c, ticketOpen{d, t, messages})
	if err != nil {
		return err
	}
	return serveDetail(a, c, view.Frame, view, func(s shell) any { return ticketPage{s, view} })
}

func (a *app) ticketDetail(c *fiber.Ctx, o ticketOpen) (ticketDetail, error) {
	ctx, v, t := c.UserContext(), o.viewer, o.ticket
	low, high, err := a.DB.OrderIDRange(ctx, v, t.PanelID)
	if err != nil {
		return ticketDetail{}, err
	}
	numbers := orderNumbers{low, high}
	named, err := a.namedOrders(ctx, v, t, o.messages, numbers)
	if err != nil {
		return ticketDetail{}, err
	}
	replies, err := a.DB.TicketReplies(ctx, v, o.key)
	if err != nil {
		return ticketDetail{}, err
	}
	desk, err := a.ticketDesk(ctx, v, t, len(o.messages))
	if err != nil {
		return ticketDetail{}, err
	}
	did, err := a.DB.ActivityOn(ctx, v, "tickets", o.key, eventsShown)
	if err != nil {
		return ticketDetail{}, err
	}
	draft, err := a.DB.Draft(ctx, v, o.key)
	if err != nil {
		return ticketDetail{}, err
	}
	marks := newChips(o.panel, t, named.Found)
	messages := o.messages
	if c.Query("all") == "" {
		messages = latest(t, messages)
	}
	said, err := a.talk(v, t, messages, messageMarks{marks, numbers})
	if err != nil {
		return ticketDetail{}, err
	}
	if left := len(o.messages) - len(messages); left > 0 {
		said.Earlier, said.AllURL = plural(left, "earlier message", "earlier messages"), pathOf("tickets", o.key)+"?all=1"
	}
	view := ticketDetail{
		Desk: desk, Frame: o.frame("Ticket", t.ID), Subject: t.Subject, Gone: a.goneWords(v, t), Status: ticketBadge(t), Facts: a.ticketFacts(v, t),
		Presence: a.presence(ctx, v, o.key), Orders: marks.inOrder(named.Found), Awaited: awaitedWords(named.Awaited),
		Talk: a.withDesk(v, said, desk.Notes, did), Outgoing: a.outgoing(v, replies, o.messages, t),
		Compose: a.newComposer(o, seenOf(o.messages, replies), draft), ContextURL: pathOf("tickets", o.key) + "/context",
		Did: a.activityLines(v, did[:min(len(did), linesShown)]),
	}
	view.Frame.Live = true
	if len(messages) > mostMessages && c.Query("all") != "" {
		view.Frame.URL += "?all=1" // so that a refresh shows all messages too
	}
	return view, nil
}

func (a *app) ticketFacts(v models.Viewer, t models.Ticket) []fact {
	facts := []fact{
		userFact(t.PanelID, t.UserName),
		{Label: "Assignee on panel", Text: orNone(t.Assignee)},
		{Label: "Created", Stamp: a.createdStamp(v, t.CreatedAt, t.Undated)},
		{Label: "Last update", Stamp: a.updatedStamp(v, t)},
	}
	if t.WaitingSince != nil {
		facts = append(facts, fact{Label: "Waiting since", Stamp: newStamp(*t.WaitingSince, a.Now(), v.Zone)})
	}
	return facts
}

// ticketBadge returns a ticket's status on its panel.
func ticketBadge(t models.Ticket) badge {
	if t.GoneAt != nil {
		return badge{Label: "Gone", Tone: "off", Word: t.Status}
	}
	return newBadge(t.Status)
}

// goneWords says that a ticket's panel no longer has it.
func (a *app) goneWords(v models.Viewer, t models.Ticket) string {
	if t.GoneAt == nil {
		return ""
	}
	return "The panel no longer has this ticket (noticed " + newStamp(*t.GoneAt, a.Now(), v.Zone).Short +
		"). The page shows its last known state. A reply cannot reach the customer here. Mark the ticket as done, or open a new ticket to them."
}

func awaitedWords(ids []int64) string {
	switch len(ids) {
	case 0:
		return ""
	case 1:
		return "Asking the panel for order " + pathID(ids[0]) + "."
	}
	return "Asking the panel for " + number(int64(len(ids))) + " more numbers."
}
