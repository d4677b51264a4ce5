package models_test

import (
	"errors"
	"io/fs"
	"sync"
	"testing"

	"masterpanel/models"
	"masterpanel/models/migrations"
	"masterpanel/models/modelstest"
)

func TestMigrateTwiceAtOnceAppliesEachFileOnce(t *testing.T) {
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

func TestOpenSaysWhatIsWrongWithoutThePassword(t *testing.T) {
	for _, url := range []string{
		"postgres://u:geheim@127.0.0.1:1/x?sslmode=disable", "postgres://u:geheim@no-such-host.invalid/x", "nonsense geheim",
		"postgres://u:geheim@%zz/x",
	} {
		_, err := models.Open(t.Context(), url, models.Options{})
		if !errors.Is(err, models.ErrUnreachable) {
			t.Errorf("%s: got %v, want ErrUnreachable", url, err)
			continue
		}
		if text := err.Error(); contains(text, "geheim") || contains(text, "\n") {
			t.Errorf("error %q tells the password or has several lines", text)
		}
	}
}
