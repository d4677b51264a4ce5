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

// Selection is what a person chose of a list: rows by their keys, or with All everything that the query matches but those
// keys. So five million chosen rows take no more than their filters do. It names rows and grants none: whatever reads it
// reads for a viewer.
type Selection struct {
	List  *List
	Query ListQuery
	All   bool
	Keys  []Key
}

// selectionBatch is how many keys of a selection are read at once.
const selectionBatch = 1000

// ParseSelection reads a selection from a list's parameters: keys are in ids, as panel-id with commas between; with all
// they are what is left out of all that the other parameters match. Invalid when nothing is chosen or a key is garbled:
// unlike a list, what is done with chosen rows must not be done with others.
func ParseSelection(l *List, values url.Values, zone *time.Location, now time.Time) (Selection, error) {
	s := Selection{List: l, All: values.Get("all") != "", Query: ParseListQuery(l, values, zone, now).Whole()}
	ids := values.Get("ids")
	named := len(strings.FieldsFunc(ids, betweenKeys))
	s.Keys = ParseKeys(ids)
	switch {
	case named > maxKeys:
		return s, Invalid{"ids": fmt.Sprintf("Up to %d rows can be selected one by one. Select all that match instead.", maxKeys)}
	case len(s.Keys) != named:
		return s, Invalid{"ids": "The selection could not be read. Select the rows again."}
	case !s.All && len(s.Keys) == 0:
		return s, Invalid{"ids": "Nothing is selected."}
	case s.All && len(s.Query.Notices) > 0:
		return s, Invalid{"ids": "The filters are not what they were. Reload the list and select again. " + strings.Join(s.Query.Notices, " ")}
	}
	return s, nil
}

// ListQuery is the query that finds exactly the chosen rows, in the list's order. Rows that were chosen one by one are
// meant whatever became of them since: the filters under which they were found do not narrow them.
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

// EachSelected calls do with the keys of the chosen rows that are there and that the viewer may see, in the list's order
// and in batches, until do returns an error or tells that it has enough.
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

// chosenRow is as much of a row as it takes to page through a selection of any list.
type chosenRow struct {
	bun.BaseModel `bun:"alias:t"`
	Key
	Sorted
}
