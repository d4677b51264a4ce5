package models

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// longestKey is the maximum length of a key in bytes: a longer text is no reference.
const longestKey = 200

// noteReferences stores the memo keys of a panel's payments, by which they compare with others.
func (db *DB) noteReferences(ctx context.Context, panelID int64, rows []Payment) error {
	var ids, all []int64
	var keys []string
	var likely []bool
	for _, p := range rows {
		all = append(all, p.ID)
		for _, key := range memoKeys(p.Memo) {
			if len(key) <= longestKey {
				ids, keys, likely = append(ids, p.ID), append(keys, key), append(likely, likelyReference(key))
			}
		}
	}
	_, err := db.idb.NewRaw(`
		WITH now AS (SELECT DISTINCT ON (payment_id, key) * FROM unnest(?1::bigint[], ?2::text[], ?3::boolean[]) AS now (payment_id, key, likely)),
		gone AS (DELETE FROM payment_references AS r WHERE panel_id = ?0 AND payment_id = ANY(?4::bigint[])
			AND NOT EXISTS (SELECT FROM now WHERE now.payment_id = r.payment_id AND now.key = r.key))
		INSERT INTO payment_references (panel_id, payment_id, key, likely)
		SELECT ?0, payment_id, key, likely FROM now WHERE EXISTS (SELECT FROM payments WHERE panel_id = ?0 AND id = now.payment_id)
		ORDER BY payment_id, key ON CONFLICT DO NOTHING`,
		panelID, bigints(ids), pgdialect.Array(slices.Concat([]string{}, keys)), pgdialect.Array(slices.Concat([]bool{}, likely)), bigints(all)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving the references of payments: %w", err)
	}
	return nil
}

// sameKeys returns an SQL condition on a payment: its memo shares one of the given keys. With likely it ignores keys
// that are no reference. Its argument is the array of keys.
func sameKeys(payment string, likely bool) string {
	only := ""
	if likely {
		only = " AND r.likely"
	}
	return `(` + payment + `.panel_id, ` + payment + `.id) IN (SELECT r.panel_id, r.payment_id FROM payment_references AS r WHERE r.key = ANY(?)` + only + `)`
}

// sharesReference is an SQL condition on a payment t: another payment on the given panels has the same reference.
const sharesReference = `EXISTS (SELECT FROM payment_references AS r JOIN payment_references AS o ON o.key = r.key
	WHERE r.panel_id = t.panel_id AND r.payment_id = t.id AND r.likely AND (o.panel_id, o.payment_id) <> (t.panel_id, t.id)
	AND o.panel_id = ANY(?::bigint[]))`
