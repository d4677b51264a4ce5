package models

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// List describes how a mirrored noun is listed: its columns, filters, tabs and search. Filtering, sorting, paging and
// counting are one mechanism for all nouns; a new list is a description.
type List struct {
	// Noun is the name in URLs and ids, and Table the table.
	Noun, Table string
	// base is the table that holds the rows where Table is a view, else "".
	base string
	// Resource is the stream that feeds the list, "" for what is our own.
	Resource Resource
	// Beside are what else its rows show.
	Beside  []Resource
	Columns []Column
	Filters []Filter
	// Promoted are the names of the filters that always stand in the list's bar, as Created does; the others are added to
	// it when one wants them.
	Promoted []string
	// Statuses are the tabs: values of the column status that are counted even when there are none.
	Statuses []string
	// Parts are tabs beside them, which a list without Statuses may have, counted by the values of the column parted.
	Parts  []Part
	parted string
	// Created is the time column that the created filter means.
	Created string
	// DefaultSort is a column name, with "-" in front for descending.
	DefaultSort string
	// Hashed says that all that is read of a row of the list was in the record that its hash is of.
	Hashed bool
	// Copies are what can be copied of chosen rows; a list without any has nothing to choose rows for.
	Copies []Copy
	// always is a condition on every row, or "".
	always string
	// heavy is a column that no row of the list shows and that is not read, or "".
	heavy string
	// scope limits the rows to those that the viewer may see, of the panels named in the request if there are any; nil
	// is ofPanels.
	scope  func(query *bun.SelectQuery, v Viewer, named []int64)
	search func(v Viewer, text string) search
}

// Column is a column of a list. Sort is the SQL expression it is sorted by, "" when it cannot be. Unknown says that the
// expression may be NULL: those rows come last, whichever way the list is sorted, by panel and id. Kind is that expression's SQL type. Needs is the permission without which
// the column is neither shown nor sorted by, "" for none. Always says that nobody can do without it, Never that it is
// only sorted by.
type Column struct {
	Name, Label   string
	Sort, Kind    string
	Number        bool
	Always, Never bool
	Unknown       bool
	Needs         Permission
}

// Filter is a filter by the values of a column. Label2 is a second column that names the value (a service's name).
// Integer filters take whole numbers. None is what an empty value is called, "" when there is none. Panel is the filter
// by the panels that the query names. A filter without a column has Values of its own, and Where is the condition on a row
// that one of them stands for.
type Filter struct {
	Name, Label    string
	Column, Label2 string
	Integer, Panel bool
	None           string
	Unknown        bool // the column may be NULL, which is what None then finds
	Values         []string
	Where          func(v Viewer, value string) (condition string, args []any)
}

// NoValue is how the URL spells "the rows where this is empty" in a filter whose None is set.
const NoValue = "none"

// For is the list as a viewer may have it: without the columns that need a permission they lack.
func (l *List) For(v Viewer) *List {
	lacks := func(c Column) bool { return c.Needs != "" && !v.Can(c.Needs) }
	if !slices.ContainsFunc(l.Columns, lacks) {
		return l
	}
	theirs := *l
	theirs.Columns = slices.DeleteFunc(slices.Clone(l.Columns), lacks)
	return &theirs
}

// Mirrored tells whether the list's rows come from the panels.
func (l *List) Mirrored() bool { return slices.Contains(Resources, l.Resource) }

// Column finds a column by its name.
func (l *List) Column(name string) (Column, bool) {
	i := slices.IndexFunc(l.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return l.Columns[i], true
}

// Filter finds a filter by its name.
func (l *List) Filter(name string) (Filter, bool) {
	i := slices.IndexFunc(l.Filters, func(f Filter) bool { return f.Name == name })
	if i < 0 {
		return Filter{}, false
	}
	return l.Filters[i], true
}

// IsPromoted tells whether a filter always stands in the list's bar.
func (l *List) IsPromoted(f Filter) bool { return slices.Contains(l.Promoted, f.Name) }

// Sorted is embedded in rows that can be listed. SortKey is the value that the list was sorted by, as text.
type Sorted struct {
	SortKey string `bun:"sort_key,scanonly" json:"-"`
}

func (s Sorted) sortKey() string { return s.SortKey }

// Page is one page of a list. Next and Prev are cursors, "" when there is nothing that way. Matching is how many rows the
// page has by itself; for somebody who looks at it other rows may be on it, and Waiting of its own not yet.
type Page[T any] struct {
	Rows              []T
	Next, Prev        string
	Matching, Waiting int
}

// listed is a row type that lists can page through.
type listed interface {
	key() Key
	sortKey() string
}

// listPage reads one page, and of one that somebody looks at the rows that they see; its cursors are those of the page as
// it is now, so that the next one may bring a row again and leaves none out.
//
// It reads by keyset: the position of the last row seen, never an offset, so that page 10,000 costs
// what page 1 costs and rows that arrive meanwhile move nothing.
func listPage[T any, P interface {
	*T
	listed
}](ctx context.Context, db *DB, v Viewer, l *List, q ListQuery) (Page[T], error) {
	column, ok := l.For(v).Column(q.Sort)
	if !ok || column.Sort == "" {
		return Page[T]{}, fmt.Errorf("%w: sorting %s by %q", ErrNotAllowed, l.Noun, q.Sort)
	}
	from, backwards := q.from()
	rows, err := newestOf(l, v, q, column, func(recent bool) ([]T, error) {
		return readPage[T](ctx, db, v, l, q, column, recent)
	})
	if err != nil {
		return Page[T]{}, fmt.Errorf("listing %s: %w", l.Noun, err)
	}
	more := len(rows) > q.Per
	if more {
		rows = rows[:q.Per]
	}
	if backwards {
		slices.Reverse(rows)
	}
	page := Page[T]{Rows: rows, Matching: len(rows)}
	if len(rows) > 0 {
		cursorOf := func(row *T) string {
			key := P(row).key()
			return cursor{Sort: q.SortParam(), Key: P(row).sortKey(), PanelID: key.PanelID, ID: key.ID}.String()
		}
		if more || backwards {
			page.Next = cursorOf(&rows[len(rows)-1])
		}
		if backwards && more || !backwards && !from.zero() {
			page.Prev = cursorOf(&rows[0])
		}
	}
	if page, err = asShown[T, P](ctx, db, v, l, q, page); err != nil {
		return page, err
	}
	return withContents[T, P](ctx, db, v, l, q, page)
}

// readPage reads the rows of a page and one more, in the order in which they are met from where it starts.
func readPage[T any](ctx context.Context, db *DB, v Viewer, l *List, q ListQuery, column Column, recent bool) (rows []T, err error) {
	for _, part := range q.stretches(column) {
		if len(rows) > q.Per {
			break
		}
		var more []T
		query := l.selectRows(db, v, q, &more)
		query.ModelTableExpr(l.Table + " AS t")
		query.ColumnExpr("(?)::text AS sort_key", bun.Safe(column.Sort))
		l.where(query, v, q, "")
		if recent {
			l.whereRecent(query)
		}
		part.read(query, q, column)
		if err := query.Limit(int64(q.Per + 1 - len(rows))).Scan(ctx); err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// where adds the permission and the filters of q, leaving out the filter named unless. Each condition is one group of
// its own, so that no OR inside one can escape the permission.
func (l *List) where(query *bun.SelectQuery, v Viewer, q ListQuery, unless string) {
	named, scope := q.Panels, l.scope
	if f, ok := l.Filter(unless); ok && f.Panel {
		named = nil
	}
	if scope == nil {
		scope = ofPanels
	}
	scope(query, v, named)
	if l.always != "" {
		query.Where("(" + l.always + ")")
	}
	if q.Only != nil {
		only(query, q.Only)
	}
	if len(q.Except) > 0 {
		except(query, q.Except)
	}
	if part, ok := l.Part(q.Part); ok && unless != partParam {
		part.where(query, v)
	}
	for _, f := range l.Filters {
		if values := q.Values[f.Name]; len(values) > 0 && f.Name != unless {
			f.where(query, v, values)
		}
	}
	if !q.CreatedFrom.IsZero() {
		query.Where("t."+l.Created+" >= ?", q.CreatedFrom)
	}
	if !q.CreatedTo.IsZero() {
		query.Where("t."+l.Created+" < ?", q.CreatedTo)
	}
	if q.Text != "" {
		s := l.search(v, q.Text)
		query.Where("("+s.condition+")", s.args...)
	}
}

// where limits rows to those with any of the values.
func (f Filter) where(query *bun.SelectQuery, v Viewer, values []string) {
	if f.Where == nil {
		condition := "t." + f.Column + " IN (?)"
		if f.Unknown && slices.Contains(values, NoValue) {
			condition = "(" + condition + " OR t." + f.Column + " IS NULL)"
		}
		query.Where(condition, f.stored(values))
		return
	}
	conditions := make([]search, len(values))
	for i, value := range values {
		conditions[i].condition, conditions[i].args = f.Where(v, value)
	}
	any := either("", conditions...)
	query.Where("("+any.condition+")", any.args...)
}

// ofPanels limits a list to rows of panels that the viewer may see.
func ofPanels(query *bun.SelectQuery, v Viewer, named []int64) {
	if scope := v.Scope(named); len(scope) == 1 {
		// Said plainly, PostgreSQL reads one panel's rows in order from their index; of an array it does not know that.
		query.Where("t.panel_id = ?", scope[0])
	} else {
		query.Where("t.panel_id = ANY(?::bigint[])", bigints(scope))
	}
}

// stored are filter values as the column holds them, for the brackets of an IN.
func (f Filter) stored(values []string) schema.QueryAppender {
	if f.Integer {
		numbers := make([]int64, len(values))
		for i, value := range values {
			numbers[i], _ = strconv.ParseInt(value, 10, 64) // ParseListQuery lets nothing else through
		}
		return bun.List(numbers)
	}
	out := slices.Clone(values)
	for i, value := range out {
		if f.None != "" && value == NoValue {
			out[i] = ""
		}
	}
	return bun.List(out)
}

// findOne finds a row by its key among the panels that the viewer may see.
func findOne[T any](ctx context.Context, db *DB, v Viewer, key Key) (T, error) {
	var row T
	err := db.selectFor(v, &row).Where("t.panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{key.PanelID}))).
		Where("t.id = ?", key.ID).Scan(ctx)
	return row, notFound(err)
}

// contains is the pattern of LIKE for text anywhere, with its wildcards defused.
func contains(text string) string { return "%" + likeEscaper.Replace(text) + "%" }

// startsWith is the pattern of LIKE for text at the start.
func startsWith(text string) string { return likeEscaper.Replace(text) + "%" }

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
