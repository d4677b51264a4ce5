package models

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// RetrySkippedTickets makes those conversations of a panel due again that were set aside at least so long ago: their answer
// may have been spoiled on its way, and no list shows a ticket as changed because of that.
func (db *DB) RetrySkippedTickets(ctx context.Context, panelID int64, after time.Duration) error {
	_, err := db.idb.NewRaw(`
		UPDATE tickets AS ticket SET messages_at = NULL FROM (
			SELECT CASE WHEN record ~ '^[0-9]{1,18}$' THEN record::bigint END AS id FROM quarantine
			WHERE panel_id = ?0 AND resource = 'tickets' AND last_at <= ?1) AS skipped
		WHERE ticket.panel_id = ?0 AND ticket.id = skipped.id AND ticket.messages_at = ticket.updated_at AND ticket.gone_at IS NULL`,
		panelID, db.now().Add(-after)).Exec(ctx)
	return err
}

// ReadWell takes a record off those that were set aside, because it is readable now.
func (db *DB) ReadWell(ctx context.Context, key StreamKey, records []string) error {
	if len(records) == 0 {
		return nil
	}
	_, err := db.idb.NewRaw("DELETE FROM quarantine WHERE panel_id = ? AND resource = ? AND record IN (?)",
		key.PanelID, key.Resource, bun.List(records)).Exec(ctx)
	return err
}
