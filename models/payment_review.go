package models

import (
	"context"
	"fmt"
	"strings"
)

// Review is a reason why a payment deserves a second look.
type Review string

// The reviews. Their names are stored, so they must not change.
const (
	SameReference Review = "same_reference"
	LargeFirst    Review = "large_first_payment"
	ManyTries     Review = "many_tries"
)

var reviewValues = []string{string(SameReference), string(LargeFirst), string(ManyTries)}

const noted = "EXISTS (SELECT FROM payment_flags AS g WHERE g.panel_id = t.panel_id AND g.payment_id = t.id AND g.flag = ?)"

// reviewed returns an SQL condition on a payment (t) for a review: the flag was stored with the payment, and it still
// applies for this viewer. The viewer must have access to the other payment with the same reference, and to money for a
// flag that reveals an amount.
func reviewed(v Viewer, review string) (condition string, args []any) {
	switch Review(review) {
	case SameReference:
		return noted + " AND " + sharesReference, []any{review, bigints(v.PanelIDs())}
	case LargeFirst:
		if !v.Can(PermSeeMoney) {
			return "false", nil
		}
		return noted + ` AND NOT EXISTS (SELECT FROM payments AS e WHERE e.panel_id = t.panel_id AND lower(e.user_name) = lower(t.user_name)
				AND e.user_name = t.user_name AND (e.created_at, e.id) < (t.created_at, t.id))
			AND EXISTS (SELECT FROM users AS u WHERE u.panel_id = t.panel_id AND lower(u.username) = lower(t.user_name)
				AND u.username = t.user_name AND u.created_at > t.created_at - ?::interval)`, []any{review, fmt.Sprintf("%d seconds", int(newAccount.Seconds()))}
	}
	return noted, []any{review}
}

// fillReviews sets the reviews of each payment.
func (db *DB) fillReviews(ctx context.Context, v Viewer, payments []Payment) error {
	if len(payments) == 0 {
		return nil
	}
	keys := make([]Key, len(payments))
	for i, p := range payments {
		keys[i] = p.Key
	}
	query := db.idb.NewSelect().TableExpr("payments AS t").Column("t.panel_id", "t.id")
	only(query, keys)
	query.Where("t.panel_id = ANY(?::bigint[])", bigints(v.PanelIDs()))
	query.Where("EXISTS (SELECT FROM payment_flags AS g WHERE g.panel_id = t.panel_id AND g.payment_id = t.id)")
	var words []string
	var all []any
	for _, review := range reviewValues {
		condition, args := reviewed(v, review)
		words, all = append(words, "CASE WHEN "+condition+" THEN '"+review+"' END"), append(all, args...)
	}
	query.ColumnExpr("concat_ws(',', "+strings.Join(words, ", ")+") AS reviews", all...)
	var found []struct {
		Key
		Reviews string
	}
	if err := query.Scan(ctx, &found); err != nil {
		return fmt.Errorf("reading unreviewed payments: %w", err)
	}
	for i := range payments {
		payments[i].Reviews = nil
		for _, f := range found {
			if f.Key == payments[i].Key {
				for word := range strings.SplitSeq(f.Reviews, ",") {
					if word != "" {
						payments[i].Reviews = append(payments[i].Reviews, Review(word))
					}
				}
			}
		}
	}
	return nil
}

// sameMemoNoted is the maximum number of other payments with a reference per query: a text in more payments is no
// reference.
const sameMemoNoted = 20

// notePayments flags a panel's payments, and the payments related to them, that deserve a second look. A payment that
// was stored late, as in a first import, can be one of many tries that end with a payment stored earlier.
func (db *DB) notePayments(ctx context.Context, panelID int64, ids []int64) error {
	_, err := db.idb.NewRaw(`
		WITH batch AS (SELECT panel_id, id, user_name, amount, currency, created_at FROM payments WHERE panel_id = ?0 AND id = ANY(?1::bigint[])),
		twins AS (
			SELECT b.panel_id, b.payment_id AS id, o.panel_id AS other_panel, o.payment_id AS other_id FROM payment_references AS b CROSS JOIN LATERAL (
				SELECT panel_id, payment_id FROM payment_references AS o WHERE o.key = b.key AND (o.panel_id, o.payment_id) <> (b.panel_id, b.payment_id) LIMIT ?2) AS o
			WHERE b.panel_id = ?0 AND b.payment_id = ANY(?1::bigint[]) AND b.likely),
		usual AS (
			SELECT c.currency, percentile_disc(0.5) WITHIN GROUP (ORDER BY latest.amount) AS amount
			FROM (SELECT DISTINCT currency FROM batch) AS c CROSS JOIN LATERAL (
				SELECT amount FROM payments WHERE panel_id = ?0 AND currency = c.currency AND amount IS NOT NULL ORDER BY created_at DESC LIMIT ?3) AS latest
			GROUP BY c.currency HAVING count(*) >= ?4)
		INSERT INTO payment_flags (panel_id, payment_id, flag)
		SELECT panel_id, id, 'same_reference' FROM twins UNION SELECT other_panel, other_id, 'same_reference' FROM twins
		UNION SELECT ?0, later.id, 'many_tries' FROM batch AS b CROSS JOIN LATERAL (
				SELECT id, created_at FROM payments AS l WHERE l.panel_id = ?0 AND lower(l.user_name) = lower(b.user_name) AND l.user_name = b.user_name
				AND l.created_at >= b.created_at AND l.created_at < b.created_at + interval '1 hour' LIMIT 100) AS later
			WHERE b.user_name <> '' AND (SELECT count(*) FROM payments AS x WHERE x.panel_id = ?0 AND lower(x.user_name) = lower(b.user_name)
				AND x.user_name = b.user_name AND x.created_at <= later.created_at AND x.created_at > later.created_at - interval '1 hour') >= ?5
		UNION SELECT ?0, b.id, 'large_first_payment' FROM batch AS b JOIN usual AS u USING (currency)
			WHERE b.user_name <> '' AND b.amount >= ?6 * u.amount AND NOT EXISTS (SELECT FROM payments AS e WHERE e.panel_id = ?0
				AND lower(e.user_name) = lower(b.user_name) AND e.user_name = b.user_name AND (e.created_at, e.id) < (b.created_at, b.id))
		ORDER BY 1, 2, 3
		ON CONFLICT DO NOTHING`,
		panelID, bigints(ids), sameMemoNoted, usualOf, usualLeast, manyTries, largeTimes).Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving reviews of payments: %w", err)
	}
	return nil
}
