package models

import (
	"strconv"

	"github.com/uptrace/bun"
)

// recentDays is the period, in days up to the newest row, in which a search with many possible results looks first.
const recentDays = 30

// newestOf reads the first page of a search that may find very many rows, the newest first. It reads recent rows, and
// then all rows if the recent ones do not fill the page. The search's index does not know the order, so the few rows of
// a page would cost as much as all matches; with the limit in days it skips older rows without reading them. Every
// other page is read in one step.
func newestOf[T any](l *List, v Viewer, q ListQuery, column Column, read func(recent bool) ([]T, error)) ([]T, error) {
	from, _ := q.from()
	if q.Descending && column.Sort == "t."+l.Created && from.zero() && q.Text != "" && l.search(v, q.Text).many {
		if rows, err := read(true); err != nil || len(rows) > q.Per {
			return rows, err
		}
	}
	return read(false)
}

// whereRecent limits a list to its recent rows. The newest row of all panels is the reference, even if the viewer may
// not see its panel. This reveals nothing: if the viewer's rows are older, the page is read among all rows.
func (l *List) whereRecent(query *bun.SelectQuery) {
	query.Where("t." + l.Created + " >= (SELECT max(" + l.Created + ") FROM " + l.Table + ") - interval '" + strconv.Itoa(recentDays) + " days'")
}
