package models

import "github.com/uptrace/bun"

// stretch is a section of a sorted list: the rows with a sort value, or the rows whose value is unknown. from is the
// row after which reading begins, zero for the start of the section.
type stretch struct {
	unknown bool
	from    cursor
}

// stretches returns the sections from which a page may read, in reading order. Each section has its own query, because
// no index holds both in display order.
func (q ListQuery) stretches(column Column) []stretch {
	from, backwards := q.from()
	valued, unknown := stretch{from: from}, stretch{unknown: true}
	if !column.Unknown {
		return []stretch{valued}
	}
	within := !from.zero() && from.Key == "" // the cursor points to a row with an unknown value
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

// read limits a query to the rows of the section, in the order of the list.
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
