package handlers

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"

	"masterpanel/models"
)

// fileColumn is a list's column in a file: one column of it under the list's own label, or several under heads. Amounts
// and numbers stand there plainly, so that a spreadsheet can reckon with them, and their currency beside them.
type fileColumn[T any] struct {
	heads []string
	cells func(v models.Viewer, row T) []string
}

// exportList answers with a list as a file. It has the columns that the viewer sees, in their order.
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

// oneCell is a column that is one column of the file as well.
func oneCell[T any](text func(v models.Viewer, row T) string) fileColumn[T] {
	return fileColumn[T]{cells: func(v models.Viewer, row T) []string { return []string{text(v, row)} }}
}

// plainCell is a column whose text is the same for everybody.
func plainCell[T any](text func(row T) string) fileColumn[T] {
	return oneCell(func(_ models.Viewer, row T) string { return text(row) })
}

// panelCell is the column that names the panel by its short code.
func panelCell[T any](key func(row T) models.Key) fileColumn[T] {
	return oneCell(func(v models.Viewer, row T) string {
		panel, _ := v.Panel(key(row).PanelID)
		return panel.ShortCode
	})
}

// timeCell is a column of moments, which are written in the viewer's zone.
func timeCell[T any](at func(row T) *time.Time) fileColumn[T] {
	return oneCell(func(v models.Viewer, row T) string {
		t := at(row)
		if t == nil || t.IsZero() {
			return ""
		}
		return t.In(v.Zone).Format(time.RFC3339)
	})
}

// createdCell is timeCell for a moment that may be unknown.
func createdCell[T any](at func(row T) (created time.Time, unknown bool)) fileColumn[T] {
	return oneCell(func(v models.Viewer, row T) string {
		t, unknown := at(row)
		if unknown {
			return none
		}
		return t.In(v.Zone).Format(time.RFC3339)
	})
}

// amountCells is a column of amounts with their currency in a column of its own.
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

// plainOrNone is a number that every row should have.
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
