package models

import (
	"context"

	"github.com/uptrace/bun"
)

// The browser asks for a list again whenever one of its rows changes, and the cache already has the other rows
// rendered. So a page can be read in two steps: the first reads the keys and hashes of its rows, which costs as much as
// finding them; the second reads the rows that are not cached in full. The counts, positions and cursors of the page
// come from the first step.

// bare reports whether the first step reads only keys and hashes.
func (q ListQuery) bare(l *List) bool { return q.Kept != nil && l.Hashed }

// selectRows starts a query for rows of the list: for all columns that the viewer may read except the heavy one, or
// only for the columns that identify a cached row.
func (l *List) selectRows(db *DB, v Viewer, q ListQuery, rows any) *bun.SelectQuery {
	if q.bare(l) {
		return db.idb.NewSelect().Model(rows).Column("t.panel_id", "t.id", "t.hash") // columns that need no permission
	}
	query := db.selectFor(v, rows)
	if l.heavy != "" {
		return query.ExcludeColumn(l.heavy)
	}
	return query.ExcludeColumn() // this selects all columns: without it a column expression would be the only one
}

// withContents reads the rows of a page that are not cached in full. A row that changed in between comes in its new
// state, and a row that was deleted in between is dropped.
func withContents[T any, P interface {
	*T
	listed
}](ctx context.Context, db *DB, v Viewer, l *List, q ListQuery, page Page[T]) (Page[T], error) {
	if !q.bare(l) {
		return page, nil
	}
	kept := make([]bool, len(page.Rows))
	var missing []Key
	for i := range page.Rows {
		row := P(&page.Rows[i])
		_, m := any(row).(mirrored).parts()
		if kept[i] = q.Kept(row.key(), m.Hash); !kept[i] {
			missing = append(missing, row.key())
		}
	}
	if len(missing) == 0 {
		return page, nil
	}
	q.Kept = nil
	found := make(map[Key]T, len(missing))
	if err := addRows[T, P](ctx, db, v, l, q, missing, found); err != nil {
		return page, err
	}
	rows := make([]T, 0, len(page.Rows))
	for i := range page.Rows {
		if kept[i] {
			rows = append(rows, page.Rows[i])
		} else if row, there := found[P(&page.Rows[i]).key()]; there {
			rows = append(rows, row)
		}
	}
	page.Rows = rows
	return page, nil
}
