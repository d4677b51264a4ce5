package models

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// TicketsToMind returns up to n tickets that need an automatic step now: a snooze ends because of its time or a changed
// order; the assignee has been inactive for too long while the customer waits, or may no longer work on it; or the
// customer waits but the queue is still "answered", because an earlier version of the program, without queues, stored it.
func (db *DB) TicketsToMind(ctx context.Context, n int) ([]Key, error) {
	s, err := db.TicketSettings(ctx)
	if err != nil {
		return nil, err
	}
	now := stored(db.now())
	silent := s.silentSince(now)
	if s.ReturnMinutes == 0 {
		silent = time.Time{} // the return to the queue is off
	}
	var keys []Key
	err = db.idb.NewRaw(`SELECT panel_id, id FROM (
			(SELECT panel_id, ticket_id AS id FROM ticket_desk WHERE snoozed_until <= ?0 LIMIT ?2)
			UNION (SELECT d.panel_id, d.ticket_id FROM ticket_desk AS d
				CROSS JOIN unnest(d.snoozed_orders, d.snoozed_states) AS kept (id, status)
				JOIN orders AS o ON o.panel_id = d.panel_id AND o.id = kept.id
				WHERE d.snoozed_orders <> '{}' AND coalesce(o.status, '') <> kept.status LIMIT ?2)
			UNION (`+heldInSilence+`)
			UNION (`+heldWithoutRight+`)
			UNION (SELECT panel_id, id FROM tickets WHERE waiting_since IS NOT NULL AND queue = 'answered' LIMIT ?2)
		) AS due ORDER BY panel_id, id LIMIT ?2`, now, silent, n).Scan(ctx, &keys)
	if err != nil {
		return nil, fmt.Errorf("reading tickets to sweep: %w", err)
	}
	return keys, nil
}

// heldInSilence finds tickets whose assignee has done nothing since ?1 while the customer waited. It starts from the
// tickets that have waited for so long, through the index tickets_queue_due: they are few, while every ticket may have
// an assignee.
const heldInSilence = `SELECT d.panel_id, d.ticket_id FROM tickets AS t JOIN ticket_desk AS d ON d.panel_id = t.panel_id AND d.ticket_id = t.id
	WHERE t.queue = 'waiting' AND coalesce(t.due_since, 'infinity') <= ?1 AND t.holder <> ''
	AND d.assignee_id IS NOT NULL AND coalesce(d.touched_at, '-infinity') <= ?1 LIMIT ?2`

// heldWithoutRight finds tickets whose assignee may no longer work on them. It steps from one assignee to the next
// through the index ticket_desk_holders, and searches for tickets only on panels on which an assignee has no access.
var heldWithoutRight = `WITH RECURSIVE holder (id) AS (
		SELECT min(assignee_id) FROM ticket_desk WHERE assignee_id IS NOT NULL
		UNION ALL SELECT (SELECT min(assignee_id) FROM ticket_desk WHERE assignee_id > holder.id) FROM holder WHERE holder.id IS NOT NULL)
	SELECT d.panel_id, d.ticket_id FROM holder CROSS JOIN panels AS p LEFT JOIN staff AS s ON s.id = holder.id
		CROSS JOIN LATERAL (SELECT panel_id, ticket_id FROM ticket_desk WHERE assignee_id = holder.id AND panel_id = p.id LIMIT ?2) AS d
	WHERE holder.id IS NOT NULL AND NOT coalesce(` + worksOn("s", "p.id") + `, false) LIMIT ?2`

// worksOn returns an SQL condition: a staff member can work on tickets of a panel.
func worksOn(staff, panel string) string {
	return "(" + staff + ".disabled_at IS NULL AND " + staff + ".role <> 'viewer' AND (" + staff + ".all_panels OR EXISTS (" +
		"SELECT FROM staff_panels AS w WHERE w.staff_id = " + staff + ".id AND w.panel_id = " + panel + ")))"
}

// MindTicket runs the automatic steps that are due for a ticket, see TicketsToMind. A second call changes nothing more.
func (db *DB) MindTicket(ctx context.Context, key Key) error {
	return db.Tx(ctx, func(db *DB) error {
		h, err := db.hold(ctx, key)
		if err != nil {
			return err
		}
		now := stored(db.now())
		if err := db.wakeDue(ctx, &h, now); err != nil {
			return err
		}
		if why, err := db.leftAlone(ctx, h, now); err != nil {
			return err
		} else if why != "" {
			entries := h.give(0, "", now)
			entries[0].Action, entries[0].Reason = ActTicketReturn, why
			if err := db.record(ctx, worker, entries[0]); err != nil {
				return err
			}
		}
		return db.keepDesk(ctx, h.Ticket, h.desk, h.messages)
	})
}

// wakeDue ends a snooze whose time has come or whose order has changed.
func (db *DB) wakeDue(ctx context.Context, h *held, now time.Time) error {
	if until := h.desk.SnoozedUntil; !until.IsZero() && !until.After(now) {
		h.desk.wake(now, "Its snooze time ended.")
	}
	if len(h.desk.SnoozedOrders) == 0 {
		return nil
	}
	var orders []Order
	err := db.idb.NewRaw("SELECT id, status FROM orders WHERE panel_id = ? AND id = ANY(?::bigint[])", h.PanelID, bigints(h.desk.SnoozedOrders)).
		Scan(ctx, &orders)
	if err != nil {
		return err
	}
	if id, status := h.desk.changedOrder(orders); id != 0 {
		h.desk.wake(now, fmt.Sprintf("Order %d is %s now.", id, status))
	}
	return nil
}

// leftAlone returns the reason why a ticket must lose its assignee, or "".
func (db *DB) leftAlone(ctx context.Context, h held, now time.Time) (why string, err error) {
	if h.desk.AssigneeID == 0 {
		return "", nil
	}
	if _, err := db.assignable(ctx, h.PanelID, h.desk.AssigneeID); err != nil {
		if errors.As(err, new(Invalid)) {
			return h.Holder + " may no longer work on this ticket.", nil
		}
		return "", err
	}
	s, err := db.TicketSettings(ctx)
	if err != nil {
		return "", err
	}
	at := h.desk.stand(h.Ticket, h.messages)
	if s.ReturnMinutes > 0 && at.queue == QueueWaiting && !later(h.desk.TouchedAt, *at.due).After(s.silentSince(now)) {
		return fmt.Sprintf("%s did not reply for %d minutes while the customer waited.", h.Holder, s.ReturnMinutes), nil
	}
	return "", nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
