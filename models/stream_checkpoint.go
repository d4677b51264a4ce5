package models

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Checkpoint stores loops' cursors and next due times, in the transaction that stores the rows they read, and extends
// the lease, all in one round trip. If another worker took the stream over, it returns ErrLeaseLost, and the
// transaction rolls back.
func (db *DB) Checkpoint(ctx context.Context, s Stream, loops []*StreamLoop, ttl time.Duration) error {
	batch := &pgx.Batch{}
	batch.Queue("UPDATE streams SET lease_until = $4 WHERE panel_id = $1 AND resource = $2 AND lease_token = $3",
		s.PanelID, string(s.Resource), s.LeaseToken.String(), db.now().Add(ttl))
	for _, l := range loops {
		batch.Queue(`UPDATE stream_loops SET due_at = $4, interval_seconds = $5, interval_reason = $6, cursor = $7, last_success_at = $8, trouble = $9
			WHERE panel_id = $1 AND resource = $2 AND loop = $3`,
			l.PanelID, string(l.Resource), string(l.Loop), orNull(l.DueAt), l.IntervalSeconds, l.IntervalReason, string(l.Cursor), orNull(l.LastSuccessAt), clip(l.Trouble, 500))
	}
	return db.direct(ctx, func(conn *pgx.Conn) error {
		results := conn.SendBatch(ctx, batch)
		fence, err := results.Exec()
		if closeErr := results.Close(); err == nil {
			err = closeErr
		}
		if err == nil && fence.RowsAffected() == 0 {
			err = fmt.Errorf("%s of panel %d: %w", s.Resource, s.PanelID, ErrLeaseLost)
		}
		return err
	})
}

// orNull returns the time for a nullable column: nil for a zero time.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
