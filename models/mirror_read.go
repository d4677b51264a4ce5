package models

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// dense is the maximum ratio between the span of a page's ids and their number for which lookUp reads one range of the
// primary key's index. Panels assign ids in sequence, so most pages are below it.
const dense = 4

// lookUp reads columns of a panel's stored rows with the given ids. It scans each row into its pointers, the id first,
// and calls each. It may also return rows with ids between the given ones.
//
// PostgreSQL plans every query for its values. A cached plan from a nearly empty table, as at the start of a first
// sync, would read the whole table for each page.
func (db *DB) lookUp(ctx context.Context, table, columns string, panelID int64, ids []int64, into []any, each func()) error {
	if len(ids) == 0 {
		return nil
	}
	query := "SELECT id, " + columns + " FROM " + table + " WHERE panel_id = $1 AND id BETWEEN $2 AND $3"
	first, last := slices.Min(ids), slices.Max(ids)
	args := []any{pgx.QueryExecModeCacheDescribe, panelID, first, last}
	if last-first > int64(dense*len(ids)) {
		// LATERAL looks up every row by its key. For id = ANY PostgreSQL reads the whole table while its statistics
		// still describe a nearly empty one.
		query = `SELECT wanted.id, stored.* FROM unnest($2::bigint[]) AS wanted (id), LATERAL (
			SELECT ` + columns + ` FROM ` + table + ` WHERE panel_id = $1 AND id = wanted.id LIMIT 1) AS stored`
		args = []any{pgx.QueryExecModeCacheDescribe, panelID, ids}
	}
	return db.direct(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		_, err = pgx.ForEachRow(rows, into, func() error { each(); return nil })
		return err
	})
}
