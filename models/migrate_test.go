package models_test

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"masterpanel/models"
	"masterpanel/models/migrations"
	"masterpanel/models/modelstest"
)

func TestMigrateTwiceAtOnceAppliesEachFileOnce(t *testing.T) {
	t.Parallel()
	url := modelstest.EmptyURL(t)
	var wg sync.WaitGroup
	applied := make([]int, 3)
	for i := range applied {
		db, err := models.Open(t.Context(), url, models.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.CheckSchema(t.Context()); !errors.Is(err, models.ErrSchema) && err != nil {
			t.Errorf("before: %v", err)
		}
		wg.Go(func() {
			names, err := db.Migrate(t.Context())
			if err != nil {
				t.Error(err)
			}
			applied[i] = len(names)
		})
	}
	wg.Wait()
	db, err := models.Open(t.Context(), url, models.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := applied[0]+applied[1]+applied[2], len(files); got != want {
		t.Errorf("applied %d files in all, want %d", got, want)
	}
}

func TestASchemaIsCheckedByTheSetOfItsMigrations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, change string
		wants        []string // texts in the error; none if the schema is fine
	}{
		{"complete", "SELECT 1", nil},
		{"newer", "INSERT INTO schema_migrations (number, name) VALUES (9999, '9999_later')", nil},
		{"one in the middle is missing", "DELETE FROM schema_migrations WHERE number = 20", []string{"0020_actions", "masterpanel migrate"}},
		{"newer, and one in the middle is missing", `WITH gone AS (DELETE FROM schema_migrations WHERE number = 20)
			INSERT INTO schema_migrations (number, name) VALUES (9999, '9999_later')`, []string{"0020_actions"}},
		{"many are missing", "DELETE FROM schema_migrations WHERE number BETWEEN 1 AND 5", []string{"0001_staff, 0002_panels, 0003_sync and 2 more"}},
		{"never migrated", "DROP TABLE schema_migrations", []string{"0001_staff", "masterpanel migrate"}},
	} {
		url := modelstest.URL(t)
		if _, err := connect(t, url).ExecContext(t.Context(), c.change); err != nil {
			t.Fatal(err)
		}
		err := modelstest.OpenAt(t, url, nil).CheckSchema(t.Context())
		if errors.Is(err, models.ErrSchema) != (c.wants != nil) || c.wants == nil && err != nil {
			t.Errorf("%s: got %v", c.name, err)
			continue
		}
		for _, want := range c.wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not name %q", c.name, err, want)
			}
		}
	}
}

// TestOpenSaysWhatIsWrongWithoutThePassword uses the addresses of case 09 and similar ones.
func TestOpenSaysWhatIsWrongWithoutThePassword(t *testing.T) {
	t.Parallel()
	const encode, mode = "@ as %40, / as %2F", "disable, allow, prefer, require, verify-ca or verify-full"
	for _, c := range []struct {
		url  string
		is   error
		want string
	}{
		{"postgres://u:geheim@127.0.0.1:1/x?sslmode=disable", models.ErrUnreachable, "check that it runs"},
		{"postgres://u:geheim@no-such-host.invalid/x", models.ErrUnreachable, "check that it runs"},
		{"nonsense geheim", models.ErrAddress, "postgres://user:password@host:5432/database"},
		{"postgres://u:geheim@%zz/x", models.ErrAddress, "postgres://user:password@host:5432/database"},
		{"postgres://u:geheim@127.0.0.1:port/x", models.ErrAddress, "postgres://user:password@host:5432/database"},
		{"postgres://desk:top@Geheim99@127.0.0.1:5432/db", models.ErrAddress, encode},
		{"postgres://desk:ge%heim@127.0.0.1:5432/db", models.ErrAddress, encode},
		{"postgres://desk:ge/heim@127.0.0.1:5432/db", models.ErrAddress, encode},
		{"postgres://desk:ge?heim@127.0.0.1:5432/db", models.ErrAddress, encode},
		{"postgres://desk:ge#heim@127.0.0.1:5432/db", models.ErrAddress, encode},
		{"postgres://desk:ge heim@127.0.0.1:5432/db", models.ErrAddress, encode},
		{"postgres://desk:ge:heim@127.0.0.1:5432/db", models.ErrAddress, encode},
		{"postgres://desk:geheim@127.0.0.1:5432/db?sslmode=no-verify", models.ErrAddress, mode},
		{"host=127.0.0.1 password=geheim sslmode=off dbname=x", models.ErrAddress, mode},
	} {
		_, err := models.Open(t.Context(), c.url, models.Options{})
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.url, err, c.want)
			continue
		}
		for _, secret := range []string{"geheim", "Geheim99", "heim", "\n"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error %q tells a part of the password or has several lines", err)
			}
		}
	}
}
