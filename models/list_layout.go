package models

import (
	"context"
	"encoding/json"
	"slices"
)

// Layout is a staff member's settings for a list. Columns are column names in display order, and Hidden are the ones
// not shown. Empty Columns means the default order with all columns; columns that are not named come last. Compact rows
// have less height.
type Layout struct {
	Columns []string `json:"columns,omitempty"`
	Hidden  []string `json:"hidden,omitempty"`
	Compact bool     `json:"compact,omitempty"`
}

// Layouts maps the noun of a list to a staff member's layout.
type Layouts map[string]Layout

// Own reports whether the columns differ from the default.
func (l Layout) Own() bool { return len(l.Columns) > 0 }

// Move moves a column down by the given number of positions, or up if negative. It stops at the ends.
func (l Layout) Move(name string, by int) Layout {
	from := slices.Index(l.Columns, name)
	if from < 0 {
		return l
	}
	to := min(max(from+by, 0), len(l.Columns)-1)
	l.Columns = slices.Insert(slices.Delete(slices.Clone(l.Columns), from, from+1), to, name)
	return l
}

// Offered returns all columns of the list that the viewer may have, in their order.
func (l *List) Offered(v Viewer) []Column {
	theirs := l.For(v)
	var offered []Column
	offer := func(c Column) {
		if !c.Never && !slices.ContainsFunc(offered, func(other Column) bool { return other.Name == c.Name }) {
			offered = append(offered, c)
		}
	}
	for _, name := range v.Layouts[l.Noun].Columns {
		if c, ok := theirs.Column(name); ok {
			offer(c)
		}
	}
	for _, c := range theirs.Columns {
		offer(c)
	}
	return offered
}

// Shown returns the columns of the list that the viewer sees, in their order. They apply to the head, the rows and the
// export.
func (l *List) Shown(v Viewer) []Column {
	hidden := v.Layouts[l.Noun].Hidden
	return slices.DeleteFunc(l.Offered(v), func(c Column) bool { return !c.Always && slices.Contains(hidden, c.Name) })
}

// SetLayout stores the viewer's layout of a list. It drops columns that they may not have. A layout equal to the
// default is stored as default, so that it follows later changes of the default.
func (db *DB) SetLayout(ctx context.Context, v Viewer, l *List, layout Layout) error {
	was := v.Layouts[l.Noun]
	v.Layouts = Layouts{l.Noun: layout}
	kept := Layout{Compact: layout.Compact}
	for _, c := range l.Offered(v) {
		kept.Columns = append(kept.Columns, c.Name)
		if !c.Always && slices.Contains(layout.Hidden, c.Name) {
			kept.Hidden = append(kept.Hidden, c.Name)
		}
	}
	if !layout.Own() || !was.Own() && len(kept.Hidden) == 0 && l.usual(v, kept.Columns) {
		kept.Columns, kept.Hidden = nil, nil
	}
	value, err := json.Marshal(Layouts{l.Noun: kept})
	if err != nil {
		return err
	}
	_, err = db.idb.NewUpdate().Model((*Staff)(nil)).Set("list_layouts = list_layouts || ?::jsonb", string(value)).Where("id = ?", v.StaffID).Exec(ctx)
	return err
}

// usual reports whether columns are in the order of a viewer without a layout.
func (l *List) usual(v Viewer, names []string) bool {
	v.Layouts = nil
	return slices.EqualFunc(l.Offered(v), names, func(c Column, name string) bool { return c.Name == name })
}
