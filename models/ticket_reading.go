package models

import (
	"context"
	"time"
)

// ListedUpdate is the last update of a ticket as the panel's list showed it.
func (db *DB) ListedUpdate(ctx context.Context, key Key) (time.Time, error) {
	var at time.Time
	err := db.idb.NewRaw("SELECT updated_at FROM tickets WHERE panel_id = ? AND id = ?", key.PanelID, key.ID).Scan(ctx, &at)
	return at, notFound(err)
}

// SkipTicket notes that a ticket's messages cannot be read as it is now: it is not asked for again until it changes.
func (db *DB) SkipTicket(ctx context.Context, key Key) error {
	_, err := db.idb.NewRaw("UPDATE tickets SET messages_at = updated_at WHERE panel_id = ? AND id = ?",
		key.PanelID, key.ID).Exec(ctx)
	return err
}
