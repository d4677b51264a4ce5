package models

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// TicketDesk is a ticket's state at our own desk, besides its panel's state. The zero value is the state of an
// untouched ticket. Times are UTC; staff are ids, 0 for none.
type TicketDesk struct {
	bun.BaseModel `bun:"table:ticket_desk,alias:d"`
	PanelID       int64 `bun:"panel_id,pk"`
	TicketID      int64 `bun:"ticket_id,pk"`
	// AssigneeID has been the assignee since AssignedAt and last acted on the ticket at TouchedAt.
	AssigneeID int64     `bun:"assignee_id,nullzero"`
	AssignedAt time.Time `bun:"assigned_at,nullzero"`
	TouchedAt  time.Time `bun:"touched_at,nullzero"`
	// Settled is the number of messages, from the first, that our replies or "done" have settled. A reply counts from
	// the time when we sent it, which is before the panel shows it.
	Settled int       `bun:"settled"`
	DoneAt  time.Time `bun:"done_at,nullzero"`
	DoneBy  int64     `bun:"done_by,nullzero"`
	// SnoozedAt is when the ticket was snoozed, at SnoozedThrough messages. The snooze lasts until SnoozedUntil, or
	// until the status of one of SnoozedOrders differs from SnoozedStates. If neither is set, it lasts until the
	// customer writes.
	SnoozedAt      time.Time `bun:"snoozed_at,nullzero"`
	SnoozedBy      int64     `bun:"snoozed_by,nullzero"`
	SnoozedUntil   time.Time `bun:"snoozed_until,nullzero"`
	SnoozedThrough int       `bun:"snoozed_through"`
	SnoozedOrders  []int64   `bun:"snoozed_orders,array"`
	SnoozedStates  []string  `bun:"snoozed_states,array"`
	// WokenAt is when the snooze ended, for the reason WokenWhy. Both are cleared when the ticket is answered or
	// snoozed again.
	WokenAt  time.Time `bun:"woken_at,nullzero"`
	WokenWhy string    `bun:"woken_why"`
	// LinkedTo is the ticket of the same panel of which this one is a duplicate, or 0.
	LinkedTo int64 `bun:"linked_to,nullzero"`
}

// The queues of our desk. The names are stored and appear in URLs, so they must not change.
const (
	QueueWaiting  = "waiting"  // needs a reply from us
	QueueAnswered = "answered" // waits for the customer
	QueueSnoozed  = "snoozed"
	QueueDone     = "done"
	QueueClosed   = "closed" // closed or locked on the panel, and needs no reply
)

// standing is a ticket's queue, the time since when the customer waits, and the time since when the ticket needs a
// reply; the times are nil if not.
type standing struct {
	queue        string
	waiting, due *time.Time
}

// over reports whether a ticket is closed or locked on the panel.
func over(status string) bool { return status == "closed" || status == "locked" }

// Snoozed reports whether the ticket is snoozed.
func (d *TicketDesk) Snoozed() bool { return !d.SnoozedAt.IsZero() }

// hear updates the desk's state from the messages. If the customer writes after "done", the ticket returns to the
// queue, and a snooze without time or orders ends. A reply clears WokenAt.
func (d *TicketDesk) hear(t Ticket, messages []TicketMessage) {
	n := len(messages)
	d.Settled, d.SnoozedThrough = min(d.Settled, n), min(d.SnoozedThrough, n) // the panel may have deleted some
	heard := waitingSince(t.Status, t.UpdatedAt, messages, d.Settled) != nil
	if heard {
		d.DoneAt, d.DoneBy = time.Time{}, 0
	}
	if heard && n > d.SnoozedThrough && d.Snoozed() && d.SnoozedUntil.IsZero() && len(d.SnoozedOrders) == 0 {
		d.endSnooze()
	}
	if n > 0 && messages[n-1].IsStaff && messages[n-1].CreatedAt.After(d.WokenAt) {
		d.WokenAt, d.WokenWhy = time.Time{}, ""
	}
}

// stand computes the ticket's queue. A message after the snooze shows the ticket again but does not end a snooze with a
// time or an order: after the reply the ticket is snoozed as before, so that an "ok thanks" does not cancel it.
func (d *TicketDesk) stand(t Ticket, messages []TicketMessage) (s standing) {
	s.waiting = waitingSince(t.Status, t.UpdatedAt, messages, d.Settled)
	quiet := d.Snoozed() && len(messages) <= d.SnoozedThrough
	switch {
	case s.waiting != nil && !quiet:
		s.queue, s.due = QueueWaiting, s.waiting
	case !d.DoneAt.IsZero():
		s.queue = QueueDone
	case d.Snoozed():
		s.queue = QueueSnoozed
	case !d.WokenAt.IsZero():
		s.queue, s.due = QueueWaiting, &d.WokenAt
	case over(t.Status):
		s.queue = QueueClosed
	case len(messages) == 0 && (t.Status == "pending" || t.Status == ""): // its messages cannot be read
		s.queue, s.due = QueueWaiting, &t.UpdatedAt
	default:
		s.queue = QueueAnswered
	}
	return s
}

func (d *TicketDesk) endSnooze() {
	d.SnoozedAt, d.SnoozedBy, d.SnoozedUntil, d.SnoozedThrough = time.Time{}, 0, time.Time{}, 0
	d.SnoozedOrders, d.SnoozedStates = []int64{}, []string{}
}

// wake returns a snoozed or done ticket to the queue.
func (d *TicketDesk) wake(now time.Time, why string) {
	d.endSnooze()
	d.DoneAt, d.DoneBy = time.Time{}, 0
	d.WokenAt, d.WokenWhy = now, why
}

// assign sets the assignee; 0 removes it.
func (d *TicketDesk) assign(staffID int64, now time.Time) {
	d.AssigneeID, d.AssignedAt, d.TouchedAt = staffID, now, now
	if staffID == 0 {
		d.AssignedAt, d.TouchedAt = time.Time{}, time.Time{}
	}
}

// deskOf returns a ticket's state at our desk.
func (db *DB) deskOf(ctx context.Context, key Key) (TicketDesk, error) {
	d := TicketDesk{PanelID: key.PanelID, TicketID: key.ID}
	err := notFound(db.idb.NewSelect().Model(&d).WherePK().Scan(ctx))
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	if d.SnoozedOrders == nil {
		d.SnoozedOrders, d.SnoozedStates = []int64{}, []string{}
	}
	return d, err
}

// keepDesk stores a ticket's state at our desk and updates the columns of the ticket that lists use. The caller has
// locked the ticket.
func (db *DB) keepDesk(ctx context.Context, t Ticket, d TicketDesk, messages []TicketMessage) error {
	old, err := db.deskOf(ctx, t.Key)
	if err != nil {
		return err
	}
	d.hear(t, messages)
	if !d.same(old) {
		if _, err := db.idb.NewInsert().Model(&d).On("CONFLICT (panel_id, ticket_id) DO UPDATE").Exec(ctx); err != nil {
			return err
		}
	}
	s := d.stand(t, messages)
	_, err = db.idb.NewRaw(`UPDATE tickets AS t SET waiting_since = ?2, queue = ?3, due_since = ?4, holder = now.holder
		FROM (SELECT coalesce((SELECT username FROM staff WHERE id = ?5), '') AS holder) AS now
		WHERE t.panel_id = ?0 AND t.id = ?1
		AND (t.waiting_since, t.queue, t.due_since, t.holder) IS DISTINCT FROM (?2::timestamptz, ?3, ?4::timestamptz, now.holder)`,
		t.PanelID, t.ID, s.waiting, s.queue, s.due, d.AssigneeID).Exec(ctx)
	return err
}

// same reports whether two states of one ticket are equal.
func (d TicketDesk) same(other TicketDesk) bool {
	return d.AssigneeID == other.AssigneeID && d.AssignedAt.Equal(other.AssignedAt) && d.TouchedAt.Equal(other.TouchedAt) &&
		d.Settled == other.Settled && d.DoneAt.Equal(other.DoneAt) && d.DoneBy == other.DoneBy &&
		d.SnoozedAt.Equal(other.SnoozedAt) && d.SnoozedBy == other.SnoozedBy && d.SnoozedUntil.Equal(other.SnoozedUntil) &&
		d.SnoozedThrough == other.SnoozedThrough && slices.Equal(d.SnoozedOrders, other.SnoozedOrders) &&
		slices.Equal(d.SnoozedStates, other.SnoozedStates) && d.WokenAt.Equal(other.WokenAt) && d.WokenWhy == other.WokenWhy &&
		d.LinkedTo == other.LinkedTo
}
