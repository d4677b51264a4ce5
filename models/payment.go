package models

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// Payment is money that a customer added to their balance, as its panel last showed it, in Currency.
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
	Undated     bool                `bun:"undated" json:"undated"` // CreatedAt is when it was first seen
	// Reviews are filled in for a list.
	Reviews []Review `bun:"-" json:"-"`
	Mirrored
}

func (p *Payment) parts() (Key, *Mirrored) { return p.Key, &p.Mirrored }

// PaymentStatuses are the statuses that panels are known to use.
var PaymentStatuses = []string{"waiting", "pending", "completed", "fail", "expired", "hold", "underpaid"}

// PutPayments mirrors a batch of one panel's payments, fetched by a request that left at fetchedAt, and notes which of them
// deserve a second look.
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

// Payment finds one payment for the viewer.
func (db *DB) Payment(ctx context.Context, v Viewer, key Key) (Payment, error) {
	return findOne[Payment](ctx, db, v, key)
}

// PaymentsOfUser are up to n of a customer's newest payments.
func (db *DB) PaymentsOfUser(ctx context.Context, v Viewer, panelID int64, username string, n int) ([]Payment, error) {
	var rows []Payment
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("lower(user_name) = lower(?0) AND user_name = ?0", username).OrderExpr("created_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}
