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

// Rules are how much may be asked of each panel.
type Rules struct {
	// Limit is the number of calls a second; negative means that there is none.
	Limit int
	// StaffShare is the part of the limit, in percent, that is never taken by other lanes. At least one place is
	// kept, and one is left to the others, where the limit has room for both.
	StaffShare int
}

// settingsAge is how old settings may be before they are read again.
const settingsAge = time.Second

// liveSettings are the settings of the syncing, read from PostgreSQL at most once a second, so that a change reaches
// every worker within two.
type liveSettings struct {
	db  *models.DB
	now func() time.Time
	log *slog.Logger

	mu     sync.Mutex
	readAt time.Time
	known  models.SyncSettings
}

// get returns the settings. While PostgreSQL does not answer, the ones last read are good enough.
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
		return s.known, fmt.Errorf("settings of the syncing: %w", err)
	default:
		s.log.Warn("settings of the syncing could not be read again", "error", err)
	}
	return s.known, nil
}

// rules are the limiter's part of the settings; a limit that the worker was started with goes before.
func (s *liveSettings) rules(limit int) func(context.Context) (Rules, error) {
	return func(ctx context.Context) (Rules, error) {
		if limit < 0 {
			return Rules{Limit: limit}, nil
		}
		set, err := s.get(ctx)
		return Rules{Limit: cmp.Or(limit, set.CallsPerSecond), StaffShare: set.StaffShare}, err
	}
}
