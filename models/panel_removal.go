package models

import (
	"context"
	"fmt"
)

// mirrorTables are the tables with a panel's rows and with our own rows about them.
var mirrorTables = []string{"orders", "payments", "users", "ticket_messages", "tickets", "services", "service_changes", "reports", "order_lookups", "ticket_drafts", "mass_reply_tickets"}

// RemovedPanels returns the panels that staff removed and whose rows are not all deleted yet.
func (db *DB) RemovedPanels(ctx context.Context) ([]int64, error) {
	var ids []int64
	err := db.idb.NewSelect().Model((*Panel)(nil)).Column("id").Where("removed_at IS NOT NULL").Scan(ctx, &ids)
	return ids, err
}

// PurgeRemovedPanel deletes up to n of a removed panel's rows and, if none is left, the panel. done reports that the
// panel is deleted. Small batches keep locks short and let another worker continue after a crash.
func (db *DB) PurgeRemovedPanel(ctx context.Context, id int64, n int) (done bool, err error) {
	for _, table := range mirrorTables {
		result, err := db.idb.NewRaw(`DELETE FROM `+table+` WHERE ctid IN (
			SELECT ctid FROM `+table+` WHERE panel_id = ?0
			AND EXISTS (SELECT 1 FROM panels WHERE id = ?0 AND removed_at IS NOT NULL) LIMIT ?1)`, id, n).Exec(ctx)
		if err != nil {
			return false, fmt.Errorf("purging %s of panel %d: %w", table, id, err)
		}
		if deleted, err := result.RowsAffected(); err != nil || deleted > 0 {
			return false, err
		}
	}
	_, err = db.idb.NewDelete().Model((*Panel)(nil)).Where("id = ? AND removed_at IS NOT NULL", id).Exec(ctx)
	return err == nil, err
}
