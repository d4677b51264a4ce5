package models

import (
	"context"

	"github.com/uptrace/bun"
)

// A list is asked for again whenever one of its rows has changed, and of the others whoever asks has all there is to show.
// So a page may be read in two steps: first which rows are on it, each with its hash, which is what finding them costs;
// then those rows in full that are not kept. The numbers, places and cursors of the page come from the first step.

// bare tells whether the rows of a page are first read without what they hold.
func (q ListQuery) bare(l *List) bool { return q.Kept != nil && l.Hashed }

// selectRows begins a query for rows of the list: for all of them that the viewer may read and that is not heavy, or for what
// tells whether they are kept.
func (l *List) selectRows(db *DB, v Viewer, q ListQuery, rows any) *bun.SelectQuery {
	if q.bare(l) {
		return db.idb.NewSelect().Model(rows).Column("t.panel_id", "t.id", "t.hash") // which nobody needs a permission for
	}
	query := db.selectFor(v, rows)
	if l.heavy != "" {
		return query.ExcludeColumn(l.heavy)
	}
	return query.ExcludeColumn() // which names all: a column by expression alone would be the only one
}

// withContents reads of a page in full what is not kept. Of a row that changed in between comes what it is now, and one that
// went in between is no longer there.
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
