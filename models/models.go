// Package models holds the nouns of Masterpanel: their tables, their rules and every query on them. It is the only
// package that speaks SQL.
//
// Permission lives here. A query for a person takes the Viewer and cannot return a row of a panel that the viewer may
// not see; there is no unscoped variant that a handler could call by mistake. Methods without a Viewer serve the
// workers (sync, checks, removal) and logging in.
//
// A DB may be a transaction, so every method composes: inside DB.Tx the same methods run on that transaction.
package models

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"masterpanel/models/seal"
)

// MinPostgres is the oldest PostgreSQL major version that the schema and queries are made for.
const MinPostgres = 13

// DB gives access to all nouns, either on a pool of connections or inside one transaction.
type DB struct {
	idb  bun.IDB
	conn *sql.Conn // of the transaction; nil on the pool
	pool *bun.DB
	box  *seal.Box
	now  func() time.Time
	// passwords is what a new hash of a password costs.
	passwords PasswordCost
	// countsEnd is when the counts of a request end; see Counting.
	countsEnd time.Time
	// changes takes down what is changed at the ticket desk; see Undoable.
	changes *[]DeskChange
	// textsIndexed is set once it is known that the indexes to search inside texts are there.
	textsIndexed *atomic.Bool
	// linksKeyed is set once every stored order has the key of its link.
	linksKeyed *atomic.Bool
}

// Options are what a DB needs beside its address.
type Options struct {
	// Box seals and opens the panels' keys.
	Box *seal.Box
	// Now tells the time; nil is time.Now.
	Now func() time.Time
	// MaxConns bounds the pool; 0 is 16.
	MaxConns int
	// Passwords is what a new hash of a password costs; zero is the minimum that OWASP names.
	Passwords PasswordCost
}

// Open connects to the PostgreSQL at url and checks that it answers and is new enough. It does not migrate.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	config, err := parseAddress(url)
	if err != nil {
		return nil, err
	}
	// In "exec" mode each statement is one round trip and leaves no prepared statement behind, so it also works
	// through PgBouncer. In pgx's default mode every distinct text that bun writes would be prepared and kept.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.Tracer = writeTracer{}
	config.RuntimeParams["timezone"] = "UTC"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "masterpanel"
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	conns := sql.OpenDB(stdlib.GetConnector(*config))
	maxConns := o.MaxConns
	if maxConns == 0 {
		maxConns = 16
	}
	conns.SetMaxOpenConns(maxConns)
	conns.SetMaxIdleConns(maxConns)
	conns.SetConnMaxIdleTime(5 * time.Minute)

	pool := bun.NewDB(conns, pgdialect.New())
	now := o.Now
	if now == nil {
		now = time.Now
	}
	db := &DB{idb: pool, pool: pool, box: o.Box, now: now, passwords: cmp.Or(o.Passwords, owaspCost),
		textsIndexed: new(atomic.Bool), linksKeyed: new(atomic.Bool)}
	if err := db.checkServer(ctx, url); err != nil {
		conns.Close()
		return nil, err
	}
	return db, nil
}

func (db *DB) checkServer(ctx context.Context, url string) error {
	var version int
	err := db.idb.NewRaw("SELECT current_setting('server_version_num')::int").Scan(ctx, &version)
	if err != nil {
		return fmt.Errorf("%w: %s; check that it runs and that the address is right", ErrUnreachable, connectProblem(err, url))
	}
	if major := version / 10000; major < MinPostgres {
		return fmt.Errorf("%w: it is version %d and %d or newer is needed", ErrTooOld, major, MinPostgres)
	}
	return nil
}

// Close closes the pool.
func (db *DB) Close() error { return db.pool.Close() }

// Ping checks that PostgreSQL answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.PingContext(ctx) }

// Tx runs fn in one transaction: committed if fn returns nil, else rolled back. Inside a transaction it joins it.
func (db *DB) Tx(ctx context.Context, fn func(*DB) error) error {
	if db.conn != nil {
		return fn(db)
	}
	// A connection of its own lets what bun cannot do, COPY, be part of the transaction.
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		inner := *db
		inner.idb, inner.conn = tx, conn.Conn
		return fn(&inner)
	})
}

// MirrorTx is Tx for what can be fetched again: its end does not wait for the disk. When PostgreSQL crashes, the last
// second of such transactions may be undone, each as a whole, so that a cursor never gets ahead of its rows. Inside a
// transaction it joins it, and that one waits or not as it began.
func (db *DB) MirrorTx(ctx context.Context, fn func(*DB) error) error {
	if db.conn != nil {
		return fn(db)
	}
	return db.Tx(ctx, func(db *DB) error {
		if _, err := db.idb.ExecContext(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
			return err
		}
		return fn(db)
	})
}
