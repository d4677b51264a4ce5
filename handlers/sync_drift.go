package handlers

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// syncDrift shows how far the mirror of past days' orders differed from each panel, according to the daily comparison.
type syncDrift struct{ Panels []driftPanel }

// driftPanel holds one panel's comparisons: the number of compared days, and the days that differed, newest first.
type driftPanel struct {
	Panel   models.PanelRef
	State   badge
	Words   string
	Checked stamp
	Days    []driftDay
}

type driftDay struct {
	Day, Words string
	Checked    stamp
}

func (a *app) syncDrift(c *fiber.Ctx, v models.Viewer) (syncDrift, error) {
	found, err := a.DB.Drifts(c.UserContext(), v, nil)
	if err != nil {
		return syncDrift{}, err
	}
	var view syncDrift
	for _, id := range v.Scope(nil) {
		panel, _ := v.Panel(id)
		line := driftPanel{Panel: panel}
		var last time.Time
		days := 0
		for _, d := range found {
			if d.PanelID != id {
				continue
			}
			days++
			if d.CheckedAt.After(last) {
				last = d.CheckedAt
			}
			if !d.Same() {
				line.Days = append(line.Days, driftDay{d.Day.Format("Mon 2 Jan 2006"), d.Words, newStamp(d.CheckedAt, a.Now(), v.Zone)})
			}
		}
		line.Checked = newStamp(last, a.Now(), v.Zone)
		line.State, line.Words = driftState(days, len(line.Days))
		view.Panels = append(view.Panels, line)
	}
	return view, nil
}

func driftState(days, differed int) (badge, string) {
	switch {
	case days == 0:
		return badge{Label: "Not compared yet", Tone: "off"}, "Masterpanel compares the first day after it has read the history."
	case differed == 0:
		return badge{Label: "Matches the panel", Tone: "done"}, plural(days, "day", "days") + " compared."
	}
	return badge{Label: plural(differed, "day differed", "days differed"), Tone: "waiting"},
		plural(days, "day", "days") + " compared. Missing and changed orders are corrected here."
}
