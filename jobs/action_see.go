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
	// paymentPages is how many pages of a customer's payments one search reads at most.
	paymentPages = 20
	// clockSkew is the largest difference allowed between a panel's clock and ours.
	clockSkew = 48 * time.Hour
)

// errTooMany means that a list was too long to read as far as the action must be.
var errTooMany = errors.New("there are too many payments to search")

// see reads the current state of an action's target from the panel, and counts the other actions that a copy may belong
// to.
func (w *Worker) see(ctx context.Context, client *panel.Client, a models.PanelAction) (models.Sight, error) {
	s, err := w.seeTarget(ctx, client, a)
	if err == nil && s.Markup != models.MarkupUnknown {
		if err := w.DB.LearnMarkup(ctx, a, s.Markup); err != nil { // the next reply with such a sign shows it again
			w.Log.Warn("outbox: cannot store how a panel keeps replies", "panel", a.PanelID, "error", err)
		}
	}
	if err != nil || s.Copies == 0 || a.Before == nil || a.Kind == models.KindAddPayment { // a payment has a reference of its own
		return s, err
	}
	s.Others, err = w.DB.EqualActions(ctx, a)
	return s, err
}

func (w *Worker) seeTarget(ctx context.Context, client *panel.Client, a models.PanelAction) (s models.Sight, err error) {
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
	last := ""
	for _, m := range t.Messages {
		if m.IsStaff && m.SenderName == a.Username && a.IsShownAs(m.HTML) {
			s.Copies++
			last = m.HTML
		}
	}
	if a.Before != nil && s.Copies > a.Before.Copies {
		s.Markup = models.MarkupOf(last, a.SentMessage())
	}
	return s, err
}

// seePayments searches the customer's payments for the action, from the newest back to the first one older than the
// action.
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
		call = w.callPatiently // or each missed slot would restart the search at page one
	}
	return s, errTooMany
}

// searched adds the page's payments that match the action to s. It reports whether no later page can hold one. It
// checks the reference in every record, because a panel may ignore the filter by user and a record may be unreadable.
func searched(page panel.Page[panel.Payment], a models.PanelAction, s *models.Sight) (last bool) {
	last = !page.More
	for i, raw := range page.Records {
		p, bad := page.Decode(i)
		alike := models.Stranger
		carries := models.CarriesReference(string(raw), a.Reference)
		if bad == nil {
			seen := paymentSeen(p)
			if seen.Memo == "" && carries {
				seen.Memo = a.Reference // the panel uses another field name for its memo
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
