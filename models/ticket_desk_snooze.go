package models

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Snooze is until when a ticket is put off: until a time, until one of its orders changes its status, or with neither
// until the customer writes. The zero value is the last.
type Snooze struct {
	Until time.Time
	Order bool
}

// longestSnooze bounds how far ahead a ticket is put off.
const longestSnooze = 366 * 24 * time.Hour

// SnoozeTicket puts a ticket off, in place of how it was before. A customer's message shows it all the same, and ends it
// when it is until that; seen is how many messages whoever puts it off was shown. Its error is Invalid when the time is
// not ahead, or when the ticket names no order of its customer.
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
				return nil, Invalid{"until": "This ticket names no order of its customer that we know."}
			}
			for _, o := range orders {
				h.desk.SnoozedOrders, h.desk.SnoozedStates = append(h.desk.SnoozedOrders, o.ID), append(h.desk.SnoozedStates, o.Status)
			}
			until = "a change of order " + orderWords(h.desk.SnoozedOrders)
		case !s.Until.IsZero():
			if !s.Until.After(now) || s.Until.Sub(now) > longestSnooze {
				return nil, Invalid{"until": "Choose a time ahead, within a year."}
			}
			h.desk.SnoozedUntil, until = stored(s.Until), s.Until.UTC().Format("2006-01-02 15:04 UTC")
		}
		return []Entry{h.entry(ActTicketSnooze, Change{Field: "Until", New: until})}, nil
	})
}

// WakeTicket ends that a ticket is put off.
func (db *DB) WakeTicket(ctx context.Context, v Viewer, key Key) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		if !h.desk.Snoozed() {
			return nil, nil
		}
		h.desk.endSnooze()
		return []Entry{h.entry(ActTicketWake)}, nil
	})
}

// mostWatched is how many orders of a ticket are watched at most.
const mostWatched = 50

// ordersNamed are the orders of a ticket's customer on its panel that its subject or a message names.
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

// changedOrder is the first of the orders by which a ticket is put off that is no longer in its state, or 0.
func (d *TicketDesk) changedOrder(now []Order) (id int64, status string) {
	for i, id := range d.SnoozedOrders {
		at := slices.IndexFunc(now, func(o Order) bool { return o.ID == id })
		if at >= 0 && now[at].Status != d.SnoozedStates[i] {
			return id, now[at].Status
		}
	}
	return 0, ""
}
