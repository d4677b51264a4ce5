package handlers

import (
	"context"

	"masterpanel/models"
)

// linesShown is how much of its history a thing shows beside itself.
const linesShown = 10

// activityLine is one action beside the thing it was done to.
type activityLine struct {
	When          stamp
	Staff, Action string
	Words         string
	Result        badge // empty when it went well
	Reason        string
}

// didHere is what staff did here to one thing, the latest first.
func (a *app) didHere(ctx context.Context, v models.Viewer, object models.Object, key models.Key) ([]activityLine, error) {
	rows, err := a.DB.ActivityOn(ctx, v, object, key, linesShown)
	return a.activityLines(v, rows), err
}

// ofStaff is what a staff member did here and what was done to their account, the latest first.
func (a *app) ofStaff(ctx context.Context, v models.Viewer, staffID int64) ([]activityLine, error) {
	rows, err := a.DB.ActivityOfStaff(ctx, v, staffID, linesShown)
	return a.activityLines(v, rows), err
}

func (a *app) activityLines(v models.Viewer, rows []models.Activity) []activityLine {
	lines := make([]activityLine, len(rows))
	for i, r := range rows {
		lines[i] = activityLine{When: newStamp(r.At, a.Now(), v.Zone), Staff: actor(r), Action: r.Action.String(), Words: changeWords(r.Changes), Reason: r.Reason}
		if r.Result != models.Done {
			lines[i].Result = resultBadge(r.Result)
		}
	}
	return lines
}
