package models

import (
	"context"
	"fmt"
	"slices"
)

// maxShown is the maximum number of rows that an open page can report.
const maxShown = 400

// ParseShown parses the keys of the rows that a page shows, in its order, in the format of FormatKeys.
func ParseShown(text string) []Key {
	var shown []Key
	for _, key := range ParseKeys(text[:min(len(text), 32*maxShown)]) {
		if len(shown) < maxShown && !slices.Contains(shown, key) {
			shown = append(shown, key)
		}
	}
	return shown
}

// Keys returns the keys of the page's rows, in their order.
func (p Page[T]) Keys() []Key {
	keys := make([]Key, len(p.Rows))
	for i := range p.Rows {
		keys[i] = any(&p.Rows[i]).(listed).key()
	}
	return keys
}

// asShown adapts a page to a reader's open page. Rows that the reader sees stay at their positions in their current
// state, even if new rows pushed them off the page or they no longer match. New rows between them are only counted as
// Waiting; new rows after them are added while there is room.
func asShown[T any, P interface {
	*T
	listed
}](ctx context.Context, db *DB, v Viewer, l *List, q ListQuery, page Page[T]) (Page[T], error) {
	if len(q.Shown) == 0 {
		return page, nil
	}
	now := make(map[Key]T, len(page.Rows))
	seen, last := 0, -1 // the number of the page's rows that the reader sees, and the index of the last one
	for i, key := range page.Keys() {
		now[key] = page.Rows[i]
		if slices.Contains(q.Shown, key) {
			seen, last = seen+1, i
		}
	}
	gone := slices.DeleteFunc(slices.Clone(q.Shown), func(k Key) bool { _, there := now[k]; return there })
	if err := addRows[T, P](ctx, db, v, l, q, gone, now); err != nil {
		return page, err
	}
	var rows []T
	for _, key := range q.Shown {
		if row, there := now[key]; there {
			rows = append(rows, row)
		}
	}
	switch room := max(q.Per-len(rows), 0); {
	case len(rows) == 0: // none of the rows that they saw exists any more
	case seen == 0:
		page.Waiting, page.Rows = len(page.Rows), rows
	default:
		after := page.Rows[last+1:]
		page.Waiting, page.Rows = last+1-seen, append(rows, after[:min(room, len(after))]...)
	}
	return page, nil
}

// addRows adds the rows with these keys to found, even if they do not match the list's filters, but only rows on the
// viewer's panels.
func addRows[T any, P interface {
	*T
	listed
}](ctx context.Context, db *DB, v Viewer, l *List, q ListQuery, keys []Key, found map[Key]T) error {
	if len(keys) == 0 {
		return nil
	}
	var rows []T
	query := l.selectRows(db, v, q, &rows)
	if l.scope != nil {
		l.scope(query, v, q.Panels)
	} else {
		ofPanels(query, v, q.Panels)
	}
	only(query, keys)
	if err := query.Scan(ctx); err != nil {
		return fmt.Errorf("reading shown %s: %w", l.Noun, err)
	}
	for _, row := range rows {
		found[P(&row).key()] = row
	}
	return nil
}
