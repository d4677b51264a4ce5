package models

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"
)

// CountLimit is up to where totals are exact.
const CountLimit = 10_000

// Count is a number of rows; About says that it is an estimate, made when counting would take too long.
type Count struct {
	N     int64
	About bool
}

// Count counts the rows of a list: exactly up to CountLimit, past it by PostgreSQL's own estimate. A list that only
// panels narrow is counted exactly whatever its size, as streams keep the number of their rows.
func (db *DB) Count(ctx context.Context, v Viewer, l *List, q ListQuery) (Count, error) {
	if l.Resource != "" && l.always == "" && !q.Filtered() {
		return db.countStreams(ctx, v, l, q)
	}
	n, err := db.countCapped(ctx, v, l, q)
	if err != nil || n <= CountLimit {
		return Count{N: n}, err
	}
	query := db.idb.NewSelect().TableExpr(l.Table + " AS t").ColumnExpr("1")
	l.where(query, v, q, "")
	var plan string
	if err := db.idb.NewRaw("EXPLAIN (FORMAT JSON) ?", query).Scan(ctx, &plan); err != nil {
		return Count{}, fmt.Errorf("estimating %s: %w", l.Noun, err)
	}
	var estimate []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal([]byte(plan), &estimate); err != nil || len(estimate) != 1 {
		return Count{N: n, About: true}, err
	}
	return Count{N: max(int64(estimate[0].Plan.Rows), n), About: true}, nil
}

func (db *DB) countStreams(ctx context.Context, v Viewer, l *List, q ListQuery) (c Count, err error) {
	err = db.idb.NewRaw("SELECT COALESCE(sum(cached), 0) FROM streams WHERE resource = ? AND panel_id = ANY(?::bigint[])",
		l.Resource, bigints(v.Scope(q.Panels))).Scan(ctx, &c.N)
	if err != nil {
		return Count{}, fmt.Errorf("counting %s: %w", l.Noun, err)
	}
	return c, nil
}

func (db *DB) countCapped(ctx context.Context, v Viewer, l *List, q ListQuery) (int64, error) {
	var n int64
	err := db.idb.NewSelect().TableExpr("(?) AS matching", db.upToLimit(v, l, q, "")).ColumnExpr("count(*)").Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("counting %s: %w", l.Noun, err)
	}
	return n, nil
}

// upToLimit selects a 1 for each row that matches and stops one past CountLimit.
func (db *DB) upToLimit(v Viewer, l *List, q ListQuery, except string) *bun.SelectQuery {
	query := db.idb.NewSelect().TableExpr(l.Table + " AS t").ColumnExpr("1").Limit(CountLimit + 1)
	l.where(query, v, q, except)
	return query
}

// Tab is a status with how many rows of the list have it. The first tab, with Status "", is all of them.
type Tab struct {
	Status string
	Count  Count
}

// Tabs counts a list by status under all other filters of q. A status is counted up to CountLimit: no tab is worth
// reading a whole table for.
func (db *DB) Tabs(ctx context.Context, v Viewer, l *List, q ListQuery) ([]Tab, error) {
	statuses := slices.Clone(l.Statuses)
	for _, chosen := range q.Values["status"] {
		if !slices.Contains(statuses, chosen) {
			statuses = append(statuses, chosen)
		}
	}
	all := q
	all.Values = maps.Clone(q.Values)
	delete(all.Values, "status")
	total, err := db.Count(ctx, v, l, all)
	if err != nil {
		return nil, err
	}
	var counted []struct {
		Status string
		Count  int64
	}
	one := db.upToLimit(v, l, q, "status").Where("t.status = tab.status")
	err = db.idb.NewSelect().TableExpr("unnest(ARRAY[?]::text[]) WITH ORDINALITY AS tab (status, place)", bun.List(statuses)).
		Column("tab.status").ColumnExpr("(SELECT count(*) FROM (?) AS matching) AS count", one).
		Order("tab.place").Scan(ctx, &counted)
	if err != nil {
		return nil, fmt.Errorf("counting tabs of %s: %w", l.Noun, err)
	}
	tabs := []Tab{{Count: total}}
	for _, c := range counted {
		tabs = append(tabs, Tab{Status: c.Status, Count: capped(c.Count)})
	}
	return tabs, nil
}

// capped is a count that stopped past CountLimit.
func capped(n int64) Count {
	if n > CountLimit {
		return Count{N: CountLimit, About: true}
	}
	return Count{N: n}
}

// Option is a value that a filter can take, with its name and how many rows have it.
type Option struct {
	Value, Label string
	Count        int64
}

// MaxOptions bounds a picker; typing narrows it.
const MaxOptions = 200

// Options are the values that a filter can take under all other filters of q, the most frequent first. match narrows
// them to those whose value or name contains it.
func (db *DB) Options(ctx context.Context, v Viewer, l *List, q ListQuery, f Filter, match string) ([]Option, error) {
	label := f.Column + "::text"
	if f.Label2 != "" {
		label = f.Label2
	}
	inner := db.idb.NewSelect().TableExpr(l.Table + " AS t").
		ColumnExpr("t." + f.Column + "::text AS value").ColumnExpr("max(t." + label + ") AS label").
		ColumnExpr("count(*) AS count").GroupExpr("t." + f.Column)
	l.where(inner, v, q, f.Name)
	if f.Panel {
		inner.Where("t." + f.Column + " > 0")
	}
	if match != "" && clean(match) {
		inner.Where("(t."+f.Column+"::text ILIKE ? OR t."+label+" ILIKE ?)", contains(match), contains(match))
	}
	var options []Option
	err := inner.OrderExpr("count(*) DESC, 1").Limit(MaxOptions).Scan(ctx, &options)
	if err != nil {
		return nil, fmt.Errorf("options of %s: %w", f.Name, err)
	}
	for i := range options {
		if options[i].Value == "" && f.None != "" {
			options[i].Value, options[i].Label = NoValue, f.None
		}
	}
	return options, nil
}
