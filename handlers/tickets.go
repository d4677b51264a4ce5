package handlers

import (
	"strings"

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

// ticketLine is a ticket in one line, beside something else.
type ticketLine struct {
	ID           int64
	URL, Subject string
	Status       badge
	Updated      stamp
}

func (a *app) ticketLines(v models.Viewer, tickets []models.Ticket) []ticketLine {
	lines := make([]ticketLine, len(tickets))
	for i, t := range tickets {
		lines[i] = ticketLine{ID: t.ID, URL: pathOf("tickets", t.Key), Subject: t.Subject, Status: newBadge(t.Status),
			Updated: newStamp(t.UpdatedAt, a.Now(), v.Zone)}
	}
	return lines
}
