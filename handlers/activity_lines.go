package handlers

import (
	"context"

	"masterpanel/models"
)

// linesShown is how many lines of its history a page shows.
const linesShown = 10

// activityLine is one activity entry on the page of the object that it is about.
type activityLine struct {
	When          stamp
	Staff, Action string
	Words         string
	Result        badge // empty when the action succeeded
	Reason        string
}

// didHere returns the latest actions that staff did to one object in this program, newest first.
func (a *app) didHere(ctx context.Context, v models.Viewer, object models.Object, key models.Key) ([]activityLine, error) {
	rows, err := a.DB.ActivityOn(ctx, v, object, key, linesShown)
	return a.activityLines(v, rows), err
}

// ofStaff returns the latest actions by a staff member and the latest changes to their account, newest first.
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
