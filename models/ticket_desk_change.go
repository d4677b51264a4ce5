package models

import (
	"context"
	"strconv"
	"time"
)

// MayWorkTickets reports whether the viewer may change tickets at the desk, not only look at them.
func (v Viewer) MayWorkTickets() bool { return v.StaffID != 0 && v.Role != RoleViewer }

// TicketDesk returns a ticket's state at our desk for the viewer.
func (db *DB) TicketDesk(ctx context.Context, v Viewer, key Key) (TicketDesk, error) {
	if _, ok := v.Panel(key.PanelID); !ok {
		return TicketDesk{}, ErrNotFound
	}
	return db.deskOf(ctx, key)
}

// held is a ticket that a transaction has locked, with its state at our desk and the times and staff flags of its
// messages.
type held struct {
	Ticket
	desk     TicketDesk
	messages []TicketMessage // without sender and body
}

// hold locks a ticket for the rest of the transaction. Every change of a ticket's state at our desk starts here or in
// PutTicket, which locks the same row, so changes of one ticket are serialised.
func (db *DB) hold(ctx context.Context, key Key) (h held, err error) {
	err = db.idb.NewSelect().Model(&h.Ticket).ExcludeColumn("raw").Where("panel_id = ? AND id = ?", key.PanelID, key.ID).For("UPDATE").Scan(ctx)
	if err != nil {
		return h, notFound(err)
	}
	if h.desk, err = db.deskOf(ctx, key); err != nil {
		return h, err
	}
	err = db.idb.NewSelect().Model(&h.messages).Column("position", "is_staff", "created_at").
		Where("panel_id = ? AND ticket_id = ?", key.PanelID, key.ID).Order("position").Scan(ctx)
	return h, err
}

// entry returns a log entry about a ticket.
func (h held) entry(did Action, changes ...Change) Entry {
	return Entry{Action: did, PanelID: h.PanelID, Object: Object(Tickets), ObjectIDs: []int64{h.ID}, Changes: changes}
}

// onDesk changes a ticket's state at our desk for the viewer and logs the entries that change returns. An action of the
// assignee updates TouchedAt, so that the ticket does not return to the queue for inactivity.
func (db *DB) onDesk(ctx context.Context, v Viewer, key Key, change func(*DB, *held) ([]Entry, error)) error {
	if !v.MayWorkTickets() {
		return ErrNotAllowed
	}
	if _, ok := v.Panel(key.PanelID); !ok {
		return ErrNotFound
	}
	return db.Tx(ctx, func(db *DB) error {
		h, err := db.hold(ctx, key)
		if err != nil {
			return err
		}
		before := h.desk
		entries, err := change(db, &h)
		if err != nil {
			return err
		}
		if h.desk.AssigneeID == v.StaffID {
			h.desk.TouchedAt = stored(db.now())
		}
		if err := db.keepDesk(ctx, h.Ticket, h.desk, h.messages); err != nil {
			return err
		}
		for _, e := range entries {
			if err := db.record(ctx, v, e); err != nil {
				return err
			}
		}
		return db.noteChange(ctx, before)
	})
}

// noteChange records the state before and after a change, if the current action can be undone.
func (db *DB) noteChange(ctx context.Context, before TicketDesk) error {
	if db.changes == nil {
		return nil
	}
	after, err := db.deskOf(ctx, Key{PanelID: before.PanelID, ID: before.TicketID})
	if c := (DeskChange{before, after}); err == nil && c.moved() {
		*db.changes = append(*db.changes, c)
	}
	return err
}

// AssignTicket assigns a ticket to a staff member who can work on its panel; 0 removes the assignee. It returns Invalid
// if they cannot.
func (db *DB) AssignTicket(ctx context.Context, v Viewer, key Key, staffID int64) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		name, err := db.assignable(ctx, key.PanelID, staffID)
		if err != nil || h.desk.AssigneeID == staffID {
			return nil, err
		}
		return h.give(staffID, name, stored(db.now())), nil
	})
}

// give assigns the ticket and returns the log entry; 0 removes the assignee.
func (h *held) give(staffID int64, name string, now time.Time) []Entry {
	h.desk.assign(staffID, now)
	return []Entry{h.entry(ActTicketAssign, Change{"Assignee", orNobody(h.Holder), orNobody(name)})}
}

func orNobody(username string) string {
	if username == "" {
		return "nobody"
	}
	return username
}

// FinishTicket marks a ticket as done here. It returns to the queue when the customer writes again. seen is the number
// of messages that the person had seen, so that a message which arrived meanwhile returns it to the queue immediately.
// A reminder for the ticket stays.
func (db *DB) FinishTicket(ctx context.Context, v Viewer, key Key, seen int) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		return h.finish(v, seen, stored(db.now())), nil
	})
}

// finish marks the ticket as done, unless it is.
func (h *held) finish(v Viewer, seen int, now time.Time) []Entry {
	if !h.desk.DoneAt.IsZero() {
		return nil
	}
	h.desk.DoneAt, h.desk.DoneBy = now, v.StaffID
	h.settle(seen)
	return []Entry{h.entry(ActTicketDone)}
}

// settle marks messages as settled, up to the number that the person had read.
func (h *held) settle(seen int) {
	h.desk.Settled = max(h.desk.Settled, min(seen, len(h.messages)))
	h.desk.WokenAt, h.desk.WokenWhy = time.Time{}, ""
}

// ReopenTicket undoes "done": if the customer waited then, they wait again since the time of their message.
func (db *DB) ReopenTicket(ctx context.Context, v Viewer, key Key) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		if h.desk.DoneAt.IsZero() {
			return nil, nil
		}
		h.desk.DoneAt, h.desk.DoneBy, h.desk.Settled = time.Time{}, 0, 0
		return []Entry{h.entry(ActTicketReopen)}, nil
	})
}

// LinkTicket marks a ticket as a duplicate of another ticket of the same panel, which also marks it as done here; 0
// removes the link. It returns Invalid if the other ticket does not exist or is a duplicate.
func (db *DB) LinkTicket(ctx context.Context, v Viewer, key Key, to int64, seen int) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		if h.desk.LinkedTo == to {
			return nil, nil
		}
		entries := []Entry{h.entry(ActTicketLink, Change{"Duplicate of", idOrNone(h.desk.LinkedTo), idOrNone(to)})}
		if to != 0 {
			if err := db.linkable(ctx, key, to); err != nil {
				return nil, err
			}
			entries = append(entries, h.finish(v, seen, stored(db.now()))...)
		}
		h.desk.LinkedTo = to
		return entries, nil
	})
}

func idOrNone(id int64) string {
	if id == 0 {
		return "none"
	}
	return strconv.FormatInt(id, 10)
}

// linkable refuses targets that would make a chain of duplicates, so that every duplicate is one step from its
// original.
func (db *DB) linkable(ctx context.Context, key Key, to int64) error {
	if to == key.ID {
		return Invalid{"ticket": "A ticket cannot be a duplicate of itself."}
	}
	var there, isDuplicate, hasDuplicates bool
	err := db.idb.NewRaw(`SELECT EXISTS (SELECT FROM tickets WHERE panel_id = ?0 AND id = ?2),
		EXISTS (SELECT FROM ticket_desk WHERE panel_id = ?0 AND ticket_id = ?2 AND linked_to IS NOT NULL),
		EXISTS (SELECT FROM ticket_desk WHERE panel_id = ?0 AND linked_to = ?1)`, key.PanelID, key.ID, to).Scan(ctx, &there, &isDuplicate, &hasDuplicates)
	switch {
	case err != nil:
		return err
	case !there:
		return Invalid{"ticket": "This panel has no ticket with this ID."}
	case isDuplicate:
		return Invalid{"ticket": "That ticket is also a duplicate. Link to its original."}
	case hasDuplicates:
		return Invalid{"ticket": "Other tickets are duplicates of this one. Link those first."}
	}
	return nil
}

// TicketAnswered stores that the viewer has sent a reply, which the panel may show only later. It settles the
// customer's messages so far, and the first reply to an unassigned ticket assigns it to the viewer. With done the
// ticket is also marked as done here. seen is the number of messages that they had read. Call it in the transaction
// that enqueues the reply.
func (db *DB) TicketAnswered(ctx context.Context, v Viewer, key Key, seen int, done bool) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) (entries []Entry, err error) {
		now := stored(db.now())
		h.settle(seen)
		if h.desk.AssigneeID == 0 {
			entries = h.give(v.StaffID, v.Username, now)
		}
		if done {
			entries = append(entries, h.finish(v, seen, now)...)
		}
		return entries, nil
	})
}

// TicketUnanswered stores that a reply did not reach the panel: the customer waits again since the time of their
// message, even if the reply marked the ticket as done.
func (db *DB) TicketUnanswered(ctx context.Context, key Key) error {
	return db.Tx(ctx, func(db *DB) error {
		h, err := db.hold(ctx, key)
		if err != nil {
			return err
		}
		h.desk.Settled, h.desk.DoneAt, h.desk.DoneBy = 0, time.Time{}, 0
		return db.keepDesk(ctx, h.Ticket, h.desk, h.messages)
	})
}
