package models

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// Service is a service that a panel sells. Rate is the price of 1000, in the currency of the services key's owner.
type Service struct {
	bun.BaseModel `bun:"table:services,alias:t" json:"-"`
	Key
	Sorted
	Position int                 `bun:"position" json:"position"`
	Name     string              `bun:"name" json:"name"`
	Category string              `bun:"category" json:"category"`
	Type     string              `bun:"type" json:"type"`
	Rate     decimal.NullDecimal `bun:"rate,type:numeric" json:"rate"`
	Min      *int64              `bun:"min" json:"min"`
	Max      *int64              `bun:"max" json:"max"`
	Refill   bool                `bun:"refill" json:"refill"`
	Cancel   bool                `bun:"cancel" json:"cancel"`
	GoneAt   *time.Time          `bun:"gone_at" json:"gone_at"`
	// Orders30 and Problems30 are our own counts for the last 30 days.
	Orders30   int64 `bun:"orders_30d" json:"-"`
	Problems30 int64 `bun:"problems_30d" json:"-"`
	// OpenReports is set for lists.
	OpenReports int64 `bun:"-" json:"-"`
	Mirrored
}

func (s *Service) parts() (Key, *Mirrored) { return s.Key, &s.Mirrored }

// PutServices mirrors a panel's complete list of services, stores its changes, and counts the services' orders.
// Services that are missing from the list are marked as gone. bad is the number of records that could not be read; if
// there are any, no service is marked as gone.
func (db *DB) PutServices(ctx context.Context, panelID int64, rows []Service, bad int, fetchedAt time.Time) (w Written, err error) {
	for i := range rows {
		rows[i].Beside = int64(rows[i].Position)
	}
	err = db.Tx(ctx, func(db *DB) error {
		if err := db.lockServices(ctx, panelID); err != nil {
			return err
		}
		old, readAt, err := db.sold(ctx, panelID)
		if err != nil {
			return err
		}
		if len(rows) > 0 && !readAt.After(stored(fetchedAt)) { // an older response contains no changes
			if err := db.keepChanges(ctx, changesTo(old, rows, bad == 0, db.now())); err != nil {
				return err
			}
		}
		if w, err = putMirror(ctx, db, StreamKey{panelID, Services}, rows, fetchedAt); err != nil || len(rows) == 0 {
			return err
		}
		if bad == 0 {
			gone, err := db.markGone(ctx, panelID, rows, stored(fetchedAt))
			if err != nil {
				return err
			}
			w.Changed += gone
		}
		_, err = db.countServices(ctx, panelID)
		return err
	})
	return w, err
}

// markGone marks services that are missing from a complete list and returns their number.
func (db *DB) markGone(ctx context.Context, panelID int64, list []Service, fetchedAt time.Time) (int, error) {
	ids := make([]int64, len(list))
	for i, s := range list {
		ids[i] = s.ID
	}
	result, err := db.idb.NewRaw(`UPDATE services SET gone_at = ?0, changed_at = ?0, fetched_at = ?1, hash = 0
		WHERE panel_id = ?2 AND NOT id = ANY(?3::bigint[]) AND gone_at IS NULL AND fetched_at <= ?1`,
		db.now(), fetchedAt, panelID, bigints(ids)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("marking services as gone: %w", err)
	}
	gone, err := result.RowsAffected()
	return int(gone), err
}

// Service returns one service that the viewer may see, even if it is gone, else ErrNotFound.
func (db *DB) Service(ctx context.Context, v Viewer, key Key) (Service, error) {
	return findOne[Service](ctx, db, v, key)
}
