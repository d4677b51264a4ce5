package handlers

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"

	"masterpanel/models"
)

// fileColumn describes how a list's column appears in a file: as one column with the list's label, or as several
// columns with heads. Amounts and numbers are written without formatting, so that a spreadsheet can calculate with
// them. The currency has its own column.
type fileColumn[T any] struct {
	heads []string
	cells func(v models.Viewer, row T) []string
}

// exportList returns a handler that sends a list as a file, with the viewer's visible columns in their order.
func exportList[T any](a *app, def *models.List, read readList[T], columns map[string]fileColumn[T]) fiber.Handler {
	return func(c *fiber.Ctx) error {
		l := a.openList(c, def)
		var heads []string
		var shown []fileColumn[T]
		for _, column := range def.Shown(l.viewer) {
			if file, ok := columns[column.Name]; ok {
				if file.heads == nil {
					file.heads = []string{column.Label}
				}
				heads, shown = append(heads, file.heads...), append(shown, file)
			}
		}
		return sendCSV(a, c, l, heads, read, func(_ *app, v models.Viewer, row T) []string {
			cells := make([]string, 0, len(heads))
			for _, column := range shown {
				cells = append(cells, column.cells(v, row)...)
			}
			return cells
		})
	}
}

// oneCell returns a file column with one cell per row.
func oneCell[T any](text func(v models.Viewer, row T) string) fileColumn[T] {
	return fileColumn[T]{cells: func(v models.Viewer, row T) []string { return []string{text(v, row)} }}
}

// plainCell returns a file column whose text does not depend on the viewer.
func plainCell[T any](text func(row T) string) fileColumn[T] {
	return oneCell(func(_ models.Viewer, row T) string { return text(row) })
}

// panelCell returns the file column with the panel's short code.
func panelCell[T any](key func(row T) models.Key) fileColumn[T] {
	return oneCell(func(v models.Viewer, row T) string {
		panel, _ := v.Panel(key(row).PanelID)
		return panel.ShortCode
	})
}

// timeCell returns a file column of times in the viewer's time zone.
func timeCell[T any](at func(row T) *time.Time) fileColumn[T] {
	return oneCell(func(v models.Viewer, row T) string {
		t := at(row)
		if t == nil || t.IsZero() {
			return ""
		}
		return t.In(v.Zone).Format(time.RFC3339)
	})
}

// createdCell is timeCell for a time that may be unknown.
func createdCell[T any](at func(row T) (created time.Time, unknown bool)) fileColumn[T] {
	return oneCell(func(v models.Viewer, row T) string {
		t, unknown := at(row)
		if unknown {
			return none
		}
		return t.In(v.Zone).Format(time.RFC3339)
	})
}

// amountCells returns two file columns: the amount and its currency.
func amountCells[T any](head string, amount func(row T) (decimal.NullDecimal, string)) fileColumn[T] {
	return fileColumn[T]{heads: []string{head, "Currency"}, cells: func(_ models.Viewer, row T) []string {
		n, currency := amount(row)
		return []string{plainAmount(n), currency}
	}}
}

func plainAmount(n decimal.NullDecimal) string {
	if !n.Valid {
		return none
	}
	return n.Decimal.String()
}

// plainOrNone formats a number that every row should have; a missing one becomes a dash.
func plainOrNone(n *int64) string {
	if n == nil {
		return none
	}
	return strconv.FormatInt(*n, 10)
}

func plainNumber(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}
