package handlers

import (
	"context"

	"masterpanel/models"
)

// needPerson is how many actions ask a person and could be settled by the viewer.
func (a *app) needPerson(ctx context.Context, v models.Viewer) (int, error) {
	return whileNoneMoved(a, a.need, v, func() (int, error) { return a.DB.NeedPerson(ctx, v) })
}

// countNav puts badges on the navigation.
func (a *app) countNav(ctx context.Context, v models.Viewer, nav []navItem) error {
	need, err := a.needPerson(ctx, v)
	if err != nil || need == 0 {
		return err
	}
	for i := range nav {
		if nav[i].Section == models.OutboxList.Noun {
			nav[i].Count, nav[i].CountWords = number(int64(need)), plural(need, "action needs a person", "actions need a person")
		}
	}
	return nil
}
