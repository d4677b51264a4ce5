package models

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/uptrace/bun"
)

// kept are the columns of each table whose values the triggers count_rows count on every change. Every row has a value
// in each of them, so each of them also gives the total.
var kept = map[string][]string{
	"orders":   {"status", "mode", "source", "provider", "service_id"},
	"payments": {"status", "method", "risk", "mode"},
	"users":    {"status"},
	"tickets":  {"status", "holder", "place"},
}

// keeps reports whether the counts of a filter's values are cached.
func (l *List) keeps(f Filter) bool {
	return l.always == "" && slices.Contains(kept[l.Table], f.Column)
}

// keptFor returns the filter whose cached counts answer how many rows match q, and its values to add up. ok is false if
// another condition narrows the list.
func (l *List) keptFor(q ListQuery) (f Filter, values []string, ok bool) {
	if q.Text != "" || q.Part != "" || !q.CreatedFrom.IsZero() || !q.CreatedTo.IsZero() || len(q.Values) > 1 || q.Only != nil || len(q.Except) > 0 || len(kept[l.Table]) == 0 {
		return f, nil, false
	}
	for name, chosen := range q.Values {
		f, _ = l.Filter(name)
		return f, f.spelled(chosen), l.keeps(f)
	}
	f = Filter{Column: kept[l.Table][0]}
	return f, nil, l.keeps(f)
}

// spelled returns values in their cached form: 9 for 009, "" for NoValue.
func (f Filter) spelled(values []string) []string {
	spelled := slices.Clone(values)
	for i, value := range values {
		switch {
		case f.Integer:
			n, _ := strconv.ParseInt(value, 10, 64) // ParseListQuery accepts only integers here
			spelled[i] = strconv.FormatInt(n, 10)
		case f.None != "" && value == NoValue:
			spelled[i] = ""
		}
	}
	return spelled
}

// keptOptions returns the values of a filter on the panels of q with their cached counts, the most frequent first, at
// most limit. match selects values that contain it in the value or the name.
func (db *DB) keptOptions(ctx context.Context, v Viewer, l *List, q ListQuery, f Filter, match string, limit int) ([]Option, error) {
	query := db.kept(v, l, q, f).Column("t.value").ColumnExpr("coalesce(nullif(max(t.label), ''), t.value) AS label").
		ColumnExpr("sum(t.n)::bigint AS count").Having("sum(t.n) > 0").
		Group("t.value").OrderExpr("count DESC, t.value").Limit(int64(limit))
	if match != "" {
		query.Where("(t.value ILIKE ? OR t.label ILIKE ?)", contains(match), contains(match))
	}
	var options []Option
	if err := query.Scan(ctx, &options); err != nil {
		return nil, fmt.Errorf("counting %s by %s: %w", l.Noun, f.Column, err)
	}
	return f.named(options), nil
}

// keptCount returns the number of rows on the panels of q with one of the values, or with any value if values is empty.
func (db *DB) keptCount(ctx context.Context, v Viewer, l *List, q ListQuery, f Filter, values []string) (c Count, err error) {
	query := db.kept(v, l, q, f).ColumnExpr("coalesce(sum(t.n), 0)::bigint")
	if len(values) > 0 {
		query.Where("t.value IN (?)", bun.List(values))
	}
	if err := query.Scan(ctx, &c.N); err != nil {
		return c, fmt.Errorf("counting %s: %w", l.Noun, err)
	}
	return c, nil
}

// kept returns a query for the cached counts of a filter's values on the panels of q; the caller adds them up. For all
// panels it uses the totals and subtracts the panels that the viewer may not see, such as removed ones: forty panels
// with nine hundred services each have 36,000 counts, but nine hundred totals.
func (db *DB) kept(v Viewer, l *List, q ListQuery, f Filter) *bun.SelectQuery {
	scope := v.Scope(q.Panels)
	part := func(table, n string) *bun.SelectQuery {
		return db.idb.NewSelect().TableExpr(table).Column("value", "label").ColumnExpr(n+" AS n").
			Where("list = ?", l.Table).Where("facet = ?", f.Column)
	}
	numbers := part("list_changes", "n")
	if v.AllPanels && len(scope) == len(v.Panels) {
		const others = "panel_id IN (SELECT id FROM panels WHERE id <> ALL(?::bigint[]))"
		numbers.UnionAll(part("list_totals", "n")).
			UnionAll(part("list_counts", "-n").Where(others, bigints(scope))).
			UnionAll(part("list_changes", "-n").Where(others, bigints(scope)))
	} else {
		const ours = "panel_id = ANY(?::bigint[])"
		numbers.Where(ours, bigints(scope)).UnionAll(part("list_counts", "n").Where(ours, bigints(scope)))
	}
	return db.idb.NewSelect().TableExpr("(?) AS t", numbers)
}

// FoldCounts adds the pending changes to the cached counts. The counts are right before and after it, but many pending
// changes slow down reading. One process folds at a time; in the others FoldCounts does nothing.
func (db *DB) FoldCounts(ctx context.Context) error {
	return db.MirrorTx(ctx, func(db *DB) error {
		var mine bool
		err := db.idb.NewRaw("SELECT EXISTS (SELECT FROM list_deltas) AND pg_try_advisory_xact_lock(?)", foldLock).Scan(ctx, &mine)
		if err != nil || !mine {
			return err
		}
		_, err = db.idb.ExecContext(ctx, `
			WITH taken AS (DELETE FROM list_deltas RETURNING *)
			INSERT INTO list_counts AS c (list, facet, panel_id, value, label, n)
			SELECT list, facet, panel_id, each.value, max(each.label), sum(each.n)
			FROM taken, unnest(value, label, n) AS each (value, label, n) GROUP BY 1, 2, 3, 4
			ON CONFLICT (list, facet, panel_id, value) DO UPDATE SET n = c.n + EXCLUDED.n, label = greatest(c.label, EXCLUDED.label)`)
		if err != nil {
			return fmt.Errorf("folding counts: %w", err)
		}
		return nil
	})
}

// foldLock is the PostgreSQL advisory lock that lets one process fold at a time.
const foldLock = 0x666f6c64
