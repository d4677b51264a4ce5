package models

import (
	"context"
	"time"
)

// SyncStatus is one stream as staff see it, with its panel's state.
type SyncStatus struct {
	PanelID       int64
	Resource      Resource
	Status        StreamStatus
	Cached        int64
	LastAttemptAt time.Time
	LastSuccessAt time.Time
	ErrorClass    string
	ErrorWords    string
	Trouble       string // what is wrong with the list although it can be read; "" when nothing is
	RetryAt       time.Time
	TurnAt        time.Time // when its next call may be made; zero when it waits for none
	Interval      time.Duration
	Records       int
	PanelPaused   bool
	KeyRefusedAt  time.Time
	ProbeAt       time.Time // when one call tries the panel again that waits as a whole; zero when it does not wait
	Comparing     bool      // its address or key was changed, and its records are compared with the mirror first
	NoServicesKey bool
	// Backfilled is false while the panel's history is still being read.
	Backfilled bool
	// BackfillCursor is the backfill's own state, for its progress in words.
	BackfillCursor []byte
}

// staleAfter is how many intervals may pass without a success before a stream counts as stale; 15 s are always given.
const staleAfter = 3

// Stale tells whether what is shown of the stream may be older than its interval promises.
func (s SyncStatus) Stale(now time.Time) bool {
	if s.PanelPaused || s.NoServicesKey && s.Resource == Services {
		return false
	}
	return now.Sub(s.LastSuccessAt) > max(staleAfter*s.Interval, 15*time.Second)
}

// SyncStatuses are the streams of the given panels that the viewer may see, by panel and resource. No panels means all.
func (db *DB) SyncStatuses(ctx context.Context, v Viewer, panels []int64) ([]SyncStatus, error) {
	var found []struct {
		PanelID         int64
		Resource        Resource
		Status          StreamStatus
		Cached          int64
		LastAttemptAt   time.Time
		LastSuccessAt   time.Time
		ErrorClass      string
		ErrorWords      string
		Trouble         string
		RetryAt         time.Time
		TurnAt          time.Time
		IntervalSeconds int
		RecordsPerFetch int
		PausedAt        time.Time
		KeyRefusedAt    time.Time
		ProbeAt         time.Time
		ShopCheckAt     time.Time
		NoServicesKey   bool
		Backfilled      bool
		BackfillCursor  []byte
	}
	err := db.idb.NewRaw(`
		SELECT s.panel_id, s.resource, s.status, s.cached, s.last_attempt_at, s.last_success_at, s.error_class,
			s.error_words, s.retry_at, s.turn_at, t.trouble, r.interval_seconds, r.records_per_fetch, p.paused_at, p.key_refused_at, p.probe_at, p.shop_check_at,
			p.services_key_sealed = '' AS no_services_key, b.due_at IS NULL AS backfilled, b.cursor AS backfill_cursor
		FROM streams AS s
		JOIN resources AS r ON r.name = s.resource
		JOIN panels AS p ON p.id = s.panel_id AND p.removed_at IS NULL
		LEFT JOIN stream_loops AS b ON b.panel_id = s.panel_id AND b.resource = s.resource AND b.loop = 'backfill'
		CROSS JOIN LATERAL (SELECT coalesce(string_agg(l.trouble, ' ' ORDER BY l.loop DESC), '') AS trouble
			FROM stream_loops AS l WHERE l.panel_id = s.panel_id AND l.resource = s.resource AND l.trouble <> '') AS t
		WHERE s.panel_id = ANY(?::bigint[])
		ORDER BY s.panel_id, array_position(ARRAY['orders', 'payments', 'users', 'tickets', 'services'], s.resource)`,
		bigints(v.Scope(panels))).Scan(ctx, &found)
	if err != nil {
		return nil, err
	}
	statuses := make([]SyncStatus, len(found))
	for i, f := range found {
		statuses[i] = SyncStatus{PanelID: f.PanelID, Resource: f.Resource, Status: f.Status, Cached: f.Cached,
			LastAttemptAt: f.LastAttemptAt, LastSuccessAt: f.LastSuccessAt, ErrorClass: f.ErrorClass, ErrorWords: f.ErrorWords, Trouble: f.Trouble,
			RetryAt: f.RetryAt, TurnAt: f.TurnAt, Interval: time.Duration(f.IntervalSeconds) * time.Second, Records: f.RecordsPerFetch,
			PanelPaused: !f.PausedAt.IsZero(), KeyRefusedAt: f.KeyRefusedAt, ProbeAt: f.ProbeAt, Comparing: !f.ShopCheckAt.IsZero(), NoServicesKey: f.NoServicesKey,
			Backfilled: f.Backfilled, BackfillCursor: f.BackfillCursor}
	}
	return statuses, nil
}
