package models

import (
	"context"
	"fmt"
)

// EqualActions returns how many other actions add the same thing at the same place, such as a reply with the same text,
// and may have done so after the panel was read before this action's attempt: they were sent later, or were unsettled
// when it was sent. A check of the panel cannot tell which of them a copy belongs to.
func (db *DB) EqualActions(ctx context.Context, a PanelAction) (n int, err error) {
	err = db.idb.NewRaw(`SELECT count(*) FROM actions AS a JOIN actions AS t
			ON t.panel_id = a.panel_id AND t.resource = a.resource AND t.target_id = a.target_id AND t.target_name = a.target_name
			AND t.kind = a.kind AND t.payload = a.payload AND t.id <> a.id AND (t.username = a.username OR a.kind = ?1)
		WHERE a.id = ?0 AND t.attempts > 0 AND t.state IN ('sending', 'unconfirmed', 'done') AND `+atItsAddress+`
			AND (t.sent_at > a.sent_at OR t.ended_at IS NULL OR t.ended_at > a.sent_at)`, a.ID, KindAddUser).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("counting the actions with the content of action %d: %w", a.ID, err)
	}
	return n, nil
}
