package modelstest

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"masterpanel/models"
	"masterpanel/models/privatepg"
)

// WorldPanels is the number of panels in a generated world.
const WorldPanels = 40

//go:embed world.sql
var worldSQL string

// Worlds is a durable PostgreSQL that keeps generated worlds between runs.
type Worlds struct {
	server *privatepg.Server
}

// OpenWorlds starts the PostgreSQL in the folder that BENCH_WORLDS names, by default /var/tmp/masterpanel-worlds. To
// start from scratch, delete the folder.
func OpenWorlds(t testing.TB) *Worlds {
	t.Helper()
	dir := os.Getenv("BENCH_WORLDS")
	if dir == "" {
		dir = "/var/tmp/masterpanel-worlds"
	}
	// PostgreSQL does not run as root and needs access to the folder; the person who starts a benchmark chooses its
	// path.
	check(t, os.MkdirAll(dir, 0o755)) // #nosec G301 G703 -- see above
	check(t, os.Chmod(dir, 0o755))    // #nosec G302 G703 -- see above
	server, err := privatepg.Start(t.Context(), privatepg.Options{Dir: dir})
	check(t, err)
	t.Cleanup(func() { check(t, server.Stop()) })
	return &Worlds{server}
}

// World returns the URL of a world with the given number of orders over WorldPanels panels, a tenth as many users, a
// fifth as many payments and six hundredths as many tickets. The first call generates it; later calls only migrate it.
// The owner's username is "owner", the password Password.
func (w *Worlds) World(t testing.TB, orders int) string {
	t.Helper()
	name := fmt.Sprintf("world_%d", orders)
	if !w.has(t, name) {
		w.generate(t, name, orders)
	}
	db, err := models.Open(t.Context(), w.server.DSN(name), models.Options{Box: Box(t)})
	check(t, err)
	_, err = db.Migrate(t.Context())
	check(t, err)
	for more := true; more; { // a world from before link keys existed
		more, err = db.RekeyLinks(t.Context())
		check(t, err)
	}
	check(t, db.Close())
	return w.server.DSN(name)
}

func (w *Worlds) has(t testing.TB, name string) (there bool) {
	w.on(t, "postgres", func(ctx context.Context, conn *pgx.Conn) {
		check(t, conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there))
	})
	return there
}

// generate creates a world under a temporary name and renames it when it is complete, so that an interrupted one is
// never used.
func (w *Worlds) generate(t testing.TB, name string, orders int) {
	t.Helper()
	unfinished := name + "_unfinished"
	check(t, w.server.Drop(t.Context(), unfinished))
	check(t, w.server.Create(t.Context(), unfinished, ""))
	db, err := models.Open(t.Context(), w.server.DSN(unfinished), models.Options{Box: Box(t)})
	check(t, err)
	_, err = db.Migrate(t.Context())
	check(t, err)
	owner := Owner(t, db)
	for i := range WorldPanels {
		Panel(t, db, owner, fmt.Sprintf("P%02d", i+1), fmt.Sprintf("https://p%02d.example", i+1))
	}
	check(t, db.Close())
	w.on(t, unfinished, func(ctx context.Context, conn *pgx.Conn) {
		run := func(statements ...string) {
			for _, s := range statements {
				_, err := conn.Exec(ctx, s, pgx.QueryExecModeSimpleProtocol)
				check(t, err)
			}
		}
		run("SET synchronous_commit = off", "SET maintenance_work_mem = '1GB'", "SET timezone = 'UTC'",
			fmt.Sprintf("SET world.orders = %d", orders))
		indexes := secondIndexes(t, ctx, conn)
		for index := range indexes {
			run("DROP INDEX " + index)
		}
		run(countedTables("DISABLE"), worldSQL, countedTables("ENABLE"), recount)
		for _, definition := range indexes {
			run(definition)
		}
		run(finerSamples, "VACUUM (ANALYZE)", "CHECKPOINT")
	})
	w.on(t, "postgres", func(ctx context.Context, conn *pgx.Conn) {
		_, err := conn.Exec(ctx, "ALTER DATABASE "+unfinished+" RENAME TO "+name)
		check(t, err)
	})
}

// countedTables enables or disables the triggers that keep counts. They would hold all rows of a table in memory.
func countedTables(to string) string {
	return strings.ReplaceAll("ALTER TABLE orders ? TRIGGER USER; ALTER TABLE payments ? TRIGGER USER; ALTER TABLE users ? TRIGGER USER; ALTER TABLE tickets ? TRIGGER USER", "?", to)
}

const (
	// recount counts all rows as those triggers do; the triggers' argument lists the counted columns.
	recount = `SELECT recount(tgrelid::regclass::text, convert_from(substring(tgargs FROM 1 FOR length(tgargs) - 1), 'UTF8'))
		FROM pg_trigger WHERE tgname = 'count_added'`
	// finerSamples repeats settings of the migrations on indexes that generate drops and creates again.
	finerSamples = `ALTER INDEX orders_link_trigrams ALTER COLUMN 1 SET STATISTICS 1000;
		ALTER INDEX orders_user_created ALTER COLUMN 1 SET STATISTICS 1000`
)

// secondIndexes returns the definitions of the mirror's indexes except primary keys, by name. To build them after the
// rows are inserted takes a fraction of the time.
func secondIndexes(t testing.TB, ctx context.Context, conn *pgx.Conn) map[string]string {
	rows, err := conn.Query(ctx, `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
		AND tablename IN ('orders', 'payments', 'users', 'tickets') AND indexname NOT LIKE '%\_pkey'`)
	check(t, err)
	definitions := map[string]string{}
	var name, definition string
	_, err = pgx.ForEachRow(rows, []any{&name, &definition}, func() error { definitions[name] = definition; return nil })
	check(t, err)
	return definitions
}

func (w *Worlds) on(t testing.TB, database string, fn func(context.Context, *pgx.Conn)) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.server.DSN(database))
	check(t, err)
	defer conn.Close(context.Background())
	fn(t.Context(), conn)
}
