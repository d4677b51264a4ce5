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

// listed is a row that a list shows.
type listed interface{ OnPanel() int64 }

// listedRow is where such a row is, which is shorter to pass on than the row.
type listedRow[T any] interface {
	*T
	listed
}

// rowTemplate begins a row, and cellTemplate writes one cell of it.
func rowTemplate(noun string) string          { return noun + "/row" }
func cellTemplate(noun, column string) string { return noun + "/cell/" + column }

// writeRows writes rows in the viewer's columns. Templates are slow and rows seldom change, so what they wrote is kept
// (kept.go) under a name of everything that they could see; what comes from there is the same, byte for byte.
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

// writeRow writes a row: how it begins, and its cells.
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

// write is what a template writes, with its hidden characters shown.
func (a *app) write(name string, value any) ([]byte, error) {
	var text bytes.Buffer
	if err := a.engine.Templates.ExecuteTemplate(&text, name, value); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return bytes.Clone(pageWithUnseen(text.Bytes())), nil
}

// look is what the look of a list's rows is made from beside the rows: which list it is, and what those who show a row
// take from the viewer and the clock. Whatever else they take belongs in here, or one person would see what was made for
// another.
type look struct{ fixed, text []byte }

// lookOf takes in what the viewer may see, which decides what is blank; their time zone; and the year, which is left
// out of this year's dates. Minutes ago are counted in the browser.
func (a *app) lookOf(l listing) look {
	fixed := texts(nil, l.def.Noun, l.viewer.Zone.String(), strconv.Itoa(a.Now().In(l.viewer.Zone).Year()))
	for _, p := range l.viewer.Rights().Permissions() {
		fixed = texts(fixed, string(p))
	}
	return look{fixed: slices.Clip(append(fixed, 0))}
}

// name is the name of a row: of the look, of how its panel is shown, and of all that was read of it.
func (k *look) name(v models.Viewer, panelID int64, row reflect.Value) rowName {
	return sha256.Sum256(spell(k.on(v, panelID), row))
}

// on spells the look of rows of a panel. What it spelled before is gone then.
func (k *look) on(v models.Viewer, panelID int64) []byte {
	panel, _ := v.Panel(panelID)
	k.text = append(k.text[:0], k.fixed...)
	k.text = texts(k.text, panel.Name, panel.ShortCode, panel.Colour)
	return binary.AppendVarint(k.text, panel.ID)
}

// texts appends texts so that no two lists of texts are spelled alike.
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

// spell appends all that a value holds, so that no two values of a type are spelled alike. By what a row was sorted is
// no part of it.
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
	panic("handlers: a row holds a " + v.Kind().String() + ", which has no spelling")
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
