package models

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// CountTime is how long a request waits for PostgreSQL to count rows, for all its counts together. What is not counted
// by then is estimated.
const CountTime = 50 * time.Millisecond

// smallTable is up to how many bytes a table is counted to its end whatever the clock says. All of it is read in less
// than CountTime; only a machine with too much to do takes longer, and there the same list would be counted in one
// moment and estimated in the next.
const smallTable = 16 << 20

var errNoCountTime = errors.New("the request's time for counting is over")

// Counting is the database for all counts of one request: they share CountTime, which begins now. Without it each
// method that counts has that time for itself.
func (db *DB) Counting() *DB {
	if !db.countsEnd.IsZero() {
		return db
	}
	counting := *db
	counting.countsEnd = db.now().Add(CountTime)
	return &counting
}

// limitCount lets the statements of the transaction take no longer than is left for counting. When nothing is, it returns
// errNoCountTime.
func (db *DB) limitCount(ctx context.Context, l *List) error {
	left := max(db.countsEnd.Sub(db.now()), 0).Milliseconds() // in which PostgreSQL's limits are
	var small bool
	err := db.idb.NewRaw(`SELECT small FROM (SELECT pg_relation_size(?::regclass) <= ? AS small) AS t
		WHERE small OR set_config('statement_timeout', ?, true) <> ''`,
		cmp.Or(l.base, l.Table), smallTable, strconv.FormatInt(left, 10)).Scan(ctx, &small)
	if err == nil && !small && left == 0 {
		return errNoCountTime
	}
	return err
}

// tookTooLong tells whether a count was given up: before it began, or by PostgreSQL as its statement_timeout makes it.
func tookTooLong(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, errNoCountTime) || errors.As(err, &pg) && pg.Code == "57014"
}
