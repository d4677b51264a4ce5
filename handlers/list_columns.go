package handlers

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// maxColumns is more than any list has. setColumns ignores further values in the form.
const maxColumns = 100

// layoutMenu is the menu for a list's columns, their order and the row density.
type layoutMenu struct {
	URL, Next    string
	Columns      []layoutColumn
	Own, Compact bool
}

// layoutColumn is one column in the menu. Up and Down say whether it can move in that direction.
type layoutColumn struct {
	Name, Label             string
	Shown, Always, Up, Down bool
}

func (l listing) layoutMenu() layoutMenu {
	layout := l.viewer.Layouts[l.def.Noun]
	m := layoutMenu{URL: "/" + l.def.Noun + "/columns", Next: l.url(), Own: layout.Own(), Compact: layout.Compact}
	offered := l.def.Offered(l.viewer)
	for i, c := range offered {
		m.Columns = append(m.Columns, layoutColumn{Name: c.Name, Label: c.Label, Always: c.Always, Up: i > 0, Down: i < len(offered)-1,
			Shown: slices.ContainsFunc(l.shown, func(other models.Column) bool { return other.Name == c.Name })})
	}
	return m
}

// tableClass returns the table's CSS classes. With the default columns, the style sheet may hide the least important
// ones on narrow screens. Columns that a person chose stay visible.
func (l listing) tableClass() string {
	class, layout := "table", l.viewer.Layouts[l.def.Noun]
	if !layout.Own() {
		class += " table-usual"
	}
	if layout.Compact {
		class += " table-compact"
	}
	return class
}

// setColumns saves the chosen layout and redirects to the list.
func (a *app) setColumns(def *models.List) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var form struct {
			Order   []string `form:"order"`
			Columns []string `form:"column"`
			Density string   `form:"density"`
			Up      string   `form:"up"`
			Down    string   `form:"down"`
			Reset   string   `form:"reset"`
			Next    string   `form:"next"`
		}
		if err := readForm(c, &form); err != nil {
			return err
		}
		layout := models.Layout{Columns: form.Order[:min(len(form.Order), maxColumns)], Compact: form.Density == "compact"}
		for _, name := range layout.Columns {
			if !slices.Contains(form.Columns[:min(len(form.Columns), maxColumns)], name) {
				layout.Hidden = append(layout.Hidden, name)
			}
		}
		layout = layout.Move(form.Up, -1).Move(form.Down, 1)
		if form.Reset != "" {
			layout = models.Layout{}
		}
		if err := a.DB.SetLayout(c.UserContext(), viewer(c), def, layout); err != nil {
			return err
		}
		a.changed(c, jobs.StaffVersion)
		return back(c, localPath(form.Next))
	}
}
