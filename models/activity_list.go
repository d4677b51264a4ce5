package models

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// activityScope limits the log to the rows that the viewer may see. Viewers with PermManage see everybody's actions,
// others their own; both see only actions on no panel or on one of their panels. Actions on several panels are visible
// to their author and to viewers who see all panels; actions on a removed panel only to the latter. ofKnownStaff limits
// the actions on no panel.
func activityScope(query *bun.SelectQuery, v Viewer, named []int64) {
	if !v.Can(PermManage) {
		query.Where("t.staff_id = ?", v.StaffID)
	}
	if !v.Can(PermSeeEmails) { // other people's searches may hold an e-mail
		query.Where("(t.staff_id = ? OR t.action NOT IN (?))", v.StaffID, bun.List([]Action{ActSearch, ActExport, ActCopy}))
	}
	if v.Can(PermManage) && !v.AllPanels {
		ofKnownStaff(query, v)
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

// ofKnownStaff limits the log to actions by and on staff that the viewer may know of, as in Members. The viewer's own
// actions stay, and so do actions on a panel: they are part of its history, even if their author works elsewhere now. A
// removed member is hidden, because the database does not know their panels any more.
func ofKnownStaff(query *bun.SelectQuery, v Viewer) {
	const known = "ARRAY(SELECT staff.id FROM staff WHERE " + onTheirPanels + ")"
	panels := bigints(v.PanelIDs())
	query.Where("(t.staff_id = ? OR (t.panel_id <> ? OR t.staff_id = 0 OR t.staff_id = ANY("+known+")) AND (t.object <> ? OR t.object_ids <@ "+known+"))",
		v.StaffID, NoPanel, panels, ObjectStaff, panels)
}

// asRead removes amounts from other people's actions if the viewer may not see money.
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

// ActivityOn returns up to n of the latest actions on one object that the viewer may see: a mirrored row, or with
// NoPanel an object of our own.
func (db *DB) ActivityOn(ctx context.Context, v Viewer, object Object, key Key, n int) ([]Activity, error) {
	return db.latestActivity(ctx, v, n, "SELECT id FROM activity WHERE panel_id + 0 = ? AND object = ? AND object_ids @> ?::bigint[]",
		key.PanelID, object, bigints([]int64{key.ID}))
}

// ActivityOfStaff returns up to n of the latest actions by or on a staff member that the viewer may see.
func (db *DB) ActivityOfStaff(ctx context.Context, v Viewer, staffID int64, n int) ([]Activity, error) {
	return db.latestActivity(ctx, v, n, `(SELECT id FROM activity WHERE staff_id = ? ORDER BY at DESC LIMIT 1000)
		UNION ALL SELECT id FROM activity WHERE object = ? AND object_ids @> ?::bigint[]`,
		staffID, ObjectStaff, bigints([]int64{staffID}))
}

// latestActivity returns the latest rows among the given ids. The query finds the ids first: if PostgreSQL sorted by
// time with a limit, it would walk the whole log for an object without any action. The + 0 in the subquery keeps
// PostgreSQL from reading all rows of a panel instead of the few with the id.
func (db *DB) latestActivity(ctx context.Context, v Viewer, n int, ids string, args ...any) ([]Activity, error) {
	var rows []Activity
	query := db.idb.NewSelect().Model(&rows).ExcludeColumn("words")
	v.Selection = nil // the panel switcher narrows lists, not the history of one object
	activityScope(query, v, nil)
	err := query.Where("t.id = ANY(ARRAY("+ids+"))", args...).Order("t.at DESC", "t.id DESC").Limit(int64(n)).Scan(ctx)
	return asRead(v, rows), err
}

func searchActivity(_ Viewer, text string) search {
	return search{condition: `t.words LIKE ?`, args: []any{contains(strings.ToLower(strings.TrimPrefix(text, "#")))}, reading: "Contains “" + text + "”"}
}
