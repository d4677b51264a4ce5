package handlers

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// selectionBar holds the page's data for selecting rows. Params are the filters that "all" covers. Scope identifies
// them plus the panels of the switcher; the browser stores a selection under it. All is the number of matching rows, in
// words.
type selectionBar struct {
	Noun, Params, Scope, Sort, All string
	Copies                         []models.Copy
	Acts                           []bulkAct
	File                           string // the address of the selected rows as a file; "" when not permitted
	Workbench                      string // the address to act on the selected rows; "" when not permitted
}

func (l listing) selectionBar(t total) *selectionBar {
	if len(l.def.Copies) == 0 {
		return nil
	}
	params := l.query.ViewParams(l.def)
	sort := params.Get("sort")
	params.Del("sort")
	bar := &selectionBar{Noun: l.def.Noun, Params: params.Encode(), Sort: sort, All: t.Before + t.Number + " " + t.After, Copies: l.def.Copies}
	bar.Scope = l.def.Noun + "?" + bar.Params + "#" + fmt.Sprint(l.viewer.Selection)
	if l.def.Noun == models.OrderList.Noun && len(l.viewer.BulkKinds()) > 0 {
		bar.Workbench = "/orders/workbench"
	}
	if l.def.Noun == models.TicketList.Noun {
		bar.Acts = ticketActs(l.viewer)
	}
	if l.viewer.Can(models.PermExport) {
		bar.File = "/" + l.def.Noun + ".csv"
	}
	return bar
}

// copied is a text for the clipboard and a message about it.
type copied struct {
	Text  string `json:"text"`
	Words string `json:"words"`
}

// copySelected responds with one column of the selected rows, one value per line.
func (a *app) copySelected(def *models.List) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var form struct {
			What string `form:"what"`
		}
		if err := readForm(c, &form); err != nil {
			return err
		}
		what, ok := def.Copy(form.What)
		if !ok {
			return errForm
		}
		values := url.Values{}
		c.Request().PostArgs().VisitAll(func(key, value []byte) { values.Add(string(key), string(value)) })
		v := viewer(c)
		chosen, err := models.ParseSelection(def.For(v), values, v.Zone, a.Now())
		if err != nil {
			return err
		}
		found, err := a.DB.CopySelected(c.UserContext(), v, chosen, what)
		if err != nil {
			return err
		}
		return c.JSON(copied{Text: strings.Join(found.Lines, "\n"), Words: copiedWords(def, what, found)})
	}
}

// copiedWords says how many values were copied and why some rows have none.
func copiedWords(l *models.List, what models.Copy, found models.Copied) string {
	one, many := rowWords(l)
	n := len(found.Lines)
	switch {
	case found.Rows == 0:
		return "Nothing was copied: the selected " + many + " no longer exist."
	case n == 0:
		return "Nothing was copied: the selected " + many + " have no " + what.Label + "."
	case found.NoExport:
		return "Copied the first " + number(int64(n)) + " " + what.Label + ". To copy more, you need the permission “Export”."
	case found.More:
		return "Copied the first " + number(int64(n)) + " " + what.Label + ". To get more, export the list."
	}
	words := "Copied " + what.Label + " of " + plural(n, one, many)
	if found.Panels > 1 {
		words += " on " + plural(found.Panels, "panel", "panels")
	}
	return words + "."
}
