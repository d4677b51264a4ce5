package models

import (
	"context"
	"strings"

	"github.com/uptrace/bun"
)

// atItsAddress is an SQL condition on an action (alias t): it is meant for its panel's current address, and the records
// at that address are known to be this panel's.
const atItsAddress = `EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.removed_at IS NULL
	AND panel.address_no = t.address_no AND panel.shop_check_at IS NULL)`

// Messages for staff about a queued action, and about one with a lost answer, after the panel's address changed. They
// name the old and the new address.
const (
	wordsOfMoved = "The panel's address changed from %s to %s while this action waited. Decide if Masterpanel sends it to the new address."
	wordsOfLeft  = "Masterpanel sent this to %s, the panel's earlier address, and does not check %s for it. Check the shop, then record the result."
)

// askAboutMoved passes a panel's actions for an earlier address to a person: queued ones and ones with a lost answer.
// With panelID 0 it covers all panels but skips actions that already ask; this finds the actions that were enqueued or
// answered during a change of address. Workers no longer check actions at an earlier address. It returns the affected
// panels. The previous question is appended to the cause, unless an earlier change of address asked it: that question
// is stale.
func (db *DB) askAboutMoved(ctx context.Context, panelID int64) (panels []int64, err error) {
	err = db.idb.NewRaw(`
		WITH held AS (
			UPDATE actions AS t SET due_at = NULL, changed_at = ?0, lease_token = NULL, lease_until = NULL,
				cause = left(trim(t.cause || CASE WHEN t.state = 'unconfirmed' AND t.due_at IS NULL AND t.words NOT LIKE ?4 AND t.words NOT LIKE ?5
					THEN ' ' || t.words ELSE '' END), 1000),
				words = CASE t.state
					WHEN 'queued' THEN format(?2, coalesce(nullif(t.address, ''), 'its earlier address'), panel.url)
					ELSE format(?3, coalesce(nullif(t.address, ''), 'its earlier address'), panel.url)
				END
			FROM panels AS panel
			WHERE panel.id = t.panel_id AND panel.removed_at IS NULL AND panel.address_no <> t.address_no
				AND t.state IN ('queued', 'unconfirmed')
				AND (t.panel_id = ?1 OR ?1 = 0 AND t.due_at IS NOT NULL)
			RETURNING t.panel_id
		)
		SELECT DISTINCT panel_id FROM held`, db.now(), panelID, wordsOfMoved, wordsOfLeft,
		beginsAs(wordsOfMoved), beginsAs(wordsOfLeft)).Scan(ctx, &panels)
	if err != nil || panelID == 0 {
		return panels, err
	}
	_, err = db.idb.NewRaw(`UPDATE actions SET look_at = NULL, lease_token = NULL, lease_until = NULL
		WHERE panel_id = ? AND look_at IS NOT NULL AND state <> 'sending'`, panelID).Exec(ctx)
	return panels, err
}

// beginsAs returns a LIKE pattern for texts that begin like format, with any words in place of its %s.
func beginsAs(format string) string { return strings.ReplaceAll(format, "%s", "%") + "%" }

// toItsPanel sets an action's address to its panel's current address, after a person decided to send it there.
func toItsPanel(q *bun.UpdateQuery) {
	q.Set("(address_no, address) = (SELECT panel.address_no, panel.url FROM panels AS panel WHERE panel.id = t.panel_id)")
}

// panelAddress returns the number of a panel's address and locks the panel's row (FOR SHARE) until the transaction
// ends.
func (db *DB) panelAddress(ctx context.Context, panelID int64) (no int, err error) {
	err = db.idb.NewRaw("SELECT address_no FROM panels WHERE id = ? FOR SHARE", panelID).Scan(ctx, &no)
	return no, notFound(err)
}
