package models

import (
	"context"
	"time"
)

// moneyWaits is how long a payment may wait for its panel's key and still be sent without a person's decision.
const moneyWaits = 24 * time.Hour

const wordsOfOldMoney = "This payment waited for more than 24 hours because the panel refused its key. Decide if Masterpanel sends it now."

// askAboutOldMoney passes payments to a person that have waited too long for their panel's key, on all panels if
// panelID is 0. It returns their panels. The caller runs it before a key counts as working again, so that no worker can
// send them in between.
func (db *DB) askAboutOldMoney(ctx context.Context, panelID int64) (panels []int64, err error) {
	err = db.idb.NewRaw(`
		WITH held AS (
			UPDATE actions AS t SET due_at = NULL, changed_at = ?0, lease_token = NULL, lease_until = NULL, words = ?1
			WHERE t.kind = ?2 AND t.state = 'queued' AND t.due_at IS NOT NULL AND coalesce(t.vouched_at, t.created_at) <= ?3
				AND EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.key_refused_at IS NOT NULL)
				AND (?4 = 0 OR t.panel_id = ?4)
			RETURNING t.panel_id
		)
		SELECT DISTINCT panel_id FROM held`, db.now(), wordsOfOldMoney, KindAddPayment, db.now().Add(-moneyWaits), panelID).Scan(ctx, &panels)
	return panels, err
}
