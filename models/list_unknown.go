package models

import "github.com/uptrace/bun"

// stretch is a part of a sorted list: the rows that have a value to sort by, or those whose value is unknown. from is the
// row behind which reading begins, zero for the stretch's end that is met first.
type stretch struct {
	unknown bool
	from    cursor
}

// stretches are the parts of a list that a page may have rows of, in the order in which they are read. Each is read by
// itself, because no index holds the rows of both in the order in which they are shown.
func (q ListQuery) stretches(column Column) []stretch {
	from, backwards := q.from()
	valued, unknown := stretch{from: from}, stretch{unknown: true}
	if !column.Unknown {
		return []stretch{valued}
	}
	within := !from.zero() && from.Key == "" // it stands on a row whose value is unknown
	switch {
	case within && backwards:
		return []stretch{{unknown: true, from: from}, {}}
	case within:
		return []stretch{{unknown: true, from: from}}
	case backwards:
		return []stretch{valued}
	}
	return []stretch{valued, unknown}
}

// read limits a query to the rows of the stretch, in the order of the list.
func (s stretch) read(query *bun.SelectQuery, q ListQuery, column Column) {
	_, backwards := q.from()
	comparison, direction := ">", " ASC"
	if q.Descending != backwards {
		comparison, direction = "<", " DESC"
	}
	if s.unknown {
		query.Where("? IS NULL", bun.Safe(column.Sort))
		if !s.from.zero() {
			query.Where("(t.panel_id, t.id) "+comparison+" (?, ?)", s.from.PanelID, s.from.ID)
		}
		query.OrderExpr("t.panel_id" + direction + ", t.id" + direction)
		return
	}
	if column.Unknown {
		query.Where("? IS NOT NULL", bun.Safe(column.Sort))
	}
	if !s.from.zero() {
		query.Where("(?, t.panel_id, t.id) "+comparison+" (?::"+column.Kind+", ?, ?)", bun.Safe(column.Sort), s.from.Key, s.from.PanelID, s.from.ID)
	}
	query.OrderExpr("?"+direction+", t.panel_id"+direction+", t.id"+direction, bun.Safe(column.Sort))
}
