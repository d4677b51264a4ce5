package jobs

import (
	"context"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

const (
	// ticketPages is how many pages of a customer's tickets one search reads at most.
	ticketPages = 10
	// ticketsOpened is how many tickets with the same subject are opened to compare their first message.
	ticketsOpened = 10
)

// seeTickets counts the customer's tickets that match the ticket to open: the same subject, not older than the
// action, and our text as the first message. The order of a panel's ticket list is unknown, so it reads all tickets
// of the customer.
func (w *Worker) seeTickets(ctx context.Context, client *panel.Client, a models.PanelAction) (s models.Sight, err error) {
	ids, err := w.likeTickets(ctx, client, a)
	if err != nil {
		return s, err
	}
	for _, id := range ids {
		err := w.callPatiently(ctx, callerOf(a), func(ctx context.Context) error {
			t, err := client.Ticket(ctx, id)
			switch {
			case err == nil && t.Unclear() > 0:
				s.Unread++
			case err == nil && beginsAs(t, a):
				s.Copies++
			}
			return err
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

func beginsAs(t panel.TicketDetail, a models.PanelAction) bool {
	if len(t.Messages) == 0 {
		return false
	}
	first := t.Messages[0]
	return first.IsStaff && first.SenderName == a.Username && a.IsShownAs(first.HTML)
}

// likeTickets returns the ids of the customer's tickets with the action's subject that are not older than the action.
func (w *Worker) likeTickets(ctx context.Context, client *panel.Client, a models.PanelAction) (ids []int64, err error) {
	q := panel.TicketQuery{User: a.TargetName, Limit: panel.MaxLimit}
	call := w.call
	for range ticketPages {
		var page panel.Page[panel.Ticket]
		err := call(ctx, callerOf(a), func(ctx context.Context) (err error) {
			page, err = client.Tickets(ctx, q)
			return err
		})
		if err != nil {
			return nil, err
		}
		for i := range page.Records {
			t, bad := page.Decode(i)
			if bad == nil && t.Username == a.TargetName && models.SameText(t.Subject, a.Payload.Subject) && !t.Created.Before(a.CreatedAt.Add(-clockSkew)) {
				ids = append(ids, t.ID)
			}
		}
		switch {
		case len(ids) > ticketsOpened:
			return nil, errTooMany
		case !page.More:
			return ids, nil
		}
		q.Offset += len(page.Records)
		call = w.callPatiently // or each missed slot would restart the search at page one
	}
	return nil, errTooMany
}
