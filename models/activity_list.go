package models

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// activityScope limits the log to what the viewer may know: who manages sees everybody's actions, others their own, and
// either only those that concern no panel or one of theirs. What concerns several panels, or one that was removed, is
// for those who see all panels, and the first also for who did it.
func activityScope(query *bun.SelectQuery, v Viewer, named []int64) {
	if !v.Can(PermManage) {
		query.Where("t.staff_id = ?", v.StaffID)
	}
	if !v.Can(PermSeeEmails) { // what others searched for may be an e-mail
		query.Where("(t.staff_id = ? OR t.action NOT IN (?))", v.StaffID, bun.List([]Action{ActSearch, ActExport, ActCopy}))
	}
	scope := v.Scope(named)
	if len(named) > 0 {
		query.Where("t.panel_id = ANY(?::bigint[])", bigints(scope))
		return
	}
	const alone = "t.panel_id = ANY(?::bigint[]) OR t.panel_id = ? AND t.staff_id = ?"
	mine := []any{bigints(append(scope, NoPanel)), ManyPanels, v.StaffID}
	if !v.Can(PermManage) || !v.AllPanels || len(v.Selection) > 0 {
		query.Where("("+alone+")", mine...)
		return
	}
	query.Where("("+alone+` OR NOT EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.removed_at IS NULL))`, mine...)
}

// asRead leaves out of others' actions what the viewer may not see in them.
func asRead(v Viewer, rows []Activity) []Activity {
	if v.Can(PermSeeMoney) {
		return rows
	}
	for i, row := range rows {
		if row.StaffID != v.StaffID {
			rows[i].Changes = slices.DeleteFunc(row.Changes, func(c Change) bool { return c.Field == amountField })
		}
	}
	return rows
}

// ActivityOn are up to n of the latest actions on one thing that the viewer may know of: a mirrored row, or with
// NoPanel what is our own.
func (db *DB) ActivityOn(ctx context.Context, v Viewer, object Object, key Key, n int) ([]Activity, error) {
	return db.latestActivity(ctx, v, n, "SELECT id FROM activity WHERE panel_id + 0 = ? AND object = ? AND object_ids @> ?::bigint[]",
		key.PanelID, object, bigints([]int64{key.ID}))
}

// ActivityOfStaff are up to n of the latest actions by a staff member, or on them, that the viewer may know of.
func (db *DB) ActivityOfStaff(ctx context.Context, v Viewer, staffID int64, n int) ([]Activity, error) {
	return db.latestActivity(ctx, v, n, `(SELECT id FROM activity WHERE staff_id = ? ORDER BY at DESC LIMIT 1000)
		UNION ALL SELECT id FROM activity WHERE object = ? AND object_ids @> ?::bigint[]`,
		staffID, ObjectStaff, bigints([]int64{staffID}))
}

// latestActivity are the latest of some rows. Their ids are found first: told to sort by time and stop early, PostgreSQL
// would walk the whole log for something that was never touched. The + 0 keeps it from reading all of a panel's rows
// beside the few with the id.
func (db *DB) latestActivity(ctx context.Context, v Viewer, n int, ids string, args ...any) ([]Activity, error) {
	var rows []Activity
	query := db.idb.NewSelect().Model(&rows).ExcludeColumn("words")
	v.Selection = nil // the switcher narrows lists, not what happened to one thing
	activityScope(query, v, nil)
	err := query.Where("t.id = ANY(ARRAY("+ids+"))", args...).Order("t.at DESC", "t.id DESC").Limit(int64(n)).Scan(ctx)
	return asRead(v, rows), err
}

func searchActivity(_ Viewer, text string) search {
	return search{condition: `t.words LIKE ?`, args: []any{contains(strings.ToLower(strings.TrimPrefix(text, "#")))}, reading: "Contains “" + text + "”"}
}
