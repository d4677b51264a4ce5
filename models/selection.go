package models

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Selection is a person's selection in a list: rows by their keys, or with All every row that the query matches except
// these keys. Five million selected rows therefore take no more space than their filters. It grants no access: every
// reader of a selection reads for a viewer.
type Selection struct {
	List  *List
	Query ListQuery
	All   bool
	Keys  []Key
}

// selectionBatch is the number of keys per query when a selection is read.
const selectionBatch = 1000

// ParseSelection parses a selection from a list's URL parameters. ids holds keys as panel-id, separated by commas; with
// all they are the keys to exclude from everything that the other parameters match. It returns Invalid if nothing is
// selected or a key is garbled: unlike a list, an action on selected rows must never affect other rows.
func ParseSelection(l *List, values url.Values, zone *time.Location, now time.Time) (Selection, error) {
	s := Selection{List: l, All: values.Get("all") != "", Query: ParseListQuery(l, values, zone, now).Whole()}
	ids := values.Get("ids")
	named := len(strings.FieldsFunc(ids, betweenKeys))
	s.Keys = ParseKeys(ids)
	switch {
	case named > maxKeys:
		return s, Invalid{"ids": fmt.Sprintf("You can select up to %d rows one by one. Select all matching rows instead.", maxKeys)}
	case len(s.Keys) != named:
		return s, Invalid{"ids": "The selection could not be read. Select the rows again."}
	case !s.All && len(s.Keys) == 0:
		return s, Invalid{"ids": "Nothing is selected."}
	case s.All && len(s.Query.Notices) > 0:
		return s, Invalid{"ids": "The filters are no longer valid. Reload the list and select again. " + strings.Join(s.Query.Notices, " ")}
	}
	return s, nil
}

// ListQuery returns the query for exactly the selected rows, in the list's order. For rows that were selected one by
// one it drops the filters, because the selection also includes rows that no longer match them.
func (s Selection) ListQuery() ListQuery {
	if s.All {
		q := s.Query
		q.Except = s.Keys
		return q
	}
	q := ListQuery{Sort: s.Query.Sort, Descending: s.Query.Descending, Per: s.Query.Per, Only: s.Keys}
	for _, key := range s.Keys {
		if !slices.Contains(q.Panels, key.PanelID) {
			q.Panels = append(q.Panels, key.PanelID)
		}
	}
	return q
}

// EachSelected calls do with the keys of the existing selected rows that the viewer may see, in the list's order and in
// batches, until do returns an error or enough.
func (db *DB) EachSelected(ctx context.Context, v Viewer, s Selection, do func(keys []Key) (enough bool, err error)) error {
	q := s.ListQuery()
	q.Per = selectionBatch
	for {
		page, err := listPage[chosenRow](ctx, db, v, s.List, q)
		if err != nil {
			return err
		}
		keys := make([]Key, len(page.Rows))
		for i, row := range page.Rows {
			keys[i] = row.Key
		}
		if len(keys) > 0 {
			if enough, err := do(keys); enough || err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q = q.From(s.List, page.Next)
	}
}

// chosenRow holds the fields needed to page through a selection of any list.
type chosenRow struct {
	bun.BaseModel `bun:"alias:t"`
	Key
	Sorted
}
