package models_test

import (
	"errors"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestSettingsOfSyncingAreCheckedAndKept(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	good, err := db.SyncSettings(t.Context())
	if err != nil || good.CallsPerSecond != 5 || good.StaffShare != 20 {
		t.Fatalf("at first: %+v, %v", good, err)
	}
	for field, spoil := range map[string]func(*models.SyncSettings){
		"calls_per_second":     func(s *models.SyncSettings) { s.CallsPerSecond = 6 },
		"staff_share":          func(s *models.SyncSettings) { s.StaffShare = -1 },
		"min_interval_seconds": func(s *models.SyncSettings) { s.MinIntervalSeconds = 0 },
		"max_interval_seconds": func(s *models.SyncSettings) { s.MinIntervalSeconds, s.MaxIntervalSeconds = 100, 50 },
		"lookback_days":        func(s *models.SyncSettings) { s.LookbackDays = 0 },
	} {
		s := good
		spoil(&s)
		var invalid models.Invalid
		if err := db.SetSyncSettings(t.Context(), owner, s); !errors.As(err, &invalid) || invalid[field] == "" {
			t.Errorf("%s: got %v, want a message for it", field, err)
		}
	}
	good.Adaptive, good.CallsPerSecond = false, 3
	if err := db.SetSyncSettings(t.Context(), owner, good); err != nil {
		t.Fatal(err)
	}
	if got, err := db.SyncSettings(t.Context()); err != nil || got != good {
		t.Errorf("got %+v, %v, want %+v", got, err, good)
	}
	if err := db.SetSyncSettings(t.Context(), models.Viewer{Role: models.RoleAgent}, good); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("an agent: got %v, want ErrNotAllowed", err)
	}
}

func TestAShorterIntervalIsDueSooner(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	key := models.StreamKey{PanelID: p.ID, Resource: models.Services}
	s, err := db.ClaimStream(t.Context(), key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	loop := s.Loops[0]
	loop.DueAt = c.now().Add(time.Hour)
	if err := errors.Join(db.SaveLoop(t.Context(), s, loop), db.ReleaseStream(t.Context(), s)); err != nil {
		t.Fatal(err)
	}
	if err := db.SetResourceSettings(t.Context(), owner, models.ResourceSettings{Name: models.Services, IntervalSeconds: 30, RecordsPerFetch: 100}); err != nil {
		t.Fatal(err)
	}
	c.turn(31 * time.Second)
	if due, err := db.DueStreams(t.Context(), 100); err != nil || len(due) != 5 {
		t.Errorf("%d streams are due, %v, want all 5", len(due), err)
	}
}
