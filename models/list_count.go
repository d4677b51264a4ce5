package models

import (
	"context"
	"slices"
)

// CountLimit is the maximum number of rows that a query counts exactly. A larger number is a cached count or an
// estimate.
const CountLimit = 10_000

// Count is a number of rows. About marks an estimate; More marks a lower bound.
type Count struct {
	N           int64
	About, More bool
}

// Count counts the rows of a list. If only panels and the values of one filter narrow it, the count is exact at any
// size, because these counts are cached. Otherwise it counts up to CountLimit and uses PostgreSQL's estimate beyond.
func (db *DB) Count(ctx context.Context, v Viewer, l *List, q ListQuery) (Count, error) {
	if f, values, ok := l.keptFor(q); ok {
		return db.keptCount(ctx, v, l, q, f, values)
	}
	s, err := db.Counting().sample(ctx, v, l, q, Filter{}, "")
	return s.count(), err
}

// Tab is a status with its number of rows. The first tab has Status "" and counts all rows.
type Tab struct {
	Status string
	Count  Count
}

// Counts returns the number of rows of a list, and of its tabs under all other filters of q. If there are too many rows
// to count, a tab's number is its count in the sample, as a lower bound.
func (db *DB) Counts(ctx context.Context, v Viewer, l *List, q ListQuery) (Count, []Tab, error) {
	db = db.Counting()
	status, ok := l.Filter("status")
	if !ok || len(l.Statuses) == 0 {
		total, err := db.Count(ctx, v, l, q)
		return total, nil, err
	}
	s, err := db.facet(ctx, v, l, q.without(status), status, "")
	if err != nil {
		return Count{}, nil, err
	}
	tabs := l.tabs(s, q.Values[status.Name])
	switch chosen := q.Values[status.Name]; {
	case len(chosen) == 0:
		return tabs[0].Count, tabs, nil
	case s.whole:
		return sumOf(s.options, chosen), tabs, nil
	default:
		total, err := db.Count(ctx, v, l, q)
		return total, tabs, err
	}
}

// PartCounts returns the number of rows that the chosen part shows, of the whole list, and of each part, under all
// filters of q.
func (db *DB) PartCounts(ctx context.Context, v Viewer, l *List, q ListQuery) (shown, whole Count, parts []PartCount, err error) {
	db = db.Counting()
	chosen := q.Part
	q.Part = ""
	s, err := db.facet(ctx, v, l, q, l.partFilter(), "")
	if err != nil {
		return Count{}, Count{}, nil, err
	}
	whole = s.count()
	shown = whole
	for _, p := range l.Parts {
		n := p.among(v, s)
		if p.holds == nil {
			if n, err = db.countPart(ctx, v, l, q, p); err != nil {
				return Count{}, Count{}, nil, err
			}
		}
		parts = append(parts, PartCount{p, n})
		if p.Name == chosen {
			shown = n
		}
	}
	if !s.whole && chosen != "" {
		q.Part = chosen
		shown, err = db.Count(ctx, v, l, q)
	}
	return shown, whole, parts, err
}

// among returns how many rows of a sample are in the part. The sample is grouped by the column parted.
func (p Part) among(v Viewer, s sample) Count {
	n := Count{More: !s.whole}
	for _, o := range s.options {
		if p.holds != nil && p.holds(v, o.Value) {
			n.N += o.Count
		}
	}
	return n
}

// countPart counts the rows of a part that does not depend on the column parted.
func (db *DB) countPart(ctx context.Context, v Viewer, l *List, q ListQuery, p Part) (Count, error) {
	if some, err := p.any(ctx, db, v); err != nil || !some {
		return Count{}, err
	}
	q.Part = p.Name
	return db.Count(ctx, v, l, q)
}

// Tabs returns the tabs of a list under the filters of q.
func (db *DB) Tabs(ctx context.Context, v Viewer, l *List, q ListQuery) ([]Tab, error) {
	_, tabs, err := db.Counts(ctx, v, l, q)
	return tabs, err
}

// tabs returns the known statuses and the chosen unknown ones.
func (l *List) tabs(s sample, chosen []string) []Tab {
	statuses := slices.Clone(l.Statuses)
	for _, status := range chosen {
		if !slices.Contains(statuses, status) {
			statuses = append(statuses, status)
		}
	}
	tabs := []Tab{{Count: s.count()}}
	for _, status := range statuses {
		n := sumOf(s.options, []string{status})
		n.More = !s.whole
		tabs = append(tabs, Tab{Status: status, Count: n})
	}
	return tabs
}

// sumOf adds up the options with the given values, or all options if values is empty.
func sumOf(options []Option, values []string) (c Count) {
	for _, o := range options {
		if len(values) == 0 || slices.Contains(values, o.Value) {
			c.N += o.Count
			c.More = c.More || o.More
		}
	}
	return c
}
