// Package modelstest gives each test its own database: a clone of a migrated template on a private PostgreSQL that runs
// as long as the test binary. It also builds staff, panels and rows with defaults, so that a test states only the
// values that it is about.
package modelstest

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/privatepg"
	"masterpanel/models/seal"
)

const template = "template_masterpanel"

// server is the PostgreSQL of this test binary; Main starts it before the first test.
var (
	server *privatepg.Server
	made   atomic.Int64
)

// Main runs a package's tests with a private PostgreSQL, and then calls after, which stops the package's other
// programs. Call it from TestMain.
func Main(m *testing.M, after ...func()) {
	code, err := run(m)
	for _, end := range after {
		end()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "modelstest:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx := context.Background()
	if server, err = privatepg.Start(ctx, privatepg.Options{Ephemeral: true}); err != nil {
		return 0, err
	}
	defer func() {
		if stopErr := server.Stop(); err == nil {
			err = stopErr
		}
	}()
	if err := server.Create(ctx, template, ""); err != nil {
		return 0, err
	}
	db, err := models.Open(ctx, server.DSN(template), models.Options{})
	if err != nil {
		return 0, err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return 0, err
	}
	if err := db.Close(); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// URL creates a migrated database for one test and returns its URL.
func URL(t testing.TB) string {
	t.Helper()
	return clone(t, template)
}

// EmptyURL creates a database without any table for one test and returns its URL.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return clone(t, "")
}

func clone(t testing.TB, from string) string {
	t.Helper()
	if server == nil {
		t.Fatal("modelstest: the package's TestMain must call modelstest.Main")
	}
	name := fmt.Sprintf("test_%d", made.Add(1))
	if err := server.Create(context.Background(), name, from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return server.DSN(name)
}

// New creates a migrated database for one test, with the test's clock.
func New(t testing.TB) *models.DB {
	t.Helper()
	return NewAt(t, nil)
}

// NewAt creates a migrated database for one test with the clock now; nil means the test's clock.
func NewAt(t testing.TB, now func() time.Time) *models.DB {
	t.Helper()
	return OpenAt(t, URL(t), now)
}

// OpenAt opens a database from URL with the clock now, for tests that also query it without models; nil means the
// test's clock.
func OpenAt(t testing.TB, url string, now func() time.Time) *models.DB {
	t.Helper()
	db, err := models.Open(t.Context(), url, Options(t, now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Options returns the options of a test's database; a nil clock means the test's clock. Password hashes are as cheap as
// possible: under the race detector a hash of the real cost takes a quarter of a second, and most tests log somebody
// in.
func Options(t testing.TB, now func() time.Time) models.Options {
	t.Helper()
	if now == nil {
		now = Clock(t)
	}
	return models.Options{Box: Box(t), Now: now, Passwords: models.PasswordCost{Memory: 8, Passes: 1}}
}

// Key is the SECRET_KEY of the tests.
const Key = "dGVzdHMgb25seTogdGhpcnR5LXR3byBieXRlcyA6LSk="

// Box returns a box with the tests' key.
func Box(t testing.TB) *seal.Box {
	t.Helper()
	key, err := seal.ParseKey(Key)
	if err != nil {
		t.Fatal(err)
	}
	return seal.New(key)
}
