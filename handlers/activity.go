package handlers

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// activityRow is one action in the activity log.
type activityRow struct {
	PanelID, ID            int64 // PanelID is models.NoPanel unless the action belongs to exactly one panel
	When                   stamp
	Staff, Action          string
	Panel                  models.PanelRef
	Target                 target
	Changes                []models.Change
	Address, Device, Agent string
	Result                 badge
	Reason                 string
}

// target is the object of an action, with its address.
type target struct{ Words, URL string }

func (a *app) activity(c *fiber.Ctx) error {
	return serveList(a, c, models.ActivityList, a.DB.Activities, (*app).activityRow)
}

func (a *app) activityRow(v models.Viewer, r models.Activity) activityRow {
	panel, _ := v.Panel(r.PanelID)
	return activityRow{
		PanelID: max(r.PanelID, models.NoPanel), ID: r.ID, When: newStamp(r.At, a.Now(), v.Zone), Staff: actor(r), Action: r.Action.String(), Panel: panel, Target: targetOf(v, r),
		Changes: r.Changes, Address: orNone(r.Address), Device: r.Device, Agent: r.UserAgent, Result: resultBadge(r.Result), Reason: r.Reason,
	}
}

// actor returns the name of the staff member who acted. A failed login with an unknown name has no name here, because
// the typed text may be a password.
func actor(r models.Activity) string {
	if r.Username == "" {
		return "Unknown name"
	}
	return r.Username
}

func resultBadge(r models.Result) badge {
	switch r {
	case models.Done:
		return badge{Label: "OK", Tone: "done"}
	case models.Refused:
		return badge{Label: "Refused", Tone: "waiting"}
	}
	return badge{Label: "Failed", Tone: "failed"}
}

// objectNames maps each kind of object to its singular and plural label.
var objectNames = map[models.Object][2]string{
	"orders": {"Order", "Orders"}, "tickets": {"Ticket", "Tickets"}, "users": {"User", "Users"}, "payments": {"Payment", "Payments"},
	"services": {"Service", "Services"}, models.ObjectPanel: {"Panel", "Panels"}, models.ObjectStaff: {"Staff", "Staff"},
	models.ObjectSession: {"Session", "Sessions"}, models.ObjectReport: {"Report", "Reports"},
}

func targetOf(v models.Viewer, r models.Activity) target {
	names := objectNames[r.Object]
	switch {
	case r.Object == models.ObjectPanel:
		return panelTarget(v, r)
	case names[0] == "" || len(r.ObjectIDs) == 0 || r.Object == models.ObjectStaff || r.Object == models.ObjectSession:
		return target{} // the changes name it
	case len(r.ObjectIDs) > 1:
		return target{Words: number(int64(len(r.ObjectIDs))) + " " + strings.ToLower(names[1])}
	}
	t := target{Words: names[0] + " " + pathID(r.ObjectIDs[0])}
	if _, mine := v.Panel(r.PanelID); mine {
		t.URL = pathOf(string(r.Object), models.Key{PanelID: r.PanelID, ID: r.ObjectIDs[0]})
	}
	return t
}

func panelTarget(v models.Viewer, r models.Activity) target {
	p, there := v.Panel(r.PanelID)
	switch {
	case !there:
		return target{Words: "Removed panel " + pathID(r.PanelID)}
	case v.Can(models.PermManage):
		return target{Words: p.Name, URL: "/settings/panels/" + pathID(p.ID)}
	}
	return target{Words: p.Name}
}

// activityHeads holds the column heads of the log's CSV file. activityCells returns the cells of a row.
var activityHeads = []string{"When", "Staff", "Action", "Panel", "What", "Details", "IP", "Device", "Result", "Reason"}

func (a *app) activityCSV(c *fiber.Ctx) error {
	return sendCSV(a, c, a.openList(c, models.ActivityList), activityHeads, a.DB.Activities, (*app).activityCells)
}

func (a *app) activityCells(v models.Viewer, r models.Activity) []string {
	panel, _ := v.Panel(r.PanelID)
	return []string{r.At.In(v.Zone).Format(time.RFC3339), actor(r), r.Action.String(), panel.ShortCode, targetOf(v, r).Words,
		changeWords(r.Changes), r.Address, r.Device, resultBadge(r.Result).Label, r.Reason}
}

// changeWords joins changes into one text.
func changeWords(changes []models.Change) string {
	words := make([]string, len(changes))
	for i, c := range changes {
		words[i] = c.Field + ": " + c.New
		switch {
		case c.Old != "" && c.New != "":
			words[i] = c.Field + ": " + c.Old + " → " + c.New
		case c.Old != "":
			words[i] = c.Field + ": " + c.Old
		}
	}
	return strings.Join(words, "; ")
}
