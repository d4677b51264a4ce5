package models

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

// Copy is a column of a list whose values people can copy for the selected rows, one line each. Label names the values.
// Column is "" for the ids; rows with an empty value give no line.
type Copy struct{ Name, Label, Column string }

// Copy returns the copyable column with this name.
func (l *List) Copy(name string) (Copy, bool) {
	i := slices.IndexFunc(l.Copies, func(c Copy) bool { return c.Name == name })
	if i < 0 {
		return Copy{}, false
	}
	return l.Copies[i], true
}

// The maximum numbers of copied lines. Without PermExport it is the number of IDs that fit a search.
const (
	MaxCopied         = 10_000
	maxCopiedNoExport = maxSearchIDs
)

// Copied are the lines of a selection. Rows and Panels count the rows and panels behind them. More says that the
// selection has more rows than the limit. NoExport says that PermExport would let the viewer copy more.
type Copied struct {
	Lines          []string
	Rows, Panels   int
	More, NoExport bool
}

// CopySelected returns the lines of the selected rows that the viewer may see, in the list's order, and logs the copy.
func (db *DB) CopySelected(ctx context.Context, v Viewer, s Selection, what Copy) (Copied, error) {
	out, limit := Copied{Lines: []string{}}, MaxCopied
	if !v.Can(PermExport) {
		limit = maxCopiedNoExport
	}
	panels := map[int64]bool{}
	err := db.EachSelected(ctx, v, s, func(keys []Key) (bool, error) {
		if room := limit - out.Rows; len(keys) > room {
			keys, out.More = keys[:room], true
		}
		lines, err := db.linesOf(ctx, s.List, what, keys)
		for _, key := range keys {
			panels[key.PanelID] = true
		}
		out.Lines, out.Rows = append(out.Lines, lines...), out.Rows+len(keys)
		return out.More, err
	})
	if err != nil {
		return Copied{}, fmt.Errorf("copying %s of %s: %w", what.Name, s.List.Noun, err)
	}
	out.Panels, out.NoExport = len(panels), out.More && !v.Can(PermExport)
	e := exportEntry(v, s.List, s.ListQuery())
	e.Action = ActCopy
	e.Changes = append(e.Changes, Change{Field: "Copied", New: strconv.Itoa(len(out.Lines)) + " " + what.Label})
	return out, db.record(ctx, v, e)
}

// linesOf returns the values to copy of rows that the viewer may see, in their order.
func (db *DB) linesOf(ctx context.Context, l *List, what Copy, keys []Key) ([]string, error) {
	var lines []string
	if what.Column == "" {
		for _, key := range keys {
			lines = append(lines, strconv.FormatInt(key.ID, 10))
		}
		return lines, nil
	}
	panels, ids := keyArrays(keys)
	err := db.idb.NewSelect().TableExpr("unnest(?::bigint[], ?::bigint[]) WITH ORDINALITY AS chosen (panel_id, id, place)", panels, ids).
		Join("JOIN "+l.Table+" AS t ON (t.panel_id, t.id) = (chosen.panel_id, chosen.id)").
		ColumnExpr("t."+what.Column).Where("t."+what.Column+" <> ''").OrderExpr("chosen.place").Scan(ctx, &lines)
	return lines, err
}
