package handlers

import (
	"context"
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
	Heat, WarmAt, HotAt, Viewers string // the waiting time compared with the targets, and when that changes
}

func (a *app) tickets(c *fiber.Ctx) error {
	return serveList(a, c, models.TicketList, a.ticketsWithViewers, (*app).ticketRow)
}

// ticketsWithViewers reads tickets and adds who has them open. While Redis does not respond, it adds no viewers.
func (a *app) ticketsWithViewers(ctx context.Context, v models.Viewer, q models.ListQuery) (models.Page[models.Ticket], error) {
	page, err := a.DB.Tickets(ctx, v, q)
	if err != nil || len(page.Rows) == 0 {
		return page, err
	}
	on, err := a.Presence.On(ctx, v, v.Scope(q.Panels))
	if err != nil {
		a.Log.Warn("presence: cannot read viewers of list", "error", err)
	}
	for i := range page.Rows {
		for _, p := range on[page.Rows[i].PanelID] {
			if p.Ticket == page.Rows[i].ID {
				page.Rows[i].Viewers = append(page.Rows[i].Viewers, p.Username)
			}
		}
	}
	return page, nil
}

func (a *app) ticketRow(v models.Viewer, t models.Ticket) ticketRow {
	panel, _ := v.Panel(t.PanelID)
	row := ticketRow{
		Panel: panel, ID: t.ID, URL: pathOf("tickets", t.Key), User: orNone(t.UserName), Subject: orNone(t.Subject),
		Assignee: orNone(t.Holder), Status: ticketBadge(t),
		Created: a.createdStamp(v, t.CreatedAt, t.Undated), Updated: a.updatedStamp(v, t), Waiting: stamp{Short: none},
	}
	if t.DueSince != nil {
		row.Waiting = newStamp(*t.DueSince, a.Now(), v.Zone)
		row.Waiting.Age, row.Heat = true, heatClass(t.Heat)
		row.WarmAt, row.HotAt = newStamp(*t.WarmAt, a.Now(), v.Zone).Machine, newStamp(*t.HotAt, a.Now(), v.Zone).Machine
	}
	row.Viewers = strings.Join(t.Viewers, ", ")
	return row
}

// updatedStamp is the time of a ticket's last update according to the panel.
func (a *app) updatedStamp(v models.Viewer, t models.Ticket) stamp {
	return newStampOr(t.UndatedUpdate, "Last known change", t.UpdatedAt, a.Now(), v.Zone)
}

// ticketLine is a ticket in one line, next to a related record.
type ticketLine struct {
	ID           int64
	URL, Subject string
	Status       badge
	Updated      stamp
}

func (a *app) ticketLines(v models.Viewer, tickets []models.Ticket) []ticketLine {
	lines := make([]ticketLine, len(tickets))
	for i, t := range tickets {
		lines[i] = ticketLine{ID: t.ID, URL: pathOf("tickets", t.Key), Subject: t.Subject, Status: ticketBadge(t),
			Updated: a.updatedStamp(v, t)}
	}
	return lines
}
