package models

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"masterpanel/models/migrations"
)

// migrationLock is the PostgreSQL advisory lock that lets one process migrate at a time. A killed process frees it.
const migrationLock = 0x6d617374

// migration is one numbered SQL file.
type migration struct {
	number int
	name   string
	sql    string
}

// Migrate brings the schema to this program's version and returns the names of the applied migrations. Each file is
// committed together with its row in schema_migrations, so a process that is killed leaves no half-applied migration.
// bun's own migrator writes that row in a second statement, so Migrate does not use it.
func (db *DB) Migrate(ctx context.Context) ([]string, error) {
	all, err := loadMigrations()
	if err != nil {
		return nil, err
	}
	var applied []string
	for _, m := range all {
		done, err := db.apply(ctx, m)
		if err != nil {
			return applied, fmt.Errorf("migration %s: %w", m.name, err)
		}
		if done {
			applied = append(applied, m.name)
		}
	}
	return applied, nil
}

func (db *DB) apply(ctx context.Context, m migration) (done bool, err error) {
	err = db.pool.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", migrationLock); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (
			number int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`); err != nil {
			return err
		}
		if there, err := tx.NewSelect().Table("schema_migrations").Where("number = ?", m.number).Exists(ctx); err != nil || there {
			return err
		}
		// The files hold literal question marks and several statements, so they go to the driver as they are.
		if _, err := tx.Tx.ExecContext(ctx, m.sql); err != nil {
			return err
		}
		done = true
		_, err := tx.ExecContext(ctx, "INSERT INTO schema_migrations (number, name) VALUES (?, ?)", m.number, m.name)
		return err
	})
	return done && err == nil, err
}

// CheckSchema returns ErrSchema with the names of the missing migrations if the database lacks any migration of this
// program. It compares sets, because a release may fill a gap below the highest number. Migrations that this program
// does not know are fine, because old and new versions run side by side during a rollout.
func (db *DB) CheckSchema(ctx context.Context) error {
	all, err := loadMigrations()
	if err != nil {
		return err
	}
	applied, err := db.appliedMigrations(ctx)
	if err != nil {
		return err
	}
	var missing []string
	for _, m := range all {
		if !applied[m.number] {
			missing = append(missing, m.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: it lacks %s; run `masterpanel migrate`", ErrSchema, firstNames(missing))
	}
	return nil
}

// appliedMigrations returns the numbers of the migrations that the database has.
func (db *DB) appliedMigrations(ctx context.Context) (map[int]bool, error) {
	var numbers []int
	err := db.idb.NewRaw("SELECT number FROM schema_migrations").Scan(ctx, &numbers)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" { // undefined_table: never migrated
		err = nil
	}
	applied := make(map[int]bool, len(numbers))
	for _, number := range numbers {
		applied[number] = true
	}
	return applied, err
}

// firstNames joins up to three names and counts the rest.
func firstNames(names []string) string {
	const shown = 3
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

func loadMigrations() ([]migration, error) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	last := 0
	for _, name := range names { // Glob sorts
		number, err := strconv.Atoi(strings.SplitN(name, "_", 2)[0])
		if err != nil || number <= last {
			return nil, fmt.Errorf("migration %s: want a number above %04d", name, last)
		}
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			return nil, err
		}
		last = number
		all = append(all, migration{number: number, name: strings.TrimSuffix(name, ".sql"), sql: string(text)})
	}
	return all, nil
}
