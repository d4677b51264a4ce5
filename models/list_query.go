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

// ListQuery is what a list is asked for: which panels, filters, order and page. It is made by ParseListQuery and holds
// only values that are safe to use.
type ListQuery struct {
	// Panels are the panels named in the URL; none means the viewer's switcher decides.
	Panels []int64
	// Text is the search box.
	Text string
	// Values are the chosen values of each filter.
	Values map[string][]string
	// Part is the part of the list that is looked at, by its name, or "" for all of it.
	Part string
	// Only, unless it is nil, are the rows that were named one by one, and Except those that were left out one by one.
	Only, Except []Key
	// Created is the preset, one of CreatedPresets, or "".
	Created string
	// CreatedDays are the first and last day as typed (YYYY-MM-DD), each "" when open.
	CreatedDays [2]string
	// CreatedFrom and CreatedTo bound the creation time: from inclusive, to exclusive; zero when open.
	CreatedFrom, CreatedTo time.Time
	// Sort is a column's name; Descending its direction.
	Sort       string
	Descending bool
	// After and Before are where the page starts; at most one is set.
	After, Before cursor
	// Shown are the rows that the one who asks looks at already, which then stay where they are.
	Shown []Key
	// Kept, unless it is nil, tells of a row by its hash that whoever asks has it as it is. Of a list that is Hashed such a
	// row comes with its key and its hash alone.
	Kept func(key Key, hash int64) bool
	// Per is the number of rows on a page.
	Per int
	// Notices say in words what of the request was not understood and left out.
	Notices []string
}

// PageSizes are the numbers of rows a page may have; the second is the default.
var PageSizes = []int{25, 50, 100, 200}

const (
	maxFilterValues = 100
	maxText         = 6000 // a search may be a list of 500 ids
)

// ParseListQuery reads a list's parameters. Whatever is unknown or malformed is left out and named in Notices: a
// garbled bookmark shows the list, never an error. Days are read in the viewer's zone.
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
				q.notice("A panel in the address is not a number and was left out.")
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
		q.notice("The search text was too long and was left out.")
		return
	}
	if !clean(text) {
		q.notice("The search text holds characters that no record can hold and was left out.")
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
			q.notice("A value of " + f.Label + " was not understood and was left out.")
		case len(q.Values[f.Name]) == maxFilterValues:
			q.notice("Only the first 100 values of " + f.Label + " are used.")
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
		q.notice("The list cannot be sorted that way; it is in its usual order.")
		return
	}
	q.setSort(word)
}

func (q *ListQuery) setSort(word string) {
	q.Sort, q.Descending = strings.TrimPrefix(word, "-"), strings.HasPrefix(word, "-")
}

// SortParam is the sort as the URL spells it.
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
			q.notice("The place in the list was not understood; this is the first page.")
			continue
		}
		*into = c
	}
	if !q.After.zero() {
		q.Before = cursor{}
	}
}

// from is where the page starts, and whether it is read backwards from there.
func (q ListQuery) from() (at cursor, backwards bool) {
	if q.After.zero() && !q.Before.zero() {
		return q.Before, true
	}
	return q.After, false
}

// Filtered tells whether anything narrows the list beside the panel.
func (q ListQuery) Filtered() bool {
	return q.Text != "" || q.Part != "" || len(q.Values) > 0 || !q.CreatedFrom.IsZero() || !q.CreatedTo.IsZero()
}

// Params are the parameters that mean this query, without cursors: unknown ones are gone, defaults are left out, and
// equal queries spell alike.
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

// clean tells whether text can be stored in PostgreSQL at all.
func clean(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }
