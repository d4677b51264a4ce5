package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

// maxPlannedCost is the maximum cost of a count by PostgreSQL's own estimate (a seek is 4). The estimate ignores
// correlations between filters, so CountTime is the final limit.
const maxPlannedCost = 150_000

// glimpse is the number of rows that a query samples if the estimate is far above CountLimit: enough to check that
// estimate.
const glimpse = 1000

// sample is the result of a count: the counts of a filter's values among up to CountLimit rows. whole says that these
// are all rows; else estimate is PostgreSQL's estimate of the total.
type sample struct {
	options  []Option
	n        int64
	whole    bool
	estimate int64
}

func (s sample) count() Count {
	if s.whole {
		return Count{N: s.n}
	}
	return Count{N: max(s.estimate, s.n), About: true}
}

// facet counts the rows that match q by the values of a filter. It uses cached counts if they suffice.
func (db *DB) facet(ctx context.Context, v Viewer, l *List, q ListQuery, f Filter, match string) (sample, error) {
	if _, _, ok := l.keptFor(q); ok && len(q.Values) == 0 && l.keeps(f) {
		options, err := db.keptOptions(ctx, v, l, q, f, match, CountLimit)
		return sample{options: options, n: sumOf(options, nil).N, whole: true}, err
	}
	return db.sample(ctx, v, l, q, f, match)
}

// sample counts rows that match q without the filter f, grouped by its values if it has a column. It reads at most
// CountLimit rows, and none if even finding so many would take too long.
func (db *DB) sample(ctx context.Context, v Viewer, l *List, q ListQuery, f Filter, match string) (s sample, err error) {
	limit := int64(CountLimit)
	rows := db.idb.NewSelect().TableExpr(l.Table + " AS t").Limit(limit + 1)
	l.where(rows, v, q, f.Name)
	f.columns(rows)
	f.matching(rows, match)
	cost, estimate, err := db.planned(ctx, rows)
	if err != nil {
		return s, fmt.Errorf("estimating %s: %w", l.Noun, err)
	}
	s.estimate = estimate
	if estimate > 2*CountLimit {
		cost, limit = cost*glimpse/CountLimit, glimpse
		rows.Limit(limit + 1)
	}
	if cost > maxPlannedCost {
		return s, nil
	}
	err = db.Tx(ctx, func(db *DB) error {
		if err := db.limitCount(ctx, l); err != nil {
			return err
		}
		return db.idb.NewSelect().TableExpr("(?) AS t", rows).Column("t.value").ColumnExpr(f.labelled()).
			ColumnExpr("count(*) AS count").Group("t.value").OrderExpr("count DESC, t.value").Scan(ctx, &s.options)
	})
	if tookTooLong(err) && ctx.Err() == nil {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("counting %s: %w", l.Noun, err)
	}
	s.n = sumOf(s.options, nil).N
	s.whole = s.n <= limit
	s.options = f.named(s.options)
	return s, nil
}

// planned returns PostgreSQL's estimates for a query with a limit: its cost, and its number of rows without the limit.
func (db *DB) planned(ctx context.Context, query *bun.SelectQuery) (cost float64, rows int64, err error) {
	var text string
	if err := db.idb.NewRaw("EXPLAIN (FORMAT JSON) ?", query).Scan(ctx, &text); err != nil {
		return 0, 0, err
	}
	var explained []struct {
		Plan struct {
			Cost  float64 `json:"Total Cost"`
			Plans []struct {
				Rows float64 `json:"Plan Rows"`
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &explained); err != nil || len(explained) != 1 {
		return 0, 0, errors.Join(err, errors.New("PostgreSQL explained nothing"))
	}
	plan := explained[0].Plan
	if len(plan.Plans) == 1 {
		rows = int64(plan.Plans[0].Rows)
	}
	return plan.Cost, rows, nil
}
