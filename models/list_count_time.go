package models

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// CountTime is how long one request waits for all its counts together. Counts that are not ready by then are estimated.
const CountTime = 50 * time.Millisecond

// smallTable is the size in bytes up to which a table is counted without a time limit. A scan of it takes less than
// CountTime. Only an overloaded machine takes longer, and a limit would then switch the same list between a count and
// an estimate.
const smallTable = 16 << 20

var errNoCountTime = errors.New("the time for counting ran out")

// Counting returns a DB for all counts of one request: they share one CountTime, which begins now. Without it each
// counting method has its own CountTime.
func (db *DB) Counting() *DB {
	if !db.countsEnd.IsZero() {
		return db
	}
	counting := *db
	counting.countsEnd = db.now().Add(CountTime)
	return &counting
}

// limitCount sets the statement timeout of the transaction to the remaining time for counting. It returns
// errNoCountTime if none remains.
func (db *DB) limitCount(ctx context.Context, l *List) error {
	left := max(db.countsEnd.Sub(db.now()), 0).Milliseconds() // the unit of PostgreSQL's limits
	var small bool
	err := db.idb.NewRaw(`SELECT small FROM (SELECT pg_relation_size(?::regclass) <= ? AS small) AS t
		WHERE small OR set_config('statement_timeout', ?, true) <> ''`,
		cmp.Or(l.base, l.Table), smallTable, strconv.FormatInt(left, 10)).Scan(ctx, &small)
	if err == nil && !small && left == 0 {
		return errNoCountTime
	}
	return err
}

// tookTooLong reports whether a count ran out of time: before it began, or by PostgreSQL's statement_timeout.
func tookTooLong(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, errNoCountTime) || errors.As(err, &pg) && pg.Code == "57014"
}
