package handlers

import (
	"html/template"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type ticketRow struct {
	Panel                        models.PanelRef
	ID                           int64
	URL, User, Subject, Assignee string
	Status                       badge
	Created, Updated, Waiting    stamp
	Heat, Viewers                string
}

func (a *app) tickets(c *fiber.Ctx) error {
	return serveList(a, c, models.TicketList, a.DB.Tickets, (*app).ticketRow)
}

func (a *app) ticketRow(v models.Viewer, t models.Ticket) ticketRow {
	panel, _ := v.Panel(t.PanelID)
	row := ticketRow{
		Panel: panel, ID: t.ID, URL: pathOf("tickets", t.Key), User: t.UserName, Subject: t.Subject,
		Assignee: orNone(t.Holder), Status: newBadge(t.Status),
		Created: newStamp(t.CreatedAt, a.Now(), v.Zone), Updated: newStamp(t.UpdatedAt, a.Now(), v.Zone), Waiting: stamp{Short: none},
	}
	if t.DueSince != nil {
		row.Waiting = newStamp(*t.DueSince, a.Now(), v.Zone)
		row.Waiting.Age, row.Heat = true, heatClass(t.Heat)
	}
	row.Viewers = strings.Join(t.Viewers, ", ")
	return row
}

type ticketPage struct {
	Shell  shell
	Detail ticketDetail
}

type ticketDetail struct {
	Frame         detailFrame
	Subject, Note string
	Status        badge
	Facts         []fact
	Messages      []ticketMessage
	Orders        []orderLine
	Did           []activityLine
}

// ticketMessage is one message. Body is sanitised; beside it and a list's rows nothing in a page is marked as safe HTML. Start and Size are set
// when it is so long that it is folded: how it begins, and how long it is.
type ticketMessage struct {
	Sender, Who string
	Staff       bool
	At          stamp
	Body        template.HTML
	Start, Size string
}

// ticketLine is a ticket in one line, beside something else.
type ticketLine struct {
	ID           int64
	URL, Subject string
	Status       badge
	Updated      stamp
}

func (a *app) ticket(c *fiber.Ctx) error {
	d, err := a.openDetail(c, "tickets", models.Tickets, models.Orders)
	if err != nil || d.done {
		return err
	}
	t, messages, err := a.DB.Ticket(c.UserContext(), d.viewer, d.key)
	if err != nil {
		return err
	}
	orders, err := a.DB.OrdersOfUser(c.UserContext(), d.viewer, t.PanelID, t.UserName, 0, siblings)
	if err != nil {
		return err
	}
	did, err := a.didHere(c.UserContext(), d.viewer, "tickets", d.key)
	if err != nil {
		return err
	}
	view := ticketDetail{
		Did:   did,
		Frame: d.frame("Ticket", t.ID), Subject: t.Subject, Status: newBadge(t.Status), Facts: a.ticketFacts(d.viewer, t),
		Note: conversationNote(t, len(messages)), Orders: a.orderLines(d.viewer, orders),
	}
	for _, m := range messages {
		view.Messages = append(view.Messages, a.ticketMessage(d.viewer, m))
	}
	return serveDetail(a, c, view.Frame, view, func(s shell) any { return ticketPage{s, view} })
}

func (a *app) ticketMessage(v models.Viewer, m models.TicketMessage) ticketMessage {
	shown := ticketMessage{Sender: m.Sender, Who: "Customer", Staff: m.IsStaff, At: newStamp(m.CreatedAt, a.Now(), v.Zone),
		Body: a.messages.sanitize(m.Body)}
	if m.IsStaff {
		shown.Who = "Staff"
	}
	if len(m.Body) > foldFrom {
		shown.Start, shown.Size = a.messages.start(m.Body), number(int64(utf8.RuneCountInString(m.Body)))
	}
	return shown
}

func (a *app) ticketFacts(v models.Viewer, t models.Ticket) []fact {
	facts := []fact{
		{Label: "User", Text: t.UserName, URL: userURL(t.PanelID, t.UserName)},
		{Label: "Assignee on panel", Text: orNone(t.Assignee)},
		{Label: "Created", Stamp: newStamp(t.CreatedAt, a.Now(), v.Zone)},
		{Label: "Last update", Stamp: newStamp(t.UpdatedAt, a.Now(), v.Zone)},
	}
	if t.WaitingSince != nil {
		facts = append(facts, fact{Label: "Waiting since", Stamp: newStamp(*t.WaitingSince, a.Now(), v.Zone)})
	}
	return facts
}

// conversationNote says when the messages shown are not all there are.
func conversationNote(t models.Ticket, shown int) string {
	switch {
	case t.MessagesAt == nil:
		return "The messages have not been read from the panel yet; they appear here by themselves."
	case t.MessagesAt.Before(t.UpdatedAt):
		return "Newer messages are being read from the panel."
	case shown == 0:
		return "The panel shows no messages in this ticket."
	}
	return ""
}

func (a *app) ticketLines(v models.Viewer, tickets []models.Ticket) []ticketLine {
	lines := make([]ticketLine, len(tickets))
	for i, t := range tickets {
		lines[i] = ticketLine{ID: t.ID, URL: pathOf("tickets", t.Key), Subject: t.Subject, Status: newBadge(t.Status),
			Updated: newStamp(t.UpdatedAt, a.Now(), v.Zone)}
	}
	return lines
}
