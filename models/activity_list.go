package models

import (
	"context"

	"github.com/uptrace/bun"
)

// activityScope limits the log to what the viewer may know: who manages sees everybody's actions, others their own, and
// either only those that concern no panel or one of theirs. What concerns several panels, or one that was removed, is
// for those who see all panels, and the first also for who did it.
func activityScope(query *bun.SelectQuery, v Viewer, named []int64) {
	if !v.Can(PermManage) {
		query.Where("t.staff_id = ?", v.StaffID)
	}
	scope := v.Scope(named)
	if len(named) > 0 {
		query.Where("t.panel_id = ANY(?::bigint[])", bigints(scope))
		return
	}
	const alone = "t.panel_id = ANY(?::bigint[]) OR t.panel_id = ? AND t.staff_id = ?"
	mine := []any{bigints(append(scope, NoPanel)), ManyPanels, v.StaffID}
	if !v.Can(PermManage) || len(v.Selection) > 0 {
		query.Where("("+alone+")", mine...)
		return
	}
	query.Where("("+alone+` OR (SELECT all_panels FROM staff WHERE id = ?)
		AND NOT EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.removed_at IS NULL))`,
		append(mine, v.StaffID)...)
}

// ActivityOn are up to n of the latest actions on one thing that the viewer may know of: a mirrored row, or with
// NoPanel what is our own.
func (db *DB) ActivityOn(ctx context.Context, v Viewer, object Object, key Key, n int) ([]Activity, error) {
	var rows []Activity
	query := db.idb.NewSelect().Model(&rows).ExcludeColumn("words")
	v.Selection = nil // the switcher narrows lists, not what happened to one thing
	activityScope(query, v, nil)
	err := query.Where("t.panel_id = ? AND t.object = ? AND t.object_ids @> ?::bigint[]", key.PanelID, object, bigints([]int64{key.ID})).
		Order("t.at DESC", "t.id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}
