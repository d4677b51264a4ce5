package models

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// TakeNext gives the viewer the ticket that waits longest on their panels and that nobody has. Of any number of people
// who take at once each gets another one. ErrNotFound when there is none.
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

// TicketNeighbours are the tickets before and after one in the queue of those that wait on the viewer's panels, the zero
// key where there is none. Of one that does not wait the first is after it.
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

// TicketDuplicates are the numbers of the tickets that were linked to one as its duplicates, for the viewer.
func (db *DB) TicketDuplicates(ctx context.Context, v Viewer, key Key) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw("SELECT ticket_id FROM ticket_desk WHERE panel_id = ANY(?::bigint[]) AND linked_to = ? ORDER BY ticket_id",
		bigints(v.allowed([]int64{key.PanelID})), key.ID).Scan(ctx, &ids)
	return ids, err
}

// Assignee is a staff member who may work on a ticket.
type Assignee struct {
	ID       int64  `bun:"id"`
	Username string `bun:"username"`
}

// TicketAssignees are those who may work on tickets of a panel of the viewer's, by name.
func (db *DB) TicketAssignees(ctx context.Context, v Viewer, panelID int64) ([]Assignee, error) {
	var all []Assignee
	err := db.idb.NewRaw("SELECT s.id, s.username FROM staff AS s WHERE ?0 = ANY(?1::bigint[]) AND "+worksOn("s", "?0")+" ORDER BY s.username",
		panelID, bigints(v.PanelIDs())).Scan(ctx, &all)
	return all, err
}

// assignable is the name of a staff member who may work on tickets of a panel; 0 is nobody. Its error is Invalid when they
// may not.
func (db *DB) assignable(ctx context.Context, panelID, staffID int64) (username string, err error) {
	if staffID == 0 {
		return "", nil
	}
	err = db.idb.NewRaw("SELECT s.username FROM staff AS s WHERE s.id = ?1 AND "+worksOn("s", "?0"), panelID, staffID).Scan(ctx, &username)
	if errors.Is(notFound(err), ErrNotFound) {
		err = Invalid{"assignee": "This person does not work on tickets of this panel."}
	}
	return username, err
}

// WaitingTickets is how many tickets wait for us on the viewer's panels.
func (db *DB) WaitingTickets(ctx context.Context, v Viewer) (int64, error) {
	s, err := db.facet(ctx, v, TicketList, ListQuery{}, TicketList.partFilter(), "")
	if err != nil {
		return 0, err
	}
	waiting, _ := TicketList.Part(QueueWaiting)
	return waiting.among(v, s).N, nil
}

// DeskAct is something that is done to many tickets at once.
type DeskAct string

// The acts.
const (
	DeskMine   DeskAct = "mine"
	DeskNobody DeskAct = "nobody"
	DeskDone   DeskAct = "done"
)

// mostAtOnce is how many tickets something is done to at once.
const mostAtOnce = 500

// OnSelectedTickets does one thing to all chosen tickets, each by itself, and returns the panels of those that it was done
// to; a ticket that went meanwhile is left out. Its error is Invalid when they are too many, and then none was touched.
func (db *DB) OnSelectedTickets(ctx context.Context, v Viewer, s Selection, act DeskAct) (panels []int64, err error) {
	do, known := map[DeskAct]func(Key) error{
		DeskMine:   func(key Key) error { return db.AssignTicket(ctx, v, key, v.StaffID) },
		DeskNobody: func(key Key) error { return db.AssignTicket(ctx, v, key, 0) },
		DeskDone:   func(key Key) error { return db.FinishTicket(ctx, v, key, math.MaxInt32) },
	}[act]
	if !known {
		return nil, Invalid{"do": "Choose what to do."}
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
		return nil, Invalid{"ids": fmt.Sprintf("Up to %d tickets at once. Select fewer.", mostAtOnce)}
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
