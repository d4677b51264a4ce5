package models

import (
	"context"
	"time"
)

// RetrySkippedTickets makes the conversations of a panel due again that were quarantined at least the given time ago:
// their response may have been damaged in transit, and a list does not show a ticket as changed because of that.
func (db *DB) RetrySkippedTickets(ctx context.Context, panelID int64, after time.Duration) error {
	_, err := db.idb.NewRaw(`
		UPDATE tickets AS ticket SET messages_at = NULL FROM (
			SELECT CASE WHEN record ~ '^conversation [0-9]{1,18}$' THEN substr(record, 14)::bigint END AS id FROM quarantine
			WHERE panel_id = ?0 AND resource = 'tickets' AND last_at <= ?1) AS skipped
		WHERE ticket.panel_id = ?0 AND ticket.id = skipped.id AND ticket.messages_at = ticket.updated_at AND ticket.gone_at IS NULL`,
		panelID, db.now().Add(-after)).Exec(ctx)
	return err
}
