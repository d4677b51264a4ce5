package models

import (
	"context"
	"errors"
	"time"
)

// ListedUpdate is the last update of a ticket as the panel's list showed it.
func (db *DB) ListedUpdate(ctx context.Context, key Key) (time.Time, error) {
	var at time.Time
	err := db.idb.NewRaw("SELECT updated_at FROM tickets WHERE panel_id = ? AND id = ?", key.PanelID, key.ID).Scan(ctx, &at)
	return at, notFound(err)
}

// SkipTicket notes that a ticket's messages cannot be read as it is now: it is not asked for again until it changes. A ticket of
// which there are no messages then waits for somebody to look, if the panel does not say that it was answered.
func (db *DB) SkipTicket(ctx context.Context, key Key) error {
	return db.Tx(ctx, func(db *DB) error {
		_, err := db.idb.NewRaw("UPDATE tickets SET messages_at = updated_at WHERE panel_id = ? AND id = ?", key.PanelID, key.ID).Exec(ctx)
		if err != nil {
			return err
		}
		h, err := db.hold(ctx, key)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return db.keepDesk(ctx, h.Ticket, h.desk, h.messages)
	})
}

// TicketGone notes that the panel does not know a ticket any more. What was read of it stays, and it is not asked for again
// until the list shows it as changed or somebody looks at it. It tells whether that is news.
func (db *DB) TicketGone(ctx context.Context, key Key) (news bool, err error) {
	result, err := db.idb.NewRaw(`UPDATE tickets SET messages_at = updated_at, gone_at = coalesce(gone_at, ?)
		WHERE panel_id = ? AND id = ? AND (gone_at IS NULL OR messages_at IS DISTINCT FROM updated_at)`,
		stored(db.now()), key.PanelID, key.ID).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
