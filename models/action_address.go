package models

import (
	"context"
	"strings"

	"github.com/uptrace/bun"
)

// atItsAddress is true of an action (alias t) that is meant for the address that its panel has now, while the records there
// are known to be this panel's.
const atItsAddress = `EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.removed_at IS NULL
	AND panel.address_no = t.address_no AND panel.shop_check_at IS NULL)`

// What staff read of an action that waited, and of one whose answer was lost, with the old and the new address.
const (
	wordsOfMoved = "The panel moved from %s to %s while this waited. Say whether to send it to the new address."
	wordsOfLeft  = "It was sent to %s, which the panel has left. It is not looked for at %s. Look in the shop, then say what became of it."
)

// askAboutMoved puts the actions of a panel to a person that are meant for an address that it had before: those that wait,
// and those whose answer was lost. Of panel 0 it does so for all panels, but leaves those alone that ask already: it finds
// what was written down or answered while the address changed. Nothing done at an earlier address is looked at again. It
// returns the panels. The last question joins the cause, unless an earlier change of the address asked it: that one is stale.
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

// beginsAs is the LIKE pattern of texts that begin as format does, with any words for its %s.
func beginsAs(format string) string { return strings.ReplaceAll(format, "%s", "%") + "%" }

// toItsPanel means an action for the address that its panel has now, as a person decided.
func toItsPanel(q *bun.UpdateQuery) {
	q.Set("(address_no, address) = (SELECT panel.address_no, panel.url FROM panels AS panel WHERE panel.id = t.panel_id)")
}

// panelAddress is the number of a panel's address, and locks it until the transaction ends.
func (db *DB) panelAddress(ctx context.Context, panelID int64) (no int, err error) {
	err = db.idb.NewRaw("SELECT address_no FROM panels WHERE id = ? FOR SHARE", panelID).Scan(ctx, &no)
	return no, notFound(err)
}
