package models

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// dense is how many ids there may be between the first and the last of a page, for one that is asked for, so that the
// rows are read by one walk through the key's index. Panels count their ids up, so most pages are.
const dense = 4

// lookUp reads columns of those rows of a panel that are stored, and calls each for every one, scanned into the given
// pointers after its id. It may read rows that were not asked for, between those that were.
//
// Every query is planned by itself, for the values it has: a plan that was made while the table was almost empty, as it
// is when a first sync begins, would read all of it for each page.
func (db *DB) lookUp(ctx context.Context, table, columns string, panelID int64, ids []int64, into []any, each func()) error {
	if len(ids) == 0 {
		return nil
	}
	query := "SELECT id, " + columns + " FROM " + table + " WHERE panel_id = $1 AND id BETWEEN $2 AND $3"
	first, last := slices.Min(ids), slices.Max(ids)
	args := []any{pgx.QueryExecModeCacheDescribe, panelID, first, last}
	if last-first > int64(dense*len(ids)) {
		// LATERAL looks every row up by its key. For id = ANY PostgreSQL reads the whole table while its statistics are
		// those of an almost empty one.
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
