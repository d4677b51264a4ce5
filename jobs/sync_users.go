package jobs

import (
	"cmp"
	"context"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

var userRows = rows[panel.User, models.User]{
	get: func(ctx context.Context, c *panel.Client, q page) (panel.Page[panel.User], error) {
		return c.Users(ctx, panel.UserQuery{Ascending: q.ascending, Limit: q.limit, Offset: q.offset})
	},
	mark:      func(u panel.User) mark { return mark{u.ID, u.Created, u.Raw} },
	translate: userOf,
	put:       partly((*models.DB).PutUsers),
}

func userOf(key models.Key, u panel.User) models.User {
	row := models.User{
		Key: key, Username: u.Username, Email: u.Email, Status: u.Status, Discount: u.Discount, CreatedAt: u.Created,
		LastAuthAt: known(u.LastAuth), Mirrored: models.Mirrored{Raw: u.Raw, Misread: models.MisreadList(u.Misread)},
	}
	var spentIn string
	row.Balance, row.Currency = amountOf(u.Balance)
	row.Spent, spentIn = amountOf(u.Spent)
	row.Currency = cmp.Or(row.Currency, spentIn)
	return row
}
