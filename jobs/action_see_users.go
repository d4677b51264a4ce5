package jobs

import (
	"context"
	"errors"
	"strings"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// userPages bounds how many users are searched on a panel that ignores the filter by name.
const userPages = 20

// seeUser looks for the user that is to be added: the same name and e-mail is the one, the name with another e-mail is
// somebody else. The newest come first, so that what is older than the action need not be read.
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
		call = w.callPatiently // or a list of several pages would begin anew at each turn that does not come at once
	}
	return s, errTooMany
}

// withSecret adds to an action what it sends and nobody may read. Whether it could not be read for good is told apart
// from a database that does not answer.
func (w *Worker) withSecret(ctx context.Context, a models.PanelAction) (with models.PanelAction, lost bool, err error) {
	if a.Kind != models.KindAddUser {
		return a, false, nil
	}
	a.Secret, err = w.DB.ActionSecret(ctx, a.ID)
	return a, errors.Is(err, models.ErrNotFound), err
}
