package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"masterpanel/models"
)

// listed is a row of a list.
type listed interface{ OnPanel() int64 }

// listedRow is a pointer to such a row; passing a pointer avoids copying the row.
type listedRow[T any] interface {
	*T
	listed
}

// rowTemplate names the template for the start of a row, cellTemplate the template for one cell.
func rowTemplate(noun string) string          { return noun + "/row" }
func cellTemplate(noun, column string) string { return noun + "/cell/" + column }

// writeRows renders rows with the viewer's columns. Templates are slow and rows change seldom, so the output is cached
// (kept.go) under a key of everything that the templates can see. A cached row equals a fresh one byte for byte.
func writeRows[T any, P listedRow[T], Row any](a *app, l listing, rows []T, held *heldRows, show func(*app, models.Viewer, T) Row) (piece, error) {
	columns := l.def.Columns
	page := piece{texts: make([]written, len(rows)), shown: make([]int, len(l.shown)), end: "</tr>\n"}
	for i, c := range l.shown {
		page.shown[i] = slices.IndexFunc(columns, func(other models.Column) bool { return other.Name == c.Name })
	}
	for i := range rows {
		name, row, there := held.find(P(&rows[i]))
		if !there {
			var err error
			if row, err = a.writeRow(l.def.Noun, columns, show(a, l.viewer, rows[i])); err != nil {
				return page, err
			}
			a.rows.put(name, row)
		}
		page.texts[i] = row
	}
	return page, nil
}

// writeRow renders a row: its start and all cells.
func (a *app) writeRow(noun string, columns []models.Column, row any) (w written, err error) {
	open, err := a.write(rowTemplate(noun), row)
	if err != nil {
		return w, err
	}
	w = written{open: open, cells: make([][]byte, len(columns)), signed: a.views.marked(open)}
	for i, c := range columns {
		if c.Never {
			continue
		}
		if w.cells[i], err = a.write(cellTemplate(noun, c.Name), row); err != nil {
			return w, err
		}
		w.signed = w.signed || a.views.marked(w.cells[i])
	}
	return w, nil
}

// write renders a template and makes hidden characters visible.
func (a *app) write(name string, value any) ([]byte, error) {
	var text bytes.Buffer
	if err := a.engine.Templates.ExecuteTemplate(&text, name, value); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return bytes.Clone(pageWithUnseen(text.Bytes())), nil
}

// look is the part of a row's cache key that does not come from the row: the list, and everything that the show
// functions take from the viewer and the clock. Every such input must be added here; otherwise one person could see a
// row that was rendered for another.
type look struct{ fixed, text []byte }

// lookOf covers the viewer's permissions, which decide which fields are blank; their time zone; and the year, because
// dates of the current year omit it. The browser computes "minutes ago", so the minute does not matter.
func (a *app) lookOf(l listing) look {
	fixed := texts(nil, l.def.Noun, l.viewer.Zone.String(), strconv.Itoa(a.Now().In(l.viewer.Zone).Year()))
	for _, p := range l.viewer.Rights().Permissions() {
		fixed = texts(fixed, string(p))
	}
	return look{fixed: slices.Clip(append(fixed, 0))}
}

// name returns a row's cache key: a hash of the look, of its panel's display and of all the row's fields.
func (k *look) name(v models.Viewer, panelID int64, row reflect.Value) rowName {
	return sha256.Sum256(spell(k.on(v, panelID), row))
}

// on serialises the look for rows of one panel. It reuses its buffer, so the next call overwrites the result.
func (k *look) on(v models.Viewer, panelID int64) []byte {
	panel, _ := v.Panel(panelID)
	k.text = append(k.text[:0], k.fixed...)
	k.text = texts(k.text, panel.Name, panel.ShortCode, panel.Colour)
	return binary.AppendVarint(k.text, panel.ID)
}

// texts appends strings with their lengths, so that two different lists of strings never give the same bytes.
func texts(into []byte, all ...string) []byte {
	for _, text := range all {
		into = binary.AppendUvarint(into, uint64(len(text))+1)
		into = append(into, text...)
	}
	return into
}

var (
	momentType = reflect.TypeFor[time.Time]()
	sortedType = reflect.TypeFor[models.Sorted]()
)

// spell serialises a value, so that two different values of a type never give the same bytes. It skips the sort value
// of a row, which is not displayed.
func spell(into []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		return texts(into, v.String())
	case reflect.Bool:
		return strconv.AppendBool(into, v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(into, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint64:
		return binary.AppendUvarint(into, v.Uint())
	case reflect.Pointer:
		if v.IsNil() {
			return append(into, 0)
		}
		return spell(append(into, 1), v.Elem())
	case reflect.Slice:
		into = binary.AppendUvarint(into, uint64(v.Len())) // #nosec G115 -- a length
		for i := range v.Len() {
			into = spell(into, v.Index(i))
		}
		return into
	case reflect.Struct:
		return spellStruct(into, v)
	}
	panic("handlers: a row holds a " + v.Kind().String() + ", which hashInto does not support")
}

func spellStruct(into []byte, v reflect.Value) []byte {
	switch v.Type() {
	case sortedType:
		return into
	case momentType:
		at := v.Addr().Interface().(*time.Time)
		return binary.AppendVarint(binary.AppendVarint(into, at.Unix()), int64(at.Nanosecond()))
	}
	for i := range v.NumField() {
		into = spell(into, v.Field(i))
	}
	return into
}
