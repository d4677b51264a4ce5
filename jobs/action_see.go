package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

const (
	// paymentPages bounds how much of a customer's payments is searched.
	paymentPages = 20
	// clockSkew is by how much a panel's clock may differ from ours.
	clockSkew = 48 * time.Hour
)

// errTooMany means that a list was too long to be read to where an action must be.
var errTooMany = errors.New("there are too many payments to search")

// see reads what a panel holds of an action's target.
func (w *Worker) see(ctx context.Context, client *panel.Client, a models.PanelAction) (s models.Sight, err error) {
	switch a.Kind {
	case models.KindOpenTicket:
		return w.seeTickets(ctx, client, a)
	case models.KindAddUser:
		return w.seeUser(ctx, client, a)
	}
	if a.Resource == models.Users {
		return w.seePayments(ctx, client, a)
	}
	err = w.call(ctx, callerOf(a), func(ctx context.Context) (err error) {
		if a.Resource == models.Tickets {
			s, err = sightOfTicket(ctx, client, a)
		} else {
			s, err = sightOfOrder(ctx, client, a)
		}
		return err
	})
	return s, err
}

func sightOfOrder(ctx context.Context, client *panel.Client, a models.PanelAction) (models.Sight, error) {
	o, err := client.Order(ctx, a.TargetID)
	s := sightOfRecord(o.Order)
	s.Offers = o.Actions
	return s, err
}

func sightOfRecord(o panel.Order) models.Sight {
	s := models.Sight{Status: o.Status, Mode: o.Mode, Link: o.Link, StartCount: o.StartCount, Remains: o.Remains}
	if o.Quantity != nil {
		s.Quantity = *o.Quantity
	}
	return s
}

func sightOfTicket(ctx context.Context, client *panel.Client, a models.PanelAction) (models.Sight, error) {
	t, err := client.Ticket(ctx, a.TargetID)
	s := models.Sight{Unread: t.Unclear()}
	for _, m := range t.Messages {
		if m.IsStaff && m.SenderName == a.Username && models.SameText(m.HTML, a.Payload.Message) {
			s.Copies++
		}
	}
	return s, err
}

// seePayments finds the customer's payments that are the action, from the newest to those that are older than the action.
func (w *Worker) seePayments(ctx context.Context, client *panel.Client, a models.PanelAction) (s models.Sight, err error) {
	q := panel.PaymentQuery{Username: a.TargetName, Limit: panel.MaxLimit}
	call := w.call
	for range paymentPages {
		var page panel.Page[panel.Payment]
		err := call(ctx, callerOf(a), func(ctx context.Context) (err error) {
			page, err = client.Payments(ctx, q)
			return err
		})
		if err != nil {
			return s, err
		}
		last := searched(page, a, &s)
		if s.Copies > 0 || last {
			return s, nil
		}
		q.Offset += len(page.Records)
		call = w.callPatiently // or a list of several pages would begin anew at each turn that does not come at once
	}
	return s, errTooMany
}

// searched adds the action's payments on a page to what was seen, and tells whether it is the last that may hold one. A
// panel may ignore the filter by user, and a record may be unreadable, so the reference is looked for in all that came.
func searched(page panel.Page[panel.Payment], a models.PanelAction, s *models.Sight) (last bool) {
	last = !page.More
	for i, raw := range page.Records {
		p, bad := page.Decode(i)
		alike := models.Stranger
		carries := models.CarriesReference(string(raw), a.Reference)
		if bad == nil {
			seen := paymentSeen(p)
			if seen.Memo == "" && carries {
				seen.Memo = a.Reference // the panel names its memo otherwise
			}
			alike = a.Likeness(seen)
		}
		switch {
		case alike == models.Ours, bad != nil && carries:
			s.Copies++
			if p.ID > 0 {
				s.Found = append(s.Found, p.ID)
			}
		case alike == models.Cut:
			s.Perhaps = append(s.Perhaps, p.ID)
		}
		last = last || bad == nil && !p.Created.IsZero() && p.Created.Before(a.CreatedAt.Add(-clockSkew))
	}
	return last
}

func paymentSeen(p panel.Payment) models.PaymentSeen {
	seen := models.PaymentSeen{ID: p.ID, User: p.Username, Memo: p.Memo, At: p.Created}
	if p.Amount != nil {
		seen.Amount = decimal.NewNullDecimal(p.Amount.Amount)
	}
	return seen
}
