package models

import (
	"context"
	"errors"
	"time"
)

// ListedUpdate returns the last update of a ticket as the panel's list showed it.
func (db *DB) ListedUpdate(ctx context.Context, key Key) (time.Time, error) {
	var at time.Time
	err := db.idb.NewRaw("SELECT updated_at FROM tickets WHERE panel_id = ? AND id = ?", key.PanelID, key.ID).Scan(ctx, &at)
	return at, notFound(err)
}

// SkipTicket stores that a ticket's messages cannot be read in its current state: workers do not read it again until it
// changes. A ticket without messages then goes to the waiting queue for a person to check, unless the panel shows it as
// answered.
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

// TicketGone stores that the panel no longer has a ticket. The mirrored data stays, and workers do not read the ticket
// again until the list shows a change or a person opens it. It reports whether the ticket was not known as gone before.
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
