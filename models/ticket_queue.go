package models

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// TakeNext assigns the longest waiting unassigned ticket on the viewer's panels to them. If several people call it in
// parallel, each gets a different ticket. It returns ErrNotFound if there is none.
func (db *DB) TakeNext(ctx context.Context, v Viewer) (Key, error) {
	if !v.MayWorkTickets() {
		return Key{}, ErrNotAllowed
	}
	var key Key
	err := db.Tx(ctx, func(db *DB) error {
		err := db.idb.NewRaw(`SELECT panel_id, id FROM tickets AS t WHERE queue = 'waiting' AND holder = '' AND panel_id = ANY(?::bigint[])
			ORDER BY COALESCE(due_since, 'infinity'), panel_id, id LIMIT 1 FOR UPDATE SKIP LOCKED`, bigints(v.Scope(nil))).Scan(ctx, &key)
		if err != nil {
			return notFound(err)
		}
		return db.AssignTicket(ctx, v, key, v.StaffID)
	})
	return key, err
}

// TicketNeighbours returns the tickets before and after one in the queue of waiting tickets on the viewer's panels, the
// zero key if there is none. For a ticket that does not wait, after is the first of the queue.
func (db *DB) TicketNeighbours(ctx context.Context, v Viewer, t Ticket) (before, after Key, err error) {
	at := "-infinity"
	if t.DueSince != nil {
		at = t.DueSince.UTC().Format(timestamptzText)
	}
	find := func(into *Key, comparison, direction string) {
		if err != nil {
			return
		}
		err = db.idb.NewRaw(`SELECT panel_id, id FROM tickets AS t WHERE queue = 'waiting' AND panel_id = ANY(?0::bigint[])
			AND (COALESCE(due_since, 'infinity'), panel_id, id) `+comparison+` (?1::timestamptz, ?2, ?3)
			ORDER BY COALESCE(due_since, 'infinity') `+direction+`, panel_id `+direction+`, id `+direction+` LIMIT 1`,
			bigints(v.Scope(nil)), at, t.PanelID, t.ID).Scan(ctx, into)
		if errors.Is(notFound(err), ErrNotFound) {
			err = nil
		}
	}
	find(&before, "<", "DESC")
	find(&after, ">", "ASC")
	return before, after, err
}

// TicketDuplicates returns the ids of the tickets that are linked as duplicates of one, for the viewer.
func (db *DB) TicketDuplicates(ctx context.Context, v Viewer, key Key) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw("SELECT ticket_id FROM ticket_desk WHERE panel_id = ANY(?::bigint[]) AND linked_to = ? ORDER BY ticket_id",
		bigints(v.allowed([]int64{key.PanelID})), key.ID).Scan(ctx, &ids)
	return ids, err
}

// Assignee is a staff member who can work on a ticket.
type Assignee struct {
	ID       int64  `bun:"id"`
	Username string `bun:"username"`
}

// TicketAssignees returns the staff members who can work on tickets of one of the viewer's panels, by name.
func (db *DB) TicketAssignees(ctx context.Context, v Viewer, panelID int64) ([]Assignee, error) {
	var all []Assignee
	err := db.idb.NewRaw("SELECT s.id, s.username FROM staff AS s WHERE ?0 = ANY(?1::bigint[]) AND "+worksOn("s", "?0")+" ORDER BY s.username",
		panelID, bigints(v.PanelIDs())).Scan(ctx, &all)
	return all, err
}

// assignable returns the name of a staff member who can work on tickets of a panel, "" for 0. It returns Invalid if
// they cannot.
func (db *DB) assignable(ctx context.Context, panelID, staffID int64) (username string, err error) {
	if staffID == 0 {
		return "", nil
	}
	err = db.idb.NewRaw("SELECT s.username FROM staff AS s WHERE s.id = ?1 AND "+worksOn("s", "?0"), panelID, staffID).Scan(ctx, &username)
	if errors.Is(notFound(err), ErrNotFound) {
		err = Invalid{"assignee": "This member does not work on tickets of this panel."}
	}
	return username, err
}

// WaitingTickets returns the number of tickets on the viewer's panels that need a reply.
func (db *DB) WaitingTickets(ctx context.Context, v Viewer) (int64, error) {
	s, err := db.facet(ctx, v, TicketList, ListQuery{}, TicketList.partFilter(), "")
	if err != nil {
		return 0, err
	}
	waiting, _ := TicketList.Part(QueueWaiting)
	return waiting.among(v, s).N, nil
}

// DeskAct is an action on many tickets.
type DeskAct string

// The acts.
const (
	DeskMine   DeskAct = "mine"
	DeskNobody DeskAct = "nobody"
	DeskDone   DeskAct = "done"
)

// mostAtOnce is the maximum number of tickets in such an action.
const mostAtOnce = 500

// OnSelectedTickets applies an action to all selected tickets, each in its own transaction, and returns the panels of
// the changed tickets; it skips tickets that were deleted meanwhile. If there are too many it returns Invalid and
// changes none.
func (db *DB) OnSelectedTickets(ctx context.Context, v Viewer, s Selection, act DeskAct) (panels []int64, err error) {
	do, known := map[DeskAct]func(Key) error{
		DeskMine:   func(key Key) error { return db.AssignTicket(ctx, v, key, v.StaffID) },
		DeskNobody: func(key Key) error { return db.AssignTicket(ctx, v, key, 0) },
		DeskDone:   func(key Key) error { return db.FinishTicket(ctx, v, key, math.MaxInt32) },
	}[act]
	if !known {
		return nil, Invalid{"do": "Choose an action."}
	}
	if !v.MayWorkTickets() {
		return nil, ErrNotAllowed
	}
	var keys []Key
	err = db.EachSelected(ctx, v, s, func(some []Key) (bool, error) {
		keys = append(keys, some...)
		return len(keys) > mostAtOnce, nil
	})
	if err != nil {
		return nil, err
	}
	if len(keys) > mostAtOnce {
		return nil, Invalid{"ids": fmt.Sprintf("One change can go to at most %d tickets. Select fewer.", mostAtOnce)}
	}
	for _, key := range keys {
		if err := do(key); err != nil && !errors.Is(err, ErrNotFound) {
			return panels, err
		}
		if !slices.Contains(panels, key.PanelID) {
			panels = append(panels, key.PanelID)
		}
	}
	return panels, nil
}
