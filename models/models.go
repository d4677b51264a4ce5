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

// MinPostgres is the oldest PostgreSQL major version that the schema and the queries support.
const MinPostgres = 13

// DB gives access to all nouns, on a pool of connections or inside one transaction.
type DB struct {
	idb  bun.IDB
	conn *sql.Conn // the transaction's connection; nil on the pool
	pool *bun.DB
	box  *seal.Box
	now  func() time.Time
	// passwords is the cost of a new password hash.
	passwords PasswordCost
	// countsEnd is the deadline for the counts of a request; see Counting.
	countsEnd time.Time
	// changes collects the changes at the ticket desk; see Undoable.
	changes *[]DeskChange
	// textsIndexed is set once the indexes for text search are known to exist.
	textsIndexed *atomic.Bool
	// linksKeyed is set once every stored order has its link key.
	linksKeyed *atomic.Bool
}

// Options are the settings of a DB besides its address.
type Options struct {
	// Box seals and opens the panels' keys.
	Box *seal.Box
	// Now returns the current time; nil means time.Now.
	Now func() time.Time
	// MaxConns limits the pool; 0 means 16.
	MaxConns int
	// Passwords is the cost of a new password hash; zero means OWASP's minimum.
	Passwords PasswordCost
}

// Open connects to the PostgreSQL at url and checks that it answers and that its version is supported. It does not
// migrate.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	config, err := parseAddress(url)
	if err != nil {
		return nil, err
	}
	// In "exec" mode each statement is one round trip and leaves no prepared statement behind, so it also works through
	// PgBouncer. In pgx's default mode pgx would prepare and cache every distinct text that bun generates.
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
	if mayComeUp(err) {
		return fmt.Errorf("%w: %s; check that it runs and that the address is right", ErrUnreachable, connectProblem(err, url))
	}
	if err != nil {
		return fmt.Errorf("%w: %s; check the user, the password, the database and sslmode of the address", ErrRefused, connectProblem(err, url))
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

// Tx runs fn in one transaction and commits it if fn returns nil; otherwise it rolls back. Inside a transaction fn
// joins it.
func (db *DB) Tx(ctx context.Context, fn func(*DB) error) error {
	if db.conn != nil {
		return fn(db)
	}
	// The transaction gets its own connection, so that it can also use COPY, which bun does not support.
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

// MirrorTx is Tx for data that can be fetched again: the commit does not wait for the disk. If PostgreSQL crashes, it
// may lose the last second of such transactions, each as a whole, so a cursor never gets ahead of its rows. Inside a
// transaction fn joins it, and the outer transaction's mode applies.
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
