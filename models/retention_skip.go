package models

import (
	"context"
	"time"
)

// ages is a row of a resource that may have a retention. before tells whether it is older than a cutoff and nothing of
// its own keeps it.
type ages interface{ before(cutoff time.Time) bool }

func (o *Order) before(cutoff time.Time) bool { return o.CreatedAt.Before(cutoff) }

func (p *Payment) before(cutoff time.Time) bool { return p.CreatedAt.Before(cutoff) }

func (t *Ticket) before(cutoff time.Time) bool {
	return t.UpdatedAt.Before(cutoff) && (t.Status == "closed" || t.Status == "locked")
}

// withinRetention leaves out rows that are past the retention and not in the mirror, so that no way of reading a panel
// brings back what was deleted. Rows that stayed although they are old are kept fresh like any other.
func withinRetention[T any, P interface {
	*T
	mirrored
}](ctx context.Context, db *DB, r Resource, rows []T, known map[int64]Mirrored) ([]T, error) {
	if len(known) == len(rows) || !r.Ages() {
		return rows, nil
	}
	cutoff, err := db.RetentionCutoff(ctx, r)
	if err != nil || cutoff.IsZero() {
		return rows, err
	}
	kept := make([]T, 0, len(rows))
	for i := range rows {
		key, _ := P(&rows[i]).parts()
		_, there := known[key.ID]
		if row, ok := any(&rows[i]).(ages); there || !ok || !row.before(cutoff) {
			kept = append(kept, rows[i])
		}
	}
	return kept, nil
}
