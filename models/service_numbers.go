package models

import (
	"context"
	"fmt"
)

// serviceDays is the period in days for the counts of a service's orders and problems.
const serviceDays = 30

// serviceLock is the class of the advisory locks, one per panel, that allow one transaction at a time to write a
// panel's services. Two transactions that update the same rows in different orders would deadlock.
const serviceLock = 0x73727663

func (db *DB) lockServices(ctx context.Context, panelID int64) error {
	if _, err := db.idb.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?, ?)", serviceLock, int32(panelID)); err != nil { // #nosec G115 -- ids of panels count from 1
		return fmt.Errorf("waiting for the services of panel %d: %w", panelID, err)
	}
	return nil
}

// CountServices recounts the orders and problems of every panel's services, and returns the panels on which a count
// changed.
func (db *DB) CountServices(ctx context.Context) (changed []int64, err error) {
	var panels []int64
	err = db.idb.NewRaw("SELECT id FROM panels WHERE removed_at IS NULL AND EXISTS (SELECT FROM services WHERE panel_id = panels.id) ORDER BY id").Scan(ctx, &panels)
	if err != nil {
		return nil, fmt.Errorf("looking for services: %w", err)
	}
	for _, id := range panels {
		n := int64(0)
		err := db.MirrorTx(ctx, func(db *DB) (err error) {
			if err = db.lockServices(ctx, id); err == nil {
				n, err = db.countServices(ctx, id)
			}
			return err
		})
		if err != nil {
			return changed, err
		}
		if n > 0 {
			changed = append(changed, id)
		}
	}
	return changed, nil
}

// countServices counts the orders of each of a panel's services in the last 30 days, and the problems among them:
// orders that ended partial, canceled or failed. It writes only services whose counts changed, and returns their
// number.
func (db *DB) countServices(ctx context.Context, panelID int64) (int64, error) {
	result, err := db.idb.NewRaw(`UPDATE services AS s SET orders_30d = n.orders, problems_30d = n.problems
		FROM (SELECT known.id, coalesce(o.orders, 0) AS orders, coalesce(o.problems, 0) AS problems
			FROM services AS known LEFT JOIN (
				SELECT service_id, count(*) AS orders, count(*) FILTER (WHERE status IN ('partial', 'canceled', 'error', 'fail')) AS problems
				FROM orders WHERE panel_id = ?0 AND created_at >= ?1 GROUP BY service_id) AS o ON o.service_id = known.id
			WHERE known.panel_id = ?0) AS n
		WHERE s.panel_id = ?0 AND s.id = n.id AND (s.orders_30d, s.problems_30d) IS DISTINCT FROM (n.orders, n.problems)`,
		panelID, db.now().AddDate(0, 0, -serviceDays)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("counting the orders of services: %w", err)
	}
	return result.RowsAffected()
}
