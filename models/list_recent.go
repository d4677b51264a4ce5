package models

import (
	"strconv"

	"github.com/uptrace/bun"
)

// recentDays is how many days, up to the newest row, are looked through first by a search that may find very many.
const recentDays = 30

// newestOf reads the first page of a search that may find very many rows, the newest first: among recent rows, and among
// all when those do not fill the page. The index of the search does not know the order, so that the few rows of a page
// would cost as much as all that are found; with the days it passes over what is older without reading a row. Any other
// page is read at once.
func newestOf[T any](l *List, v Viewer, q ListQuery, column Column, read func(recent bool) ([]T, error)) ([]T, error) {
	from, _ := q.from()
	if q.Descending && column.Sort == "t."+l.Created && from.zero() && q.Text != "" && l.search(v, q.Text).many {
		if rows, err := read(true); err != nil || len(rows) > q.Per {
			return rows, err
		}
	}
	return read(false)
}

// whereRecent limits a list to its recent rows. The newest of all panels decides, also of those that the viewer may not
// see: nothing of it is told, and where theirs are older the page is read among all rows.
func (l *List) whereRecent(query *bun.SelectQuery) {
	query.Where("t." + l.Created + " >= (SELECT max(" + l.Created + ") FROM " + l.Table + ") - interval '" + strconv.Itoa(recentDays) + " days'")
}
