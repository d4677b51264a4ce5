package models

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// RecordSearch logs that the viewer searched a list that holds data of the panels' customers.
func (db *DB) RecordSearch(ctx context.Context, v Viewer, l *List, q ListQuery) error {
	e := onPanels(ActSearch, v, v.Scope(q.Panels), Change{Field: "List", New: l.Noun}, Change{Field: "Text", New: q.Text})
	return db.record(ctx, v, e)
}

// RecordOpen logs that the viewer opened the page of a panel's customer.
func (db *DB) RecordOpen(ctx context.Context, v Viewer, u User) error {
	return db.recordOpen(ctx, v, u)
}

// RecordOpenBeside logs that the viewer saw a panel's customer beside one of their tickets.
func (db *DB) RecordOpenBeside(ctx context.Context, v Viewer, u User, ticketID int64) error {
	return db.recordOpen(ctx, v, u, Change{Field: "Beside ticket", New: strconv.FormatInt(ticketID, 10)})
}

func (db *DB) recordOpen(ctx context.Context, v Viewer, u User, where ...Change) error {
	return db.record(ctx, v, Entry{Action: ActOpen, PanelID: u.PanelID, Object: Object(Users), ObjectIDs: []int64{u.ID},
		Changes: append([]Change{{Field: "Username", New: u.Username}}, where...)})
}

// BeginExport logs that the viewer exports a list, and its filters. It returns ErrNotAllowed without PermExport.
func (db *DB) BeginExport(ctx context.Context, v Viewer, l *List, q ListQuery) error {
	if !v.Can(PermExport) {
		return ErrNotAllowed
	}
	return db.record(ctx, v, exportEntry(v, l, q))
}

// EndExport logs that an export completed, and its number of rows.
func (db *DB) EndExport(ctx context.Context, v Viewer, l *List, q ListQuery, rows int) error {
	e := exportEntry(v, l, q)
	e.Changes = append(e.Changes, Change{Field: "Rows", New: strconv.Itoa(rows)})
	return db.record(ctx, v, e)
}

// StopExport logs that an export ended early, after how many rows, and why.
func (db *DB) StopExport(ctx context.Context, v Viewer, l *List, q ListQuery, rows int, why string) error {
	e := exportEntry(v, l, q)
	e.Result, e.Reason = Failed, why
	e.Changes = append(e.Changes, Change{Field: "Rows before it stopped", New: strconv.Itoa(rows)})
	return db.record(ctx, v, e)
}

func exportEntry(v Viewer, l *List, q ListQuery) Entry {
	changes := []Change{{Field: "List", New: l.Noun}}
	params := q.Params(l)
	params.Del("panel") // onPanels adds it
	params.Del("per")
	for _, name := range slices.Sorted(maps.Keys(params)) {
		changes = append(changes, Change{Field: name, New: strings.Join(params[name], ", ")})
	}
	if q.Only != nil {
		changes = append(changes, Change{Field: "Chosen rows", New: strconv.Itoa(len(q.Only))})
	}
	if len(q.Except) > 0 {
		changes = append(changes, Change{Field: "Rows left out", New: strconv.Itoa(len(q.Except))})
	}
	return onPanels(ActExport, v, v.Scope(q.Panels), changes...)
}

// exportPortion is the number of rows that an export reads per query.
const exportPortion = 1000

// Whole returns the query for the first portion of all matching rows. The After cursor reads the next portions.
func (q ListQuery) Whole() ListQuery {
	q.After, q.Before, q.Per = cursor{}, cursor{}, exportPortion
	return q
}

// From returns the query for the page that begins at a cursor which this program returned as Next.
func (q ListQuery) From(l *List, next string) ListQuery {
	column, _ := l.Column(q.Sort)
	q.After, _ = parseCursor(next, q.SortParam(), column)
	return q
}

// RecordDenied logs a request that the viewer's permissions do not allow. panelID is the panel in its address, NoPanel
// if there is none; it decides who can read the entry.
func (db *DB) RecordDenied(ctx context.Context, v Viewer, panelID int64, request string) error {
	return db.record(ctx, v, Entry{Action: ActDenied, PanelID: panelID, Changes: []Change{{Field: "Request", New: request}}, Result: Refused})
}
