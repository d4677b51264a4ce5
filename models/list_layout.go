package models

import (
	"context"
	"encoding/json"
	"slices"
)

// Layout is how a staff member has a list. Columns are the names of columns in their order and Hidden those of them that
// are not shown; no Columns is the usual order with all of them, and what is not named stands at the end. Compact rows
// are lower.
type Layout struct {
	Columns []string `json:"columns,omitempty"`
	Hidden  []string `json:"hidden,omitempty"`
	Compact bool     `json:"compact,omitempty"`
}

// Layouts are a staff member's layouts by the noun of the list.
type Layouts map[string]Layout

// Own tells whether the columns are not the usual ones.
func (l Layout) Own() bool { return len(l.Columns) > 0 }

// Move puts a column by so many places further down, or up if negative; past an end is at it.
func (l Layout) Move(name string, by int) Layout {
	from := slices.Index(l.Columns, name)
	if from < 0 {
		return l
	}
	to := min(max(from+by, 0), len(l.Columns)-1)
	l.Columns = slices.Insert(slices.Delete(slices.Clone(l.Columns), from, from+1), to, name)
	return l
}

// Offered are all columns that the viewer may have of the list, in the order in which they have them.
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

// Shown are the columns that the viewer has of the list, in their order: those of its head, its rows and its export.
func (l *List) Shown(v Viewer) []Column {
	hidden := v.Layouts[l.Noun].Hidden
	return slices.DeleteFunc(l.Offered(v), func(c Column) bool { return !c.Always && slices.Contains(hidden, c.Name) })
}

// SetLayout stores how the viewer has a list. Names of columns that they may not have are left out; columns as they
// usually are stay so, and follow what becomes usual later.
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

// usual tells whether columns are in the order that a viewer without a layout has.
func (l *List) usual(v Viewer, names []string) bool {
	v.Layouts = nil
	return slices.EqualFunc(l.Offered(v), names, func(c Column, name string) bool { return c.Name == name })
}
