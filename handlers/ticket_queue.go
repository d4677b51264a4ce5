package handlers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// heatClass returns the CSS class of a waiting time compared with the targets.
func heatClass(h models.Heat) string {
	switch h {
	case models.Warm:
		return "heat-warm"
	case models.Hot:
		return "heat-hot"
	}
	return ""
}

// takeNext assigns the longest-waiting ticket to the viewer and shows it. If no ticket waits, it redirects to the list.
func (a *app) takeNext(c *fiber.Ctx) error {
	var key models.Key
	did, err := a.DB.Undoable(c.UserContext(), viewer(c), func(db *models.DB) (err error) {
		key, err = db.TakeNext(c.UserContext(), viewer(c))
		return err
	})
	if errors.Is(err, models.ErrNotFound) {
		return back(c, "/tickets?tab=unassigned")
	}
	if err != nil {
		return err
	}
	a.did(c, did)
	a.changed(c, jobs.ResourceVersion(key.PanelID, models.Tickets))
	return back(c, pathOf("tickets", key))
}

// bulkAct is a button that acts on all selected rows of a list.
type bulkAct struct{ Action, Name, Value, Label string }

// ticketActs are the actions on selected tickets.
func ticketActs(v models.Viewer) []bulkAct {
	if !v.MayWorkTickets() {
		return nil
	}
	act := func(value, label string) bulkAct { return bulkAct{"/tickets/desk", "do", value, label} }
	acts := []bulkAct{act("mine", "Assign to me"), act("nobody", "Unassign"), act("done", "Done")}
	if models.KindReply.May(v) {
		acts = append(acts, bulkAct{"/tickets/reply", "step", "write", "Reply…"})
	}
	return acts
}

// onTickets performs one action on the selected tickets and shows the list again. The address holds the list's filters.
func (a *app) onTickets(c *fiber.Ctx) error {
	var form struct {
		Do  string `form:"do"`
		IDs string `form:"ids"`
		All string `form:"all"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	v, values := viewer(c), queryValues(c)
	list := "/tickets?" + values.Encode()
	set(values, "ids", form.IDs)
	set(values, "all", form.All)
	def := models.TicketList.For(v)
	chosen, err := models.ParseSelection(def, values, v.Zone, a.Now())
	if err != nil {
		return err
	}
	var moved []int64
	did, err := a.DB.Undoable(c.UserContext(), v, func(db *models.DB) (err error) {
		moved, err = db.OnSelectedTickets(c.UserContext(), v, chosen, models.DeskAct(form.Do))
		return err
	})
	a.changed(c, resourceKeys(models.Tickets, moved)...)
	if err != nil {
		return err
	}
	a.did(c, did)
	if form.All == "" {
		list = "/tickets"
	}
	return back(c, list)
}
