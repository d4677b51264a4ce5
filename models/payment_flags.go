package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// PaymentFlags are the reasons why a payment deserves a second look. None of them proves that anything is wrong.
type PaymentFlags struct {
	// SameMemo are other payments with the same transaction reference or memo, on all panels that the viewer may see.
	SameMemo []Payment
	// LargeFirst says that this is the first payment of a new account and far above the usual amount on its panel.
	LargeFirst bool
	// Tries is the number of the customer's payments in the hour before and including this one, if there are many, else
	// 0.
	Tries int
}

const (
	// newAccount is the age up to which an account counts as new.
	newAccount = 7 * 24 * time.Hour
	// largeTimes is the ratio to the panel's median from which a payment counts as large. The median is taken of the
	// usualOf latest payments; with fewer than usualLeast there is no usual amount.
	largeTimes, usualOf, usualLeast = 3, 200, 20
	// manyTries is the number of payments in an hour that counts as many.
	manyTries = 5
	// sameMemoShown is the maximum number of payments with the same memo on a page.
	sameMemoShown = 8
)

// references returns the keys in the memo that may be a transaction reference.
func (p Payment) references() []string {
	return slices.DeleteFunc(memoKeys(p.Memo), func(key string) bool { return !likelyReference(key) })
}

// PaymentFlags looks for unusual properties of a payment. Flags that reveal its amount are set only for viewers who can
// see money.
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

// triesOf returns the number of the customer's payments in the hour before and including this one, and whether it is
// the first.
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
