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

// List describes the list of a noun: its columns, filters, tabs and search. All lists share one code for filtering,
// sorting, paging and counting; a new list needs only a description.
type List struct {
	// Noun is the name in URLs and ids, Table is the table or view.
	Noun, Table string
	// base is the table behind Table if Table is a view, else "".
	base string
	// Resource is the stream that feeds the list, "" for our own data.
	Resource Resource
	// Beside are further resources that the rows show.
	Beside  []Resource
	Columns []Column
	Filters []Filter
	// Promoted are the names of the filters that the list's bar always shows, as it does Created. People add the other
	// filters on demand.
	Promoted []string
	// Statuses are the tabs: values of the column status. A tab stays even if its count is 0.
	Statuses []string
	// Parts are tabs for a list without Statuses, counted by the values of the column parted.
	Parts  []Part
	parted string
	// Created is the time column of the created filter.
	Created string
	// DefaultSort is a column name, with "-" in front for descending.
	DefaultSort string
	// Hashed says that the hash of a record covers all data that the list reads of its row.
	Hashed bool
	// Copies are the columns that people can copy for selected rows. Without any the list offers no selection of rows.
	Copies []Copy
	// always is a condition on every row, or "".
	always string
	// heavy is a large column that the list does not show, so queries skip it; or "".
	heavy string
	// scope limits the rows to the ones that the viewer may see, on the panels in the request if it names any; nil means
	// ofPanels.
	scope  func(query *bun.SelectQuery, v Viewer, named []int64)
	search func(v Viewer, text string) search
}

// Column is a column of a list. Sort is its SQL sort expression, "" if the list cannot be sorted by it. Unknown says
// that the expression may be NULL: such rows come last in either direction, by panel and id. Kind is the expression's
// SQL type. Needs is the permission that a viewer needs to see the column or sort by it, "" for none. Always says that
// people cannot hide the column. Never says that it only serves for sorting.
type Column struct {
	Name, Label   string
	Sort, Kind    string
	Number        bool
	Always, Never bool
	Unknown       bool
	Needs         Permission
}

// Filter is a filter by the values of a column. Label2 is a second column with the name of the value (a service's
// name). Integer filters take whole numbers. None is the label of the empty value, "" if the column has none. Panel
// marks the filter by the panels of the query. A filter without a column has its own Values, and Where returns the SQL
// condition of a value.
type Filter struct {
	Name, Label    string
	Column, Label2 string
	Integer, Panel bool
	None           string
	Unknown        bool // the column may be NULL, and None matches NULL
	Values         []string
	Where          func(v Viewer, value string) (condition string, args []any)
}

// NoValue is the URL's value for "empty" in a filter whose None is set.
const NoValue = "none"

// For returns the list without the columns whose permission the viewer lacks.
func (l *List) For(v Viewer) *List {
	lacks := func(c Column) bool { return c.Needs != "" && !v.Can(c.Needs) }
	if !slices.ContainsFunc(l.Columns, lacks) {
		return l
	}
	theirs := *l
	theirs.Columns = slices.DeleteFunc(slices.Clone(l.Columns), lacks)
	return &theirs
}

// Mirrored reports whether the list's rows come from the panels.
func (l *List) Mirrored() bool { return slices.Contains(Resources, l.Resource) }

// Column returns the column with this name.
func (l *List) Column(name string) (Column, bool) {
	i := slices.IndexFunc(l.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return l.Columns[i], true
}

// Filter returns the filter with this name.
func (l *List) Filter(name string) (Filter, bool) {
	i := slices.IndexFunc(l.Filters, func(f Filter) bool { return f.Name == name })
	if i < 0 {
		return Filter{}, false
	}
	return l.Filters[i], true
}

// IsPromoted reports whether the list's bar always shows the filter.
func (l *List) IsPromoted(f Filter) bool { return slices.Contains(l.Promoted, f.Name) }

// Sorted is embedded in rows of lists. SortKey is the row's sort value as text.
type Sorted struct {
	SortKey string `bun:"sort_key,scanonly" json:"-"`
}

func (s Sorted) sortKey() string { return s.SortKey }

// Page is one page of a list. Next and Prev are cursors, "" at the end. Matching is the number of rows that the query
// returned for the page. A reader who refreshes an open page keeps the rows that they see; Waiting counts the new rows
// between them that the page does not show yet.
type Page[T any] struct {
	Rows              []T
	Next, Prev        string
	Matching, Waiting int
}

// listed is implemented by the row types of lists.
type listed interface {
	key() Key
	sortKey() string
}

// listPage reads one page. For a refresh of an open page it returns the rows that the reader sees; the cursors are
// computed from the current page, so the next page may repeat a row but skips none.
//
// It uses keyset pagination: it starts behind the last row seen and never uses an offset. Page 10,000 therefore costs
// as much as page 1, and rows that arrive meanwhile shift nothing.
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

// readPage reads the rows of a page and one more, in reading order from the cursor.
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

// where adds the viewer's scope and the filters of q, except the filter named unless. Each condition is in its own
// parentheses, so that no OR inside it can bypass the scope.
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

// where limits rows to the given values.
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
		// With a plain equality PostgreSQL reads one panel's rows in order from their index; with an array it does not
		// use that order.
		query.Where("t.panel_id = ?", scope[0])
	} else {
		query.Where("t.panel_id = ANY(?::bigint[])", bigints(scope))
	}
}

// stored returns filter values as stored in the column, for the parentheses of an IN.
func (f Filter) stored(values []string) schema.QueryAppender {
	if f.Integer {
		numbers := make([]int64, len(values))
		for i, value := range values {
			numbers[i], _ = strconv.ParseInt(value, 10, 64) // ParseListQuery accepts only integers here
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

// findOne returns the row with this key if the viewer may see its panel, else ErrNotFound.
func findOne[T any](ctx context.Context, db *DB, v Viewer, key Key) (T, error) {
	var row T
	err := db.selectFor(v, &row).Where("t.panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{key.PanelID}))).
		Where("t.id = ?", key.ID).Scan(ctx)
	return row, notFound(err)
}

// contains returns a LIKE pattern for text anywhere in a value. It escapes wildcards.
func contains(text string) string { return "%" + likeEscaper.Replace(text) + "%" }

// startsWith returns a LIKE pattern for text at the start of a value. It escapes wildcards.
func startsWith(text string) string { return likeEscaper.Replace(text) + "%" }

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
