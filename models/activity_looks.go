package models

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// RecordSearch notes that the viewer searched a list for what it tells of the panels' customers.
func (db *DB) RecordSearch(ctx context.Context, v Viewer, l *List, q ListQuery) error {
	e := onPanels(ActSearch, v, v.Scope(q.Panels), Change{Field: "List", New: l.Noun}, Change{Field: "Text", New: q.Text})
	return db.record(ctx, v, e)
}

// RecordOpen notes that the viewer opened the page of a panel's customer.
func (db *DB) RecordOpen(ctx context.Context, v Viewer, u User) error {
	return db.recordOpen(ctx, v, u)
}

// RecordOpenBeside notes that the viewer saw a panel's customer beside a ticket of theirs.
func (db *DB) RecordOpenBeside(ctx context.Context, v Viewer, u User, ticketID int64) error {
	return db.recordOpen(ctx, v, u, Change{Field: "Beside ticket", New: strconv.FormatInt(ticketID, 10)})
}

func (db *DB) recordOpen(ctx context.Context, v Viewer, u User, where ...Change) error {
	return db.record(ctx, v, Entry{Action: ActOpen, PanelID: u.PanelID, Object: Object(Users), ObjectIDs: []int64{u.ID},
		Changes: append([]Change{{Field: "Username", New: u.Username}}, where...)})
}

// BeginExport notes that the viewer takes a list away, and as what filters narrow it. ErrNotAllowed when they may not.
func (db *DB) BeginExport(ctx context.Context, v Viewer, l *List, q ListQuery) error {
	if !v.Can(PermExport) {
		return ErrNotAllowed
	}
	return db.record(ctx, v, exportEntry(v, l, q))
}

// EndExport notes that an export went through, and how many rows it had.
func (db *DB) EndExport(ctx context.Context, v Viewer, l *List, q ListQuery, rows int) error {
	e := exportEntry(v, l, q)
	e.Changes = append(e.Changes, Change{Field: "Rows", New: strconv.Itoa(rows)})
	return db.record(ctx, v, e)
}

// StopExport notes that an export ended early, after how many rows, and why.
func (db *DB) StopExport(ctx context.Context, v Viewer, l *List, q ListQuery, rows int, why string) error {
	e := exportEntry(v, l, q)
	e.Result, e.Reason = Failed, why
	e.Changes = append(e.Changes, Change{Field: "Rows before it stopped", New: strconv.Itoa(rows)})
	return db.record(ctx, v, e)
}

func exportEntry(v Viewer, l *List, q ListQuery) Entry {
	changes := []Change{{Field: "List", New: l.Noun}}
	params := q.Params(l)
	params.Del("panel") // told by onPanels
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

// exportPortion is how many rows of an export are read at once.
const exportPortion = 1000

// Whole is the query for every row that matches, from the first, in portions. It is read on by After.
func (q ListQuery) Whole() ListQuery {
	q.After, q.Before, q.Per = cursor{}, cursor{}, exportPortion
	return q
}

// From is the query for the page that begins at a cursor which this program gave as Next.
func (q ListQuery) From(l *List, next string) ListQuery {
	column, _ := l.Column(q.Sort)
	q.After, _ = parseCursor(next, q.SortParam(), column)
	return q
}

// RecordDenied notes that the viewer asked for something that their rights do not permit.
func (db *DB) RecordDenied(ctx context.Context, v Viewer, request string) error {
	return db.record(ctx, v, Entry{Action: ActDenied, Changes: []Change{{Field: "Request", New: request}}, Result: Refused})
}
