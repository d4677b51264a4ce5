package models

import (
	"context"
	"fmt"
)

// serviceDays is over how many days a service's orders and problems are counted.
const serviceDays = 30

// countServices counts the orders that each of a panel's services had in the last 30 days, and the problems among them: those
// that ended partial, canceled or failed. Services whose numbers are what they were are not written.
func (db *DB) countServices(ctx context.Context, panelID int64) error {
	_, err := db.idb.NewRaw(`UPDATE services AS s SET orders_30d = n.orders, problems_30d = n.problems
		FROM (SELECT known.id, coalesce(o.orders, 0) AS orders, coalesce(o.problems, 0) AS problems
			FROM services AS known LEFT JOIN (
				SELECT service_id, count(*) AS orders, count(*) FILTER (WHERE status IN ('partial', 'canceled', 'error', 'fail')) AS problems
				FROM orders WHERE panel_id = ?0 AND created_at >= ?1 GROUP BY service_id) AS o ON o.service_id = known.id
			WHERE known.panel_id = ?0) AS n
		WHERE s.panel_id = ?0 AND s.id = n.id AND (s.orders_30d, s.problems_30d) IS DISTINCT FROM (n.orders, n.problems)`,
		panelID, db.now().AddDate(0, 0, -serviceDays)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("counting the orders of services: %w", err)
	}
	return nil
}
