package jobs

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"masterpanel/models"
)

// Rules limit the calls to each panel.
type Rules struct {
	// Limit is the number of calls per second. A negative number means no limit.
	Limit int
	// StaffShare is the percentage of the limit that is reserved for staff. If the limit has room for both, staff get
	// at least one slot and the other lanes get at least one.
	StaffShare int
}

// settingsAge is how old settings may be before they are read again.
const settingsAge = time.Second

// liveSettings caches the sync settings. It reads them from PostgreSQL at most once per second, so that a change
// reaches every worker within two seconds.
type liveSettings struct {
	db  *models.DB
	now func() time.Time
	log *slog.Logger

	mu     sync.Mutex
	readAt time.Time
	known  models.SyncSettings
}

// get returns the settings. While PostgreSQL does not answer, it returns the last settings that it read.
func (s *liveSettings) get(ctx context.Context) (models.SyncSettings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.readAt); !s.readAt.IsZero() && age >= 0 && age < settingsAge {
		return s.known, nil
	}
	read, err := s.db.SyncSettings(ctx)
	switch {
	case err == nil:
		s.known, s.readAt = read, now
	case s.readAt.IsZero() || ctx.Err() != nil:
		return s.known, fmt.Errorf("reading sync settings: %w", err)
	default:
		s.log.Warn("limiter: cannot reload sync settings, using the earlier ones", "error", err)
	}
	return s.known, nil
}

// rules returns the limiter's part of the settings. A limit that the worker was started with overrides the settings.
func (s *liveSettings) rules(limit int) func(context.Context) (Rules, error) {
	return func(ctx context.Context) (Rules, error) {
		if limit < 0 {
			return Rules{Limit: limit}, nil
		}
		set, err := s.get(ctx)
		return Rules{Limit: cmp.Or(limit, set.CallsPerSecond), StaffShare: set.StaffShare}, err
	}
}
