package models

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Option is a value of a filter with its label and its number of rows; More marks a lower bound.
type Option struct {
	Value, Label string
	Count        int64
	More         bool
}

// Number returns the number of rows with the value.
func (o Option) Number() Count { return Count{N: o.Count, More: o.More} }

// MaxOptions limits the length of a picker; people narrow it by typing.
const MaxOptions = 200

// Options returns the values of a filter under all other filters of q, the most frequent first. match selects values
// that contain it in the value or the name. If too many rows match to count them all, it returns all values on these
// panels, each with its count in the sample.
func (db *DB) Options(ctx context.Context, v Viewer, l *List, q ListQuery, f Filter, match string) ([]Option, error) {
	db = db.Counting()
	if !clean(match) {
		match = ""
	}
	if f.Where != nil {
		return db.conditionOptions(ctx, v, l, q, f)
	}
	if !l.keeps(f) {
		return db.countedOptions(ctx, v, l, q, f, match)
	}
	q = q.without(f)
	if _, _, ok := l.keptFor(q); ok && len(q.Values) == 0 {
		return db.keptOptions(ctx, v, l, q, f, match, MaxOptions)
	}
	s, err := db.sample(ctx, v, l, q, f, match)
	if err != nil || s.whole {
		return firstOptions(s.options), err
	}
	there, err := db.keptOptions(ctx, v, l, q, f, match, MaxOptions+len(s.options))
	return firstOptions(met(s.options, there)), err
}

// conditionOptions counts the rows for each value of a filter with its own Values.
func (db *DB) conditionOptions(ctx context.Context, v Viewer, l *List, q ListQuery, f Filter) ([]Option, error) {
	var options []Option
	for _, value := range f.Values {
		one := q.without(f)
		one.Values[f.Name] = []string{value}
		n, err := db.Count(ctx, v, l, one)
		if err != nil {
			return nil, err
		}
		options = append(options, Option{Value: value, Label: value, Count: n.N, More: n.About})
	}
	return options, nil
}

// countedOptions counts all rows, for short lists.
func (db *DB) countedOptions(ctx context.Context, v Viewer, l *List, q ListQuery, f Filter, match string) ([]Option, error) {
	rows := db.idb.NewSelect().TableExpr(l.Table + " AS t")
	l.where(rows, v, q, f.Name)
	f.columns(rows)
	f.matching(rows, match)
	if f.Panel {
		rows.Where("t." + f.Column + " > 0")
	}
	var options []Option
	err := db.idb.NewSelect().TableExpr("(?) AS t", rows).Column("t.value").ColumnExpr(f.labelled()).
		ColumnExpr("count(*) AS count").Group("t.value").OrderExpr("count DESC, t.value").Limit(MaxOptions).Scan(ctx, &options)
	if err != nil {
		return nil, fmt.Errorf("options of %s: %w", f.Name, err)
	}
	return f.named(options), nil
}

// met returns the options of the sample, followed by the other existing options.
func met(sampled, there []Option) []Option {
	seen := make(map[string]bool, len(sampled))
	for i := range sampled {
		sampled[i].More = true
		seen[sampled[i].Value] = true
	}
	for _, o := range there {
		if !seen[o.Value] {
			sampled = append(sampled, Option{Value: o.Value, Label: o.Label, More: true})
		}
	}
	return sampled
}

func firstOptions(options []Option) []Option { return options[:min(len(options), MaxOptions)] }

// columns selects a filter's value (empty for a filter without a column) and its label, if it has a label column.
func (f Filter) columns(query *bun.SelectQuery) {
	if f.Column == "" {
		query.ColumnExpr("'' AS value")
		return
	}
	if f.Unknown {
		query.ColumnExpr("coalesce(t." + f.Column + "::text, '') AS value")
	} else {
		query.ColumnExpr("t." + f.Column + "::text AS value")
	}
	if f.Label2 != "" {
		query.ColumnExpr("t." + f.Label2 + " AS label")
	}
}

// labelled returns the SQL for the label of a group: the label column, or the value if there is none.
func (f Filter) labelled() string {
	if f.Label2 == "" {
		return "t.value AS label"
	}
	return "max(t.label) AS label"
}

// matching limits rows to those whose filter value or label contains a text.
func (f Filter) matching(query *bun.SelectQuery, text string) {
	if text == "" {
		return
	}
	label := f.Label2
	if label == "" {
		label = f.Column + "::text"
	}
	query.Where("(t."+f.Column+"::text ILIKE ? OR t."+label+" ILIKE ?)", contains(text), contains(text))
}

// named replaces the empty value by NoValue and its label.
func (f Filter) named(options []Option) []Option {
	for i := range options {
		if options[i].Value == "" && f.None != "" {
			options[i].Value, options[i].Label = NoValue, f.None
		}
	}
	return options
}

// without returns the query without a filter.
func (q ListQuery) without(f Filter) ListQuery {
	if f.Panel {
		q.Panels = nil
	}
	values := make(map[string][]string, len(q.Values))
	for name, chosen := range q.Values {
		if name != f.Name {
			values[name] = chosen
		}
	}
	q.Values = values
	return q
}
