package models

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Snooze says how long a ticket is snoozed: until a time, until one of its orders changes its status, or, if neither is
// set, until the customer writes.
type Snooze struct {
	Until time.Time
	Order bool
}

// longestSnooze is the maximum length of a snooze.
const longestSnooze = 366 * 24 * time.Hour

// SnoozeTicket snoozes a ticket and replaces an earlier snooze. A customer's message shows the ticket in any case, and
// ends a snooze without time or orders. seen is the number of messages that the person had seen. It returns Invalid if
// the time is not in the future, or if the ticket names no order of its customer.
func (db *DB) SnoozeTicket(ctx context.Context, v Viewer, key Key, s Snooze, seen int) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		now := stored(db.now())
		h.desk.endSnooze()
		h.desk.WokenAt, h.desk.WokenWhy = time.Time{}, ""
		h.desk.SnoozedAt, h.desk.SnoozedBy, h.desk.SnoozedThrough = now, v.StaffID, min(seen, len(h.messages))
		until := "the customer writes"
		switch {
		case s.Order:
			orders, err := db.ordersNamed(ctx, h.Ticket)
			if err != nil {
				return nil, err
			}
			if len(orders) == 0 {
				return nil, Invalid{"until": "This ticket mentions no known order of its customer."}
			}
			for _, o := range orders {
				h.desk.SnoozedOrders, h.desk.SnoozedStates = append(h.desk.SnoozedOrders, o.ID), append(h.desk.SnoozedStates, o.Status)
			}
			until = "a change of order " + orderWords(h.desk.SnoozedOrders)
		case !s.Until.IsZero():
			if !s.Until.After(now) || s.Until.Sub(now) > longestSnooze {
				return nil, Invalid{"until": "Choose a time in the future, within a year."}
			}
			h.desk.SnoozedUntil, until = stored(s.Until), s.Until.UTC().Format("2006-01-02 15:04 UTC")
		}
		return []Entry{h.entry(ActTicketSnooze, Change{Field: "Until", New: until})}, nil
	})
}

// WakeTicket ends the snooze of a ticket.
func (db *DB) WakeTicket(ctx context.Context, v Viewer, key Key) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		if !h.desk.Snoozed() {
			return nil, nil
		}
		h.desk.endSnooze()
		return []Entry{h.entry(ActTicketWake)}, nil
	})
}

// mostWatched is the maximum number of orders in a snooze.
const mostWatched = 50

// ordersNamed returns the orders of a ticket's customer on its panel whose ids appear in its subject or messages.
func (db *DB) ordersNamed(ctx context.Context, t Ticket) ([]Order, error) {
	var orders []Order
	err := db.idb.NewRaw(`SELECT o.id, o.status FROM orders AS o WHERE o.panel_id = ?0 AND o.user_name = ?2 AND o.id IN (
		SELECT unnest(numbers_in(?3)) UNION SELECT unnest(numbers_in(body)) FROM ticket_messages WHERE panel_id = ?0 AND ticket_id = ?1)
		ORDER BY o.id DESC LIMIT ?4`, t.PanelID, t.ID, t.UserName, t.Subject, mostWatched).Scan(ctx, &orders)
	return orders, err
}

func orderWords(ids []int64) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(words, ", ")
}

// changedOrder returns the first of the snooze's orders whose status has changed, or 0.
func (d *TicketDesk) changedOrder(now []Order) (id int64, status string) {
	for i, id := range d.SnoozedOrders {
		at := slices.IndexFunc(now, func(o Order) bool { return o.ID == id })
		if at >= 0 && now[at].Status != d.SnoozedStates[i] {
			return id, now[at].Status
		}
	}
	return 0, ""
}
