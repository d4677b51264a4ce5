package models

import (
	"context"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// User is a customer of a panel in the last state that the panel showed. Balance and Spent are in Currency.
type User struct {
	bun.BaseModel `bun:"table:users,alias:t" json:"-"`
	Key
	Sorted
	Username   string              `bun:"username,nullzero" json:"username"`
	Email      string              `bun:"email" json:"email"`
	Balance    decimal.NullDecimal `bun:"balance,type:numeric" json:"balance"`
	Spent      decimal.NullDecimal `bun:"spent,type:numeric" json:"spent"`
	Currency   string              `bun:"currency" json:"currency"`
	Status     string              `bun:"status,nullzero" json:"status"`
	Discount   string              `bun:"discount" json:"discount"`
	CreatedAt  time.Time           `bun:"created_at" json:"created_at"`
	LastAuthAt *time.Time          `bun:"last_auth_at" json:"last_auth_at"`
	Undated    bool                `bun:"undated" json:"undated"` // CreatedAt is the time when we first saw them
	Mirrored
}

func (u *User) parts() (Key, *Mirrored) { return u.Key, &u.Mirrored }

// PutUsers mirrors a batch of one panel's users from a request that was sent at fetchedAt.
func (db *DB) PutUsers(ctx context.Context, panelID int64, rows []User, fetchedAt time.Time) (Written, error) {
	return putMirror(ctx, db, StreamKey{panelID, Users}, rows, fetchedAt)
}

// User returns one customer that the viewer may see, else ErrNotFound.
func (db *DB) User(ctx context.Context, v Viewer, key Key) (User, error) {
	return findOne[User](ctx, db, v, key)
}

// UserNamed returns a panel's customer by username for the viewer.
func (db *DB) UserNamed(ctx context.Context, v Viewer, panelID int64, username string) (User, error) {
	var u User
	err := db.selectFor(v, &u).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("lower(username) = lower(?0) AND username = ?0", username).Limit(1).Scan(ctx)
	return u, notFound(err)
}

// SamePerson returns up to n accounts with the same e-mail or username on other panels that the viewer may see. Without
// PermSeeEmails it compares only usernames.
func (db *DB) SamePerson(ctx context.Context, v Viewer, u User, n int) ([]User, error) {
	if !v.Can(PermSeeEmails) {
		u.Email = ""
	}
	var rows []User
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
		Where("panel_id <> ?", u.PanelID).
		Where("(lower(username) = lower(?) OR (? <> '' AND lower(email) = lower(?)))", u.Username, u.Email, u.Email).
		OrderExpr("panel_id, id").Limit(int64(n)).Scan(ctx)
	return rows, err
}

// UsersBeginning returns up to n customers of a panel whose username begins with text. With PermSeeEmails it also
// compares e-mails.
func (db *DB) UsersBeginning(ctx context.Context, v Viewer, panelID int64, text string, n int) ([]User, error) {
	var rows []User
	if text = strings.TrimSpace(text); text == "" {
		return rows, nil
	}
	begins := startsWith(strings.ToLower(text))
	condition := "lower(username) LIKE ?0"
	if v.Can(PermSeeEmails) {
		condition = "(lower(username) LIKE ?0 OR lower(email) LIKE ?0)"
	}
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where(condition, begins).OrderExpr("length(username), lower(username), id").Limit(int64(n)).Scan(ctx)
	return rows, err
}
