package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// PaymentFlags are why a payment deserves a second look. None of them says that anything is wrong.
type PaymentFlags struct {
	// SameMemo are other payments with the same transaction reference or memo, on any panel that the viewer may see.
	SameMemo []Payment
	// LargeFirst says that this is the first payment of a new account and much more than is usual on its panel.
	LargeFirst bool
	// Tries are the customer's payments in the hour that ended with this one, when they are many, else 0.
	Tries int
}

const (
	// newAccount is how long an account is new.
	newAccount = 7 * 24 * time.Hour
	// largeTimes is how many times the panel's median a large payment has, and usualOf how many of its latest payments
	// that median is taken of; of fewer than usualLeast nothing is usual.
	largeTimes, usualOf, usualLeast = 3, 200, 20
	// manyTries are many in an hour.
	manyTries = 5
	// sameMemoShown is how many payments with the same memo are told.
	sameMemoShown = 8
)

// references are the keys in the memo that may be a transaction's reference.
func (p Payment) references() []string {
	return slices.DeleteFunc(memoKeys(p.Memo), func(key string) bool { return !likelyReference(key) })
}

// PaymentFlags looks for what is unusual about a payment. What its amount tells is only for who may see money.
func (db *DB) PaymentFlags(ctx context.Context, v Viewer, p Payment) (f PaymentFlags, err error) {
	if keys := p.references(); len(keys) > 0 {
		err = db.selectFor(v, &f.SameMemo).Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
			Where(sameKeys("t", true), pgdialect.Array(keys)).Where("(panel_id, id) <> (?, ?)", p.PanelID, p.ID).
			OrderExpr("created_at DESC, panel_id, id").Limit(sameMemoShown).Scan(ctx)
		if err != nil {
			return f, fmt.Errorf("looking for a payment's memo: %w", err)
		}
	}
	tries, first, err := db.triesOf(ctx, v, p)
	if err != nil {
		return f, err
	}
	if tries >= manyTries {
		f.Tries = tries
	}
	if first {
		noted := []Payment{p}
		err = db.fillReviews(ctx, v, noted)
		f.LargeFirst = slices.Contains(noted[0].Reviews, LargeFirst)
	}
	return f, err
}

// triesOf is how many payments the customer made in the hour that ended with this one, and whether there was none before.
func (db *DB) triesOf(ctx context.Context, v Viewer, p Payment) (tries int, first bool, err error) {
	err = db.idb.NewRaw(`SELECT count(*) FILTER (WHERE created_at > ?0::timestamptz - interval '1 hour'), bool_and(id = ?1)
		FROM (SELECT id, created_at FROM payments WHERE panel_id = ANY(?2::bigint[]) AND lower(user_name) = lower(?3) AND user_name = ?3
			AND created_at <= ?0 ORDER BY created_at DESC LIMIT 100) AS latest`,
		p.CreatedAt, p.ID, bigints(v.allowed([]int64{p.PanelID})), p.UserName).Scan(ctx, &tries, &first)
	if err != nil {
		return 0, false, fmt.Errorf("counting a customer's payments: %w", err)
	}
	return tries, first, nil
}
