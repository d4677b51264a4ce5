package models_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestOneOfManyWorkersClaimsAStream(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	key := models.StreamKey{PanelID: p.ID, Resource: models.Orders}
	var claimed atomic.Int64
	var stream models.Stream
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			s, err := db.ClaimStream(t.Context(), key, time.Minute)
			switch {
			case err == nil:
				claimed.Add(1)
				stream = s
			case !errors.Is(err, models.ErrBusy):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if claimed.Load() != 1 || len(stream.Loops) != 4 {
		t.Fatalf("%d workers claimed it with %d loops, want 1 with 4", claimed.Load(), len(stream.Loops))
	}

	c.turn(2 * time.Minute) // the worker died; its lease expires
	second, err := db.ClaimStream(t.Context(), key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if stream.Abandoned || !second.Abandoned {
		t.Errorf("abandoned: got %v and then %v, want only the lease of the dead worker to be", stream.Abandoned, second.Abandoned)
	}
	if err := db.SaveLoop(t.Context(), stream, stream.Loops[0]); !errors.Is(err, models.ErrLeaseLost) {
		t.Errorf("the first worker came back to life: got %v, want ErrLeaseLost", err)
	}
	if err := db.SaveLoop(t.Context(), second, second.Loops[0]); err != nil {
		t.Error(err)
	}
}

func TestWhatIsDueFollowsFromTheDatabase(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	owner = modelstest.Viewer(t, db, "owner")
	due := func() []models.StreamKey {
		keys, err := db.DueStreams(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	if got := len(due()); got != 5 {
		t.Errorf("a new panel has %d due streams, want 5", got)
	}
	key := models.StreamKey{PanelID: p.ID, Resource: models.Orders}
	s, err := db.ClaimStream(t.Context(), key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(due(), key) {
		t.Error("a claimed stream is due")
	}
	failure := models.StreamFailure{Status: models.StreamBackingOff, Class: "down", Words: "no answer", RetryAt: c.now().Add(time.Minute)}
	if err := db.FailStream(t.Context(), s, failure); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(due(), key) {
		t.Error("a stream that failed just now is due")
	}
	c.turn(2 * time.Minute)
	if !slices.Contains(due(), key) {
		t.Error("a stream is not due again after its delay")
	}
	refuse := func() error {
		access, err := db.PanelAccess(t.Context(), p.ID)
		if err != nil {
			return err
		}
		_, err = db.MarkKeyRefused(t.Context(), access, c.now().Add(time.Hour))
		return err
	}
	steps := []struct {
		name string
		do   func() error
		want int
	}{
		{"paused", func() error { return db.PausePanel(t.Context(), owner, p.ID) }, 0},
		{"resumed", func() error { return db.ResumePanel(t.Context(), owner, p.ID) }, 5},
		{"key refused", refuse, 0},
		{"new key", func() error {
			_, err := db.UpdatePanel(t.Context(), owner, p.ID, models.PanelInput{Name: p.Name, ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL, AdminAPIKey: "another-key"})
			return err
		}, 0},
		{"its records match", func() error {
			access, err := db.PanelAccess(t.Context(), p.ID)
			if err != nil {
				return err
			}
			return db.ShopMatches(t.Context(), access)
		}, 5},
		{"no services key", func() error {
			_, err := db.UpdatePanel(t.Context(), owner, p.ID, models.PanelInput{Name: p.Name, ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL, ServicesAPIKey: "-"})
			return err
		}, 4},
		{"removed", func() error { return db.RemovePanel(t.Context(), owner, p.ID, p.ShortCode) }, 0},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := len(due()); got != step.want {
			t.Errorf("%s: %d due streams, want %d", step.name, got, step.want)
		}
	}
}
