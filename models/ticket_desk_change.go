package models

import (
	"context"
	"strconv"
	"time"
)

// MayWorkTickets tells whether the viewer may do anything at the ticket desk but look.
func (v Viewer) MayWorkTickets() bool { return v.StaffID != 0 && v.Role != RoleViewer }

// TicketDesk is a ticket's state at our desk, for the viewer.
func (db *DB) TicketDesk(ctx context.Context, v Viewer, key Key) (TicketDesk, error) {
	if _, ok := v.Panel(key.PanelID); !ok {
		return TicketDesk{}, ErrNotFound
	}
	return db.deskOf(ctx, key)
}

// held is a ticket that a transaction has locked, with its state at our desk and what its messages say of who wrote when.
type held struct {
	Ticket
	desk     TicketDesk
	messages []TicketMessage // without sender and body
}

// hold locks a ticket for the rest of the transaction. Everything that changes a ticket's state at our desk begins here or
// in PutTicket, which locks the same row: two changes of one ticket come one after the other.
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

// entry is a log entry about a ticket.
func (h held) entry(did Action, changes ...Change) Entry {
	return Entry{Action: did, PanelID: h.PanelID, Object: Object(Tickets), ObjectIDs: []int64{h.ID}, Changes: changes}
}

// onDesk changes a ticket's state at our desk for the viewer and logs what change returns. What the one who has the ticket
// does to it counts against its silence.
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

// noteChange takes down how a ticket stood and how it stands now, while an act can be undone.
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

// AssignTicket gives a ticket to a staff member who may work on its panel, or with 0 to nobody. Its error is Invalid when
// they may not.
func (db *DB) AssignTicket(ctx context.Context, v Viewer, key Key, staffID int64) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		name, err := db.assignable(ctx, key.PanelID, staffID)
		if err != nil || h.desk.AssigneeID == staffID {
			return nil, err
		}
		return h.give(staffID, name, stored(db.now())), nil
	})
}

// give gives the ticket to somebody, or with 0 to nobody.
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

// FinishTicket marks a ticket as done here. It comes back by itself when the customer writes again; seen is how many
// messages whoever says so was shown, so that a message that came meanwhile brings it back at once. A reminder that was
// set for it stays.
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

// settle says that messages were dealt with, up to the number that whoever did it had read.
func (h *held) settle(seen int) {
	h.desk.Settled = max(h.desk.Settled, min(seen, len(h.messages)))
	h.desk.WokenAt, h.desk.WokenWhy = time.Time{}, ""
}

// ReopenTicket takes back that a ticket is done: whoever waited then waits again, since when they wrote.
func (db *DB) ReopenTicket(ctx context.Context, v Viewer, key Key) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		if h.desk.DoneAt.IsZero() {
			return nil, nil
		}
		h.desk.DoneAt, h.desk.DoneBy, h.desk.Settled = time.Time{}, 0, 0
		return []Entry{h.entry(ActTicketReopen)}, nil
	})
}

// LinkTicket says that a ticket is a duplicate of another of the same panel, and so done here; with 0 it is none. Its
// error is Invalid when there is no such ticket or that one is itself a duplicate.
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

// linkable refuses what a ticket cannot be a duplicate of, so that every duplicate is one step from its original.
func (db *DB) linkable(ctx context.Context, key Key, to int64) error {
	if to == key.ID {
		return Invalid{"ticket": "This is the ticket itself."}
	}
	var there, isDuplicate, hasDuplicates bool
	err := db.idb.NewRaw(`SELECT EXISTS (SELECT FROM tickets WHERE panel_id = ?0 AND id = ?2),
		EXISTS (SELECT FROM ticket_desk WHERE panel_id = ?0 AND ticket_id = ?2 AND linked_to IS NOT NULL),
		EXISTS (SELECT FROM ticket_desk WHERE panel_id = ?0 AND linked_to = ?1)`, key.PanelID, key.ID, to).Scan(ctx, &there, &isDuplicate, &hasDuplicates)
	switch {
	case err != nil:
		return err
	case !there:
		return Invalid{"ticket": "This panel has no ticket with this number."}
	case isDuplicate:
		return Invalid{"ticket": "That ticket is itself a duplicate. Link to its original."}
	case hasDuplicates:
		return Invalid{"ticket": "Other tickets are duplicates of this one. Link those first."}
	}
	return nil
}

// TicketAnswered notes that the viewer has sent a reply, which the panel may show only later: what the customer wrote
// until then is dealt with, and the first reply to a ticket that nobody has takes it. With done it is also done here.
// seen is how many messages they had read. Call it in the transaction that queues the reply.
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

// TicketUnanswered notes that a reply did not reach the panel: the customer waits again, since when they wrote, also in a
// ticket that was done with it.
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
