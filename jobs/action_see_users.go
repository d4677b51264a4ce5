package jobs

import (
	"context"
	"errors"
	"strings"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// userPages is how many pages of users one search reads on a panel that ignores the filter by name.
const userPages = 20

// seeUser searches for the user that the action adds. The same name and e-mail address count as our user; the same
// name with another address is a different user. The list starts with the newest users, so the search stops at the
// first one older than the action.
func (w *Worker) seeUser(ctx context.Context, client *panel.Client, a models.PanelAction) (s models.Sight, err error) {
	q := panel.UserQuery{Username: a.TargetName, Limit: panel.MaxLimit}
	call := w.call
	for range userPages {
		var page panel.Page[panel.User]
		err := call(ctx, callerOf(a), func(ctx context.Context) (err error) {
			page, err = client.Users(ctx, q)
			return err
		})
		if err != nil {
			return s, err
		}
		last := !page.More
		for i := range page.Records {
			u, bad := page.Decode(i)
			switch {
			case bad != nil:
				continue
			case strings.EqualFold(u.Username, a.TargetName) && strings.EqualFold(u.Email, a.Payload.Email):
				s.Copies++
			case strings.EqualFold(u.Username, a.TargetName):
				s.Unread++
			}
			last = last || !u.Created.IsZero() && u.Created.Before(a.CreatedAt.Add(-clockSkew))
		}
		if s.Copies+s.Unread > 0 || last {
			return s, nil
		}
		q.Offset += len(page.Records)
		call = w.callPatiently // or each missed slot would restart the search at page one
	}
	return s, errTooMany
}

// withSecret adds the secret to an action that needs one: the password of a new user, which staff cannot see. err is set
// if the secret cannot be read; lost is true if it is gone for good, and false if the database does not answer.
func (w *Worker) withSecret(ctx context.Context, a models.PanelAction) (with models.PanelAction, lost bool, err error) {
	if a.Kind != models.KindAddUser {
		return a, false, nil
	}
	a.Secret, err = w.DB.ActionSecret(ctx, a.ID)
	return a, errors.Is(err, models.ErrNotFound), err
}
