package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// DeskUndo is an action at the ticket desk that its author can undo.
type DeskUndo struct {
	bun.BaseModel `bun:"table:desk_undos,alias:u"`
	ID            int64        `bun:"id,pk,autoincrement"`
	StaffID       int64        `bun:"staff_id"`
	At            time.Time    `bun:"at"`
	Words         string       `bun:"words"`
	Tickets       []DeskChange `bun:"tickets,type:jsonb"`
	UndoneAt      time.Time    `bun:"undone_at,nullzero"`
}

// DeskChange is the state of one ticket before and after an action.
type DeskChange struct{ Before, After TicketDesk }

// undosKept is how long an action can be undone.
const undosKept = time.Hour

// deskPart is a part of a ticket's state that can only be undone as a whole.
type deskPart struct {
	same func(a, b *TicketDesk) bool
	put  func(to, from *TicketDesk)
}

var deskParts = []deskPart{
	{func(a, b *TicketDesk) bool { return a.AssigneeID == b.AssigneeID && a.AssignedAt.Equal(b.AssignedAt) },
		func(to, from *TicketDesk) {
			to.AssigneeID, to.AssignedAt, to.TouchedAt = from.AssigneeID, from.AssignedAt, from.TouchedAt
		}},
	{func(a, b *TicketDesk) bool { return a.DoneAt.Equal(b.DoneAt) && a.DoneBy == b.DoneBy },
		func(to, from *TicketDesk) { to.DoneAt, to.DoneBy = from.DoneAt, from.DoneBy }},
	{func(a, b *TicketDesk) bool {
		return a.Settled == b.Settled && a.WokenAt.Equal(b.WokenAt) && a.WokenWhy == b.WokenWhy
	},
		func(to, from *TicketDesk) {
			to.Settled, to.WokenAt, to.WokenWhy = from.Settled, from.WokenAt, from.WokenWhy
		}},
	{sameSnooze,
		func(to, from *TicketDesk) {
			to.SnoozedAt, to.SnoozedBy, to.SnoozedUntil, to.SnoozedThrough = from.SnoozedAt, from.SnoozedBy, from.SnoozedUntil, from.SnoozedThrough
			to.SnoozedOrders, to.SnoozedStates = from.SnoozedOrders, from.SnoozedStates
		}},
	{func(a, b *TicketDesk) bool { return a.LinkedTo == b.LinkedTo }, func(to, from *TicketDesk) { to.LinkedTo = from.LinkedTo }},
}

func sameSnooze(a, b *TicketDesk) bool {
	return a.SnoozedAt.Equal(b.SnoozedAt) && a.SnoozedUntil.Equal(b.SnoozedUntil) && slices.Equal(a.SnoozedOrders, b.SnoozedOrders)
}

// moved reports whether the action changed more than the time of the last activity.
func (c *DeskChange) moved() bool {
	return slices.ContainsFunc(deskParts, func(p deskPart) bool { return !p.same(&c.Before, &c.After) })
}

// back restores the parts that the action changed in the state now. It reports whether a part has changed since; such a
// part stays.
func (c *DeskChange) back(now *TicketDesk) (since bool) {
	for _, p := range deskParts {
		switch {
		case p.same(&c.Before, &c.After) || p.same(now, &c.Before):
		case p.same(now, &c.After):
			p.put(now, &c.Before)
		default:
			since = true
		}
	}
	return since
}

// Undoable runs an action of the viewer and stores the states of its tickets before and after. It returns the zero
// value if the action changed nothing, and the action's error.
func (db *DB) Undoable(ctx context.Context, v Viewer, act func(*DB) error) (DeskUndo, error) {
	recording := *db
	recording.changes = new([]DeskChange)
	if err := act(&recording); err != nil || len(*recording.changes) == 0 {
		return DeskUndo{}, err
	}
	u := DeskUndo{StaffID: v.StaffID, At: stored(db.now()), Tickets: *recording.changes}
	if err := db.undoWords(ctx, v, &u); err != nil {
		return DeskUndo{}, err
	}
	err := db.Tx(ctx, func(db *DB) error {
		if _, err := db.idb.NewRaw("DELETE FROM desk_undos WHERE staff_id = ? AND at < ?", v.StaffID, u.At.Add(-undosKept)).Exec(ctx); err != nil {
			return err
		}
		_, err := db.idb.NewInsert().Model(&u).Exec(ctx)
		return err
	})
	return u, err
}

// undoWords sets the sentence about the action.
func (db *DB) undoWords(ctx context.Context, v Viewer, u *DeskUndo) error {
	first := u.Tickets[0]
	name, err := db.username(ctx, first.After.AssigneeID)
	if err != nil {
		return err
	}
	what := "ticket " + strconv.FormatInt(first.After.TicketID, 10)
	if n := len(u.Tickets); n > 1 {
		what = strconv.Itoa(n) + " tickets"
	}
	u.Words = fmt.Sprintf("You "+first.verb(v, name)+".", what)
	return nil
}

// verb describes the effect of the action on a ticket, with %s for its object; assignee is the name of the ticket's
// assignee after the action.
func (c *DeskChange) verb(v Viewer, assignee string) string {
	switch b, a := c.Before, c.After; {
	case a.LinkedTo != b.LinkedTo && a.LinkedTo != 0:
		return "linked %s to ticket " + strconv.FormatInt(a.LinkedTo, 10)
	case a.LinkedTo != b.LinkedTo:
		return "unlinked %s"
	case a.DoneAt.IsZero() && !b.DoneAt.IsZero():
		return "marked %s as not done"
	case !a.DoneAt.Equal(b.DoneAt):
		return "marked %s as done"
	case b.Snoozed() && !a.Snoozed():
		return "ended the snooze of %s"
	case !sameSnooze(&a, &b):
		return "snoozed %s"
	case a.AssigneeID == v.StaffID && a.AssigneeID != b.AssigneeID:
		return "assigned %s to yourself"
	case a.AssigneeID != 0 && a.AssigneeID != b.AssigneeID:
		return "assigned %s to " + strings.ReplaceAll(assignee, "%", "%%")
	case a.AssigneeID != b.AssigneeID:
		return "unassigned %s"
	}
	return "changed %s"
}

// username returns the name of a staff member, "" for 0 and for a removed member.
func (db *DB) username(ctx context.Context, id int64) (name string, err error) {
	err = db.idb.NewRaw("SELECT coalesce((SELECT username FROM staff WHERE id = ?), '')", id).Scan(ctx, &name)
	return name, err
}

// DeskUndo returns an action of the viewer that can be undone, or that was undone. It returns ErrNotFound if the action
// is too old.
func (db *DB) DeskUndo(ctx context.Context, v Viewer, id int64) (DeskUndo, error) {
	var u DeskUndo
	err := db.idb.NewSelect().Model(&u).Where("id = ? AND staff_id = ? AND at >= ?", id, v.StaffID, db.now().Add(-undosKept)).Scan(ctx)
	return u, notFound(err)
}

// UndoDesk undoes an action of the viewer, each ticket in its own transaction. It keeps changes that people made since
// then. A second call changes nothing more. It returns ErrNotFound if the action is too old.
func (db *DB) UndoDesk(ctx context.Context, v Viewer, id int64) (DeskUndo, error) {
	u, err := db.DeskUndo(ctx, v, id)
	if err != nil || !u.UndoneAt.IsZero() {
		return u, err
	}
	left := 0
	for _, c := range u.Tickets {
		since, err := db.undoTicket(ctx, v, c)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return u, err
		}
		if since || err != nil {
			left++
		}
	}
	u.Words, u.UndoneAt = undoneWords(u, left), stored(db.now())
	_, err = db.idb.NewUpdate().Model(&u).Column("words", "undone_at").WherePK().Exec(ctx)
	return u, err
}

func (db *DB) undoTicket(ctx context.Context, v Viewer, c DeskChange) (since bool, err error) {
	key := Key{PanelID: c.After.PanelID, ID: c.After.TicketID}
	err = db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		was := h.desk
		if since = c.back(&h.desk); h.desk.same(was) {
			return nil, nil
		}
		if to := h.desk.LinkedTo; to != was.LinkedTo && to != 0 && db.linkable(ctx, key, to) != nil {
			h.desk.LinkedTo, since = was.LinkedTo, true
		}
		name, err := db.username(ctx, h.desk.AssigneeID)
		return []Entry{h.entry(ActTicketUndo, h.undone(was, name)...)}, err
	})
	return since, err
}

// undone returns the changes of an undo for the activity log.
func (h *held) undone(was TicketDesk, assignee string) []Change {
	yes := func(is bool) string { return map[bool]string{true: "yes", false: "no"}[is] }
	return changed(Change{"Assignee", orNobody(h.Holder), orNobody(assignee)}, Change{"Done", yes(!was.DoneAt.IsZero()), yes(!h.desk.DoneAt.IsZero())},
		Change{"Snoozed", yes(was.Snoozed()), yes(h.desk.Snoozed())}, Change{"Duplicate of", idOrNone(was.LinkedTo), idOrNone(h.desk.LinkedTo)})
}

func undoneWords(u DeskUndo, left int) string {
	n := len(u.Tickets)
	switch {
	case n == 1 && left == 0:
		return fmt.Sprintf("Ticket %d: change undone.", u.Tickets[0].After.TicketID)
	case n == 1:
		return fmt.Sprintf("Ticket %d changed again after this. Nothing was undone.", u.Tickets[0].After.TicketID)
	case left == 0:
		return fmt.Sprintf("%d tickets: changes undone.", n)
	}
	return fmt.Sprintf("%d of %d tickets: changes undone. The others changed again after this and stay.", n-left, n)
}
