package modelstest

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"masterpanel/models"
	"masterpanel/models/privatepg"
)

// Durable creates a migrated database on a separate PostgreSQL with fsync and on a disk, as in an installation, and
// returns its URL. Benchmarks use it, because test databases trade safety for speed.
func Durable(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "masterpanel-bench-")
	check(t, err)
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	check(t, os.Chmod(dir, 0o755)) // #nosec G302 -- PostgreSQL does not run as root
	server, err := privatepg.Start(t.Context(), privatepg.Options{Dir: dir})
	check(t, err)
	t.Cleanup(func() { check(t, server.Stop()) })
	check(t, server.Create(t.Context(), "bench", ""))
	db, err := models.Open(t.Context(), server.DSN("bench"), models.Options{})
	check(t, err)
	_, err = db.Migrate(t.Context())
	check(t, err)
	check(t, db.Close())
	return server.DSN("bench")
}

// TimeCopy inserts all rows of a table into a new table with the same indexes by one COPY and returns its duration. It
// is the lower limit for any writer. The rows are in memory before the measurement starts.
func TimeCopy(t testing.TB, url, table string) time.Duration {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	check(t, err)
	defer func() { check(t, conn.Close(ctx)) }()
	exec := func(query string) {
		_, err := conn.Exec(ctx, query)
		check(t, err)
	}
	var rows bytes.Buffer
	_, err = conn.PgConn().CopyTo(ctx, &rows, "COPY "+table+" TO STDOUT (FORMAT binary)")
	check(t, err)
	exec("CREATE TABLE copied (LIKE " + table + " INCLUDING ALL)")
	exec("CHECKPOINT")
	began := time.Now()
	_, err = conn.PgConn().CopyFrom(ctx, &rows, "COPY copied FROM STDIN (FORMAT binary)")
	took := time.Since(began)
	check(t, err)
	exec("DROP TABLE copied")
	return took
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
