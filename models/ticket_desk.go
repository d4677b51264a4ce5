package models

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// TicketDesk is a ticket's state at our own desk, beside what its panel says of it. The zero value is that of a ticket
// that nobody touched. Times are UTC; staff are named by their id, 0 for nobody.
type TicketDesk struct {
	bun.BaseModel `bun:"table:ticket_desk,alias:d"`
	PanelID       int64 `bun:"panel_id,pk"`
	TicketID      int64 `bun:"ticket_id,pk"`
	// AssigneeID has the ticket since AssignedAt and last did something to it at TouchedAt.
	AssigneeID int64     `bun:"assignee_id,nullzero"`
	AssignedAt time.Time `bun:"assigned_at,nullzero"`
	TouchedAt  time.Time `bun:"touched_at,nullzero"`
	// Settled is how many messages, from the first, were dealt with by a reply of ours or by "done". A reply counts from
	// when we sent it, which is before the panel shows it.
	Settled int       `bun:"settled"`
	DoneAt  time.Time `bun:"done_at,nullzero"`
	DoneBy  int64     `bun:"done_by,nullzero"`
	// SnoozedAt is when the ticket was put off, at SnoozedThrough messages: until SnoozedUntil, until one of
	// SnoozedOrders is no longer in its state, or with neither until the customer writes.
	SnoozedAt      time.Time `bun:"snoozed_at,nullzero"`
	SnoozedBy      int64     `bun:"snoozed_by,nullzero"`
	SnoozedUntil   time.Time `bun:"snoozed_until,nullzero"`
	SnoozedThrough int       `bun:"snoozed_through"`
	SnoozedOrders  []int64   `bun:"snoozed_orders,array"`
	SnoozedStates  []string  `bun:"snoozed_states,array"`
	// WokenAt is when it came back from that, for a reason in words, until somebody answers it or puts it off again.
	WokenAt  time.Time `bun:"woken_at,nullzero"`
	WokenWhy string    `bun:"woken_why"`
	// LinkedTo is the ticket of the same panel that this one is a duplicate of, or 0.
	LinkedTo int64 `bun:"linked_to,nullzero"`
}

// Where a ticket stands at our desk. The names are stored and stand in addresses, so they stay.
const (
	QueueWaiting  = "waiting"  // it wants one of us
	QueueAnswered = "answered" // it wants the customer
	QueueSnoozed  = "snoozed"
	QueueDone     = "done"
	QueueClosed   = "closed" // the panel counts it as over, and it wants nobody
)

// standing is where a ticket stands: in which queue, since when the customer waits, and since when it wants us, both nil
// when they do not.
type standing struct {
	queue        string
	waiting, due *time.Time
}

// over tells whether the panel counts a ticket as over.
func over(status string) bool { return status == "closed" || status == "locked" }

// Snoozed tells whether the ticket is put off.
func (d *TicketDesk) Snoozed() bool { return !d.SnoozedAt.IsZero() }

// hear takes in what the messages say: a customer who writes after "done" brings the ticket back, and ends a snooze that
// was until then; a reply ends that it has come back.
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

// stand is where the ticket stands. A message that came after it was put off shows it again and ends no snooze that is
// until a time or an order: once that message is answered it is put off as before, so that no "ok thanks" loses it.
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

// wake brings a ticket back that was put off or done.
func (d *TicketDesk) wake(now time.Time, why string) {
	d.endSnooze()
	d.DoneAt, d.DoneBy = time.Time{}, 0
	d.WokenAt, d.WokenWhy = now, why
}

// assign gives the ticket to somebody, or with 0 to nobody.
func (d *TicketDesk) assign(staffID int64, now time.Time) {
	d.AssigneeID, d.AssignedAt, d.TouchedAt = staffID, now, now
	if staffID == 0 {
		d.AssignedAt, d.TouchedAt = time.Time{}, time.Time{}
	}
}

// deskOf reads a ticket's state at our desk.
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

// keepDesk stores a ticket's state at our desk, and on the ticket what lists go by. The caller has locked the ticket.
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

// same tells whether two states of one ticket are equal.
func (d TicketDesk) same(other TicketDesk) bool {
	return d.AssigneeID == other.AssigneeID && d.AssignedAt.Equal(other.AssignedAt) && d.TouchedAt.Equal(other.TouchedAt) &&
		d.Settled == other.Settled && d.DoneAt.Equal(other.DoneAt) && d.DoneBy == other.DoneBy &&
		d.SnoozedAt.Equal(other.SnoozedAt) && d.SnoozedBy == other.SnoozedBy && d.SnoozedUntil.Equal(other.SnoozedUntil) &&
		d.SnoozedThrough == other.SnoozedThrough && slices.Equal(d.SnoozedOrders, other.SnoozedOrders) &&
		slices.Equal(d.SnoozedStates, other.SnoozedStates) && d.WokenAt.Equal(other.WokenAt) && d.WokenWhy == other.WokenWhy &&
		d.LinkedTo == other.LinkedTo
}
