package models

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// Payment is money that a customer added to their balance, in Currency, in the last state that its panel showed.
type Payment struct {
	bun.BaseModel `bun:"table:payments,alias:t" json:"-"`
	Key
	Sorted
	UserName    string              `bun:"user_name,nullzero" json:"user_name"`
	UserBalance decimal.NullDecimal `bun:"user_balance,type:numeric" json:"user_balance"`
	Amount      decimal.NullDecimal `bun:"amount,type:numeric" json:"amount"`
	Currency    string              `bun:"currency" json:"currency"`
	Method      string              `bun:"method" json:"method"`
	Status      string              `bun:"status,nullzero" json:"status"`
	Risk        string              `bun:"risk" json:"risk"`
	Memo        string              `bun:"memo" json:"memo"`
	Mode        string              `bun:"mode" json:"mode"`
	CreatedAt   time.Time           `bun:"created_at" json:"created_at"`
	UpdatedAt   *time.Time          `bun:"updated_at" json:"updated_at"`
	Undated     bool                `bun:"undated" json:"undated"` // CreatedAt is the time when we first saw it
	// Reviews is set for lists.
	Reviews []Review `bun:"-" json:"-"`
	Mirrored
}

func (p *Payment) parts() (Key, *Mirrored) { return p.Key, &p.Mirrored }

// PaymentStatuses are the known statuses of panels.
var PaymentStatuses = []string{"waiting", "pending", "completed", "fail", "expired", "hold", "underpaid"}

// PutPayments mirrors a batch of one panel's payments from a request that was sent at fetchedAt, and flags the payments
// that deserve a second look.
func (db *DB) PutPayments(ctx context.Context, panelID int64, rows []Payment, fetchedAt time.Time) (w Written, err error) {
	err = db.MirrorTx(ctx, func(db *DB) error {
		if w, err = putMirror(ctx, db, StreamKey{panelID, Payments}, rows, fetchedAt); err != nil || w.New+w.Changed == 0 {
			return err
		}
		ids := make([]int64, len(rows))
		for i, row := range rows {
			ids[i] = row.ID
		}
		if err := db.noteReferences(ctx, panelID, rows); err != nil {
			return err
		}
		return db.notePayments(ctx, panelID, ids)
	})
	return w, err
}

// Payment returns one payment that the viewer may see, else ErrNotFound.
func (db *DB) Payment(ctx context.Context, v Viewer, key Key) (Payment, error) {
	return findOne[Payment](ctx, db, v, key)
}

// PaymentsOfUser returns up to n of a customer's newest payments.
func (db *DB) PaymentsOfUser(ctx context.Context, v Viewer, panelID int64, username string, n int) ([]Payment, error) {
	var rows []Payment
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("lower(user_name) = lower(?0) AND user_name = ?0", username).OrderExpr("created_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}
