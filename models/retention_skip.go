package models

import (
	"context"
	"time"
)

// ages is implemented by rows of resources that can have a retention. before reports whether the row is older than a
// cutoff and has no state of its own that keeps it.
type ages interface{ before(cutoff time.Time) bool }

func (o *Order) before(cutoff time.Time) bool { return o.CreatedAt.Before(cutoff) }

func (p *Payment) before(cutoff time.Time) bool { return p.CreatedAt.Before(cutoff) }

func (t *Ticket) before(cutoff time.Time) bool {
	return t.UpdatedAt.Before(cutoff) && (t.Status == "closed" || t.Status == "locked")
}

// withinRetention removes rows that are past the retention and not in the mirror, so that no read of a panel restores
// deleted rows. Old rows that are still in the mirror stay up to date like any other.
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
