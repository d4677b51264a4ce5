package models

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"masterpanel/models/visible"
)

// ListQuery is a request for a list: its panels, filters, order and page. ParseListQuery creates it, so it holds only
// validated values.
type ListQuery struct {
	// Panels are the panels in the URL; if it names none, the viewer's panel selection applies.
	Panels []int64
	// Text is the text of the search box.
	Text string
	// Values are the chosen values of each filter.
	Values map[string][]string
	// Part is the name of the chosen part, or "" for the whole list.
	Part string
	// Only are the explicitly chosen rows, nil for all. Except are the explicitly excluded rows.
	Only, Except []Key
	// Created is the preset, one of CreatedPresets, or "".
	Created string
	// CreatedDays are the first and last day as typed (YYYY-MM-DD), each "" if open.
	CreatedDays [2]string
	// CreatedFrom and CreatedTo limit the creation time: from inclusive, to exclusive; zero if open.
	CreatedFrom, CreatedTo time.Time
	// Sort is a column's name; Descending is the direction.
	Sort       string
	Descending bool
	// After and Before are the cursors at which the page starts; at most one is set.
	After, Before cursor
	// Shown are the rows that the reader's open page shows. They stay at their positions.
	Shown []Key
	// Kept, unless it is nil, reports whether the caller's cache has the row with this hash. In a Hashed list such a
	// row comes with its key and hash only.
	Kept func(key Key, hash int64) bool
	// Per is the number of rows on a page.
	Per int
	// Notices are messages about ignored parts of the request.
	Notices []string
}

// PageSizes are the allowed numbers of rows per page; the second is the default.
var PageSizes = []int{25, 50, 100, 200}

const (
	maxFilterValues = 100
	maxText         = 6000 // a search may be a list of 500 ids
)

// ParseListQuery parses a list's URL parameters. It ignores unknown or malformed ones and reports them in Notices: a
// garbled bookmark shows the list, never an error. Days are in the viewer's zone.
func ParseListQuery(l *List, values url.Values, zone *time.Location, now time.Time) ListQuery {
	q := ListQuery{Values: map[string][]string{}, Per: PageSizes[1]}
	q.parsePanels(values["panel"])
	q.parseText(values.Get("q"))
	for _, f := range l.Filters {
		if !f.Panel { // parsePanels has read it
			q.parseFilter(f, values[f.Name])
		}
	}
	q.parsePart(l, values.Get(partParam))
	if l.Created != "" {
		q.parseCreated(values, zone, now)
	}
	q.parseSort(l, values.Get("sort"))
	if per, err := strconv.Atoi(values.Get("per")); err == nil && slices.Contains(PageSizes, per) {
		q.Per = per
	} else if values.Get("per") != "" {
		q.notice("A page has 25, 50, 100 or 200 rows.")
	}
	q.parseCursors(l, values)
	return q
}

func (q *ListQuery) notice(words string) {
	if !slices.Contains(q.Notices, words) {
		q.Notices = append(q.Notices, words)
	}
}

func (q *ListQuery) parsePanels(words []string) {
	for _, word := range words[:min(len(words), 1000)] {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil || id <= 0 {
			if word != "" {
				q.notice("A panel in the address is not a number. The list ignores it.")
			}
			continue
		}
		if !slices.Contains(q.Panels, id) {
			q.Panels = append(q.Panels, id)
		}
	}
}

func (q *ListQuery) parseText(text string) {
	text = visible.Search(text)
	if len(text) > maxText {
		q.notice("The search text is too long. The list ignores it.")
		return
	}
	if !clean(text) {
		q.notice("The search text contains characters that no record can contain. The list ignores it.")
		return
	}
	q.Text = text
}

func (q *ListQuery) parseFilter(f Filter, words []string) {
	for _, word := range words {
		_, err := strconv.ParseInt(word, 10, 64)
		switch {
		case word == "":
		case len(word) > 300 || !clean(word) || f.Integer && err != nil || f.Where != nil && !slices.Contains(f.Values, word):
			q.notice("A value of " + f.Label + " is invalid. The list ignores it.")
		case len(q.Values[f.Name]) == maxFilterValues:
			q.notice("The list uses only the first 100 values of " + f.Label + " are used.")
		case !slices.Contains(q.Values[f.Name], word):
			q.Values[f.Name] = append(q.Values[f.Name], word)
		}
	}
}

func (q *ListQuery) parseSort(l *List, word string) {
	q.setSort(l.DefaultSort)
	if word == "" {
		return
	}
	if c, ok := l.Column(strings.TrimPrefix(word, "-")); !ok || c.Sort == "" {
		q.notice("The list cannot be sorted this way. It has its default order.")
		return
	}
	q.setSort(word)
}

func (q *ListQuery) setSort(word string) {
	q.Sort, q.Descending = strings.TrimPrefix(word, "-"), strings.HasPrefix(word, "-")
}

// SortParam returns the sort in its URL form.
func (q ListQuery) SortParam() string {
	if q.Descending {
		return "-" + q.Sort
	}
	return q.Sort
}

func (q *ListQuery) parseCursors(l *List, values url.Values) {
	for name, into := range map[string]*cursor{"after": &q.After, "before": &q.Before} {
		word := values.Get(name)
		if word == "" {
			continue
		}
		column, _ := l.Column(q.Sort)
		c, ok := parseCursor(word, q.SortParam(), column)
		if !ok {
			q.notice("The page in the address is invalid. This is the first page.")
			continue
		}
		*into = c
	}
	if !q.After.zero() {
		q.Before = cursor{}
	}
}

// from returns the cursor at which the page starts, and if the page is read backwards from there.
func (q ListQuery) from() (at cursor, backwards bool) {
	if q.After.zero() && !q.Before.zero() {
		return q.Before, true
	}
	return q.After, false
}

// Filtered reports whether any filter besides the panel narrows the list.
func (q ListQuery) Filtered() bool {
	return q.Text != "" || q.Part != "" || len(q.Values) > 0 || !q.CreatedFrom.IsZero() || !q.CreatedTo.IsZero()
}

// Params returns the URL parameters of this query, without cursors. It omits unknown parameters and defaults, so equal
// queries give equal parameters.
func (q ListQuery) Params(l *List) url.Values {
	values := url.Values{}
	for _, id := range q.Panels {
		values.Add("panel", strconv.FormatInt(id, 10))
	}
	if q.Text != "" {
		values.Set("q", q.Text)
	}
	if q.Part != "" {
		values.Set(partParam, q.Part)
	}
	for name, words := range q.Values {
		values[name] = slices.Clone(words)
	}
	if q.Created != "" {
		values.Set("created", q.Created)
	}
	if q.CreatedDays[0] != "" {
		values.Set("created_from", q.CreatedDays[0])
	}
	if q.CreatedDays[1] != "" {
		values.Set("created_to", q.CreatedDays[1])
	}
	if sort := q.SortParam(); sort != l.DefaultSort {
		values.Set("sort", sort)
	}
	if q.Per != PageSizes[1] {
		values.Set("per", strconv.Itoa(q.Per))
	}
	return values
}

// clean reports whether PostgreSQL can store the text.
func clean(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }
