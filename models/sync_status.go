package models

import (
	"context"
	"time"
)

// SyncStatus is the status of one stream for staff, including its panel's state.
type SyncStatus struct {
	PanelID       int64
	Resource      Resource
	Status        StreamStatus
	Cached        int64
	LastAttemptAt time.Time
	LastSuccessAt time.Time
	ErrorClass    string
	ErrorWords    string
	Trouble       string // a problem of the list although it can be read; "" if there is none
	RetryAt       time.Time
	TurnAt        time.Time // earliest time of its next call; zero if it does not wait
	Interval      time.Duration
	Records       int
	PanelPaused   bool
	KeyRefusedAt  time.Time
	ProbeAt       time.Time // next test call to a panel whose circuit is open; zero if it is closed
	Comparing     bool      // its address or key changed, and its records are first compared with the mirror
	NoServicesKey bool
	// Backfilled is false while the first import of the panel's history is in progress.
	Backfilled bool
	// BackfillCursor is the backfill's cursor, from which the page computes its progress.
	BackfillCursor []byte
}

// staleAfter is the number of intervals without a success after which a stream counts as stale; the minimum is 15 s.
const staleAfter = 3

// Stale reports whether the stream's data may be older than its interval promises.
func (s SyncStatus) Stale(now time.Time) bool {
	if s.PanelPaused || s.NoServicesKey && s.Resource == Services {
		return false
	}
	return now.Sub(s.LastSuccessAt) > max(staleAfter*s.Interval, 15*time.Second)
}

// SyncStatuses returns the streams of the given panels that the viewer may see, by panel and resource. An empty list
// means the selected panels, or all if none are selected.
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
