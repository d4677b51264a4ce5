package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Resource is a kind of record that panels have and we mirror.
type Resource string

// The resources, named as in URLs.
const (
	Orders   Resource = "orders"
	Payments Resource = "payments"
	Users    Resource = "users"
	Tickets  Resource = "tickets"
	Services Resource = "services"
)

// Resources lists all resources in display order.
var Resources = []Resource{Orders, Payments, Users, Tickets, Services}

// Loop is one way of reading a stream: the newest records, the open ones, closed ones that may still change, or the
// whole history.
type Loop string

// The loops, in the order in which a stream runs them if several are due.
const (
	LoopHead     Loop = "head"
	LoopOpen     Loop = "open"
	LoopTail     Loop = "tail"
	LoopBackfill Loop = "backfill"
)

// loopsOf returns the loops of a resource. Services are one unsorted list, so their head loop reads the whole list.
func loopsOf(r Resource) []Loop {
	switch r {
	case Orders:
		return []Loop{LoopHead, LoopOpen, LoopTail, LoopBackfill}
	case Tickets:
		return []Loop{LoopHead, LoopOpen, LoopBackfill}
	case Services:
		return []Loop{LoopHead}
	default:
		return []Loop{LoopHead, LoopTail, LoopBackfill}
	}
}

// StreamStatus is the current status of a stream.
type StreamStatus string

// The statuses of a stream.
const (
	StreamIdle       StreamStatus = "idle"
	StreamRunning    StreamStatus = "running"
	StreamBackingOff StreamStatus = "backing_off"
	StreamNeedsKey   StreamStatus = "needs_key"
	StreamBroken     StreamStatus = "broken"
	StreamPaused     StreamStatus = "paused"
)

// StreamKey identifies a stream: a resource of a panel.
type StreamKey struct {
	PanelID  int64    `bun:"panel_id,pk"`
	Resource Resource `bun:"resource,pk"`
}

// Stream is the sync state of one resource of a panel.
type Stream struct {
	bun.BaseModel `bun:"table:streams,alias:stream"`
	StreamKey
	Status        StreamStatus `bun:"status"`
	Cached        int64        `bun:"cached"`
	LeaseToken    uuid.UUID    `bun:"lease_token,type:uuid,nullzero"`
	LeaseUntil    time.Time    `bun:"lease_until,nullzero"`
	LastAttemptAt time.Time    `bun:"last_attempt_at,nullzero"`
	LastSuccessAt time.Time    `bun:"last_success_at,nullzero"`
	Failures      int          `bun:"failures"`
	ErrorClass    string       `bun:"error_class"`
	ErrorWords    string       `bun:"error_words"`
	RetryAt       time.Time    `bun:"retry_at,nullzero"`
	TurnAt        time.Time    `bun:"turn_at,nullzero"` // earliest time of its next call
	// AskedAt is when staff asked for its newest rows, zero if these have been read since.
	AskedAt time.Time `bun:"asked_at,nullzero"`
	// Abandoned says that the previous worker never returned its lease. That worker may not have announced the last
	// rows that it stored.
	Abandoned bool         `bun:"abandoned,scanonly"`
	Loops     []StreamLoop `bun:"-"`
}

// StreamLoop is the state of one loop. A zero DueAt means that it has nothing left to do (a finished backfill).
type StreamLoop struct {
	bun.BaseModel `bun:"table:stream_loops,alias:stream_loop"`
	StreamKey
	Loop            Loop            `bun:"loop,pk"`
	DueAt           time.Time       `bun:"due_at,nullzero"`
	IntervalSeconds int             `bun:"interval_seconds"`
	IntervalReason  string          `bun:"interval_reason"`
	Cursor          json.RawMessage `bun:"cursor,type:jsonb"`
	LastSuccessAt   time.Time       `bun:"last_success_at,nullzero"`
	// Trouble describes a problem of the list although it can be read; "" if there is none.
	Trouble string `bun:"trouble"`
}

// ResourceSettings are the sync settings of a resource on every panel.
type ResourceSettings struct {
	bun.BaseModel   `bun:"table:resources,alias:resource"`
	Name            Resource `bun:"name,pk"`
	IntervalSeconds int      `bun:"interval_seconds"`
	RecordsPerFetch int      `bun:"records_per_fetch"`
	// RetentionDays is how long rows are kept after their creation; nil keeps them for ever.
	RetentionDays *int `bun:"retention_days"`
}

// Interval returns the time between two reads of a resource's newest records.
func (s ResourceSettings) Interval() time.Duration {
	return time.Duration(s.IntervalSeconds) * time.Second
}

// ResourceSettings returns the sync settings of a resource.
func (db *DB) ResourceSettings(ctx context.Context, r Resource) (ResourceSettings, error) {
	var s ResourceSettings
	err := db.idb.NewSelect().Model(&s).Where("name = ?", r).Scan(ctx)
	return s, notFound(err)
}

func (db *DB) createStreams(ctx context.Context, panelID int64) error {
	var streams []Stream
	var loops []StreamLoop
	for _, r := range Resources {
		key := StreamKey{panelID, r}
		streams = append(streams, Stream{StreamKey: key, Status: StreamIdle})
		for _, l := range loopsOf(r) {
			loops = append(loops, StreamLoop{StreamKey: key, Loop: l, DueAt: db.now(), Cursor: json.RawMessage("{}")})
		}
	}
	if _, err := db.idb.NewInsert().Model(&streams).Exec(ctx); err != nil {
		return err
	}
	_, err := db.idb.NewInsert().Model(&loops).Exec(ctx)
	return err
}

// wakeStreams makes a panel's streams due immediately, for example after a change of its key or address.
func (db *DB) wakeStreams(ctx context.Context, panelID int64) error {
	if _, err := db.closeCircuit(ctx, panelID); err != nil {
		return err
	}
	_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Where("panel_id = ?", panelID).
		Set("retry_at = NULL").Set("turn_at = NULL").Set("failures = 0").Set("error_class = ''").Set("error_words = ''").
		Set("status = CASE WHEN status = 'running' THEN status ELSE 'idle' END").Exec(ctx)
	if err != nil {
		return err
	}
	_, err = db.idb.NewUpdate().Model((*StreamLoop)(nil)).Where("panel_id = ?", panelID).
		Where("due_at IS NOT NULL").Set("due_at = least(due_at, ?)", db.now()).Exec(ctx)
	return err
}

// due is an SQL condition on a stream (alias stream) that may run now. Its panel is active, is verified to be the same
// shop, has a working key and a closed circuit breaker. No worker has the stream's lease, and the stream waits neither
// after a failure nor for its next call.
const due = `
	(stream.lease_until IS NULL OR stream.lease_until <= ?0)
	AND (stream.retry_at IS NULL OR stream.retry_at <= ?0)
	AND (stream.turn_at IS NULL OR stream.turn_at <= ?0)
	AND EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = stream.panel_id
		AND panel.paused_at IS NULL AND panel.removed_at IS NULL AND panel.key_refused_at IS NULL AND panel.probe_at IS NULL
		AND panel.shop_check_at IS NULL
		AND (stream.resource <> 'services' OR panel.services_key_sealed <> ''))`

// DueStreams returns the streams with a due loop, the longest waiting first. It is the schedule: its caller enqueues a
// wake-up for each, and an extra wake-up does nothing, because ClaimStream gives the lease to one worker only.
func (db *DB) DueStreams(ctx context.Context, limit int) ([]StreamKey, error) {
	var keys []StreamKey
	err := db.idb.NewRaw(`
		SELECT stream.panel_id, stream.resource
		FROM streams AS stream
		JOIN stream_loops AS stream_loop USING (panel_id, resource)
		WHERE stream_loop.due_at <= ?0 AND `+due+`
		GROUP BY 1, 2
		ORDER BY min(stream_loop.due_at)
		LIMIT ?1`, db.now(), limit).Scan(ctx, &keys)
	return keys, err
}

// ClaimStream takes the lease of a stream for ttl and returns the stream with its loops. It returns ErrBusy if another
// worker has the lease, or if the stream may not run now.
func (db *DB) ClaimStream(ctx context.Context, key StreamKey, ttl time.Duration) (Stream, error) {
	var s Stream
	now := db.now()
	err := db.idb.NewRaw(`
		UPDATE streams AS stream
		SET lease_token = ?1, lease_until = ?2, status = 'running', last_attempt_at = ?0, turn_at = NULL
		FROM (SELECT lease_token IS NOT NULL AS abandoned FROM streams WHERE panel_id = ?3 AND resource = ?4 FOR UPDATE) AS was
		WHERE stream.panel_id = ?3 AND stream.resource = ?4 AND `+due+`
		RETURNING stream.*, was.abandoned`, now, uuid.New(), now.Add(ttl), key.PanelID, key.Resource).Scan(ctx, &s)
	if err != nil {
		if notFound(err) == ErrNotFound {
			return Stream{}, ErrBusy
		}
		return Stream{}, err
	}
	err = db.idb.NewSelect().Model(&s.Loops).Where("panel_id = ? AND resource = ?", key.PanelID, key.Resource).Scan(ctx)
	return s, err
}

// RenewLease extends the lease by another ttl. It returns ErrLeaseLost if the worker no longer has it.
func (db *DB) RenewLease(ctx context.Context, s Stream, ttl time.Duration) error {
	return db.fenced(ctx, s, func(q *bun.UpdateQuery) { q.Set("lease_until = ?", db.now().Add(ttl)) })
}

// SaveLoop stores a loop's cursor and next due time, in the transaction that stores the rows it read. If another worker
// took the stream over, it returns ErrLeaseLost, and the transaction rolls back.
func (db *DB) SaveLoop(ctx context.Context, s Stream, l StreamLoop) error {
	if err := db.fenced(ctx, s, func(q *bun.UpdateQuery) { q.Set("lease_token = lease_token") }); err != nil {
		return err
	}
	_, err := db.idb.NewUpdate().Model(&l).WherePK().Exec(ctx)
	return err
}

// StreamFailure says why a stream stopped and when it may try again.
type StreamFailure struct {
	Status  StreamStatus
	Class   string
	Words   string
	RetryAt time.Time
}

// FailStream returns the lease after a failure and sets the time of the next try.
func (db *DB) FailStream(ctx context.Context, s Stream, f StreamFailure) error {
	return db.fenced(ctx, s, func(q *bun.UpdateQuery) {
		q.Set("lease_token = NULL").Set("lease_until = NULL").Set("status = ?", f.Status).
			Set("failures = failures + 1").Set("error_class = ?", f.Class).Set("error_words = ?", clip(f.Words, 500)).
			Set("retry_at = ?", f.RetryAt)
	})
}

// fenced updates a stream if its lease token still matches.
func (db *DB) fenced(ctx context.Context, s Stream, set func(*bun.UpdateQuery)) error {
	query := db.idb.NewUpdate().Model((*Stream)(nil)).
		Where("panel_id = ? AND resource = ? AND lease_token = ?", s.PanelID, s.Resource, s.LeaseToken)
	set(query)
	result, err := query.Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("%s of panel %d: %w", s.Resource, s.PanelID, ErrLeaseLost)
	}
	return nil
}
