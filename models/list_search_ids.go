package models

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"masterpanel/models/pasted"
)

// LeftOut holds the parts of a text that are not IDs; see pasted.Reading.
type LeftOut struct {
	Ignored, Grouped, Ranges []string
	Duplicates               int
}

func leftOut(r pasted.Reading) LeftOut { return LeftOut{r.Ignored, r.Grouped, r.Ranges, r.Duplicates} }

// mostLeftOut limits how many words of each kind a message shows.
const mostLeftOut = 5

// Words describes the ignored parts and the ranges, "" if there are none.
func (l LeftOut) Words() string {
	var words []string
	switch {
	case l.Duplicates == 1:
		words = append(words, "1 duplicate ignored")
	case l.Duplicates > 1:
		words = append(words, fmt.Sprintf("%d duplicates ignored", l.Duplicates))
	}
	if len(l.Ranges) > 0 {
		words = append(words, quotedAll(l.Ranges)+" read as a range")
	}
	if len(l.Ignored) > 0 {
		words = append(words, "ignored "+quotedAll(l.Ignored))
	}
	if len(l.Grouped) > 0 {
		words = append(words, l.GroupedWords())
	}
	return strings.Join(words, "; ")
}

// GroupedWords asks for the meaning of a number with separators, "" if there is none.
func (l LeftOut) GroupedWords() string {
	if len(l.Grouped) == 0 {
		return ""
	}
	one := strings.NewReplacer(",", "", ".", "").Replace(l.Grouped[0])
	several := strings.NewReplacer(",", " ", ".", " ").Replace(l.Grouped[0])
	return quotedAll(l.Grouped) + " may be one ID or several: write " + one + " or " + several
}

func quotedAll(texts []string) string {
	var words []string
	for _, text := range texts[:min(len(texts), mostLeftOut)] {
		words = append(words, quoted(text))
	}
	all := strings.Join(words, ", ")
	if more := len(texts) - len(words); more > 0 {
		all += fmt.Sprintf(" and %d more", more)
	}
	return all
}

// readIDs parses the IDs in a text from a field for IDs.
func (v Viewer) readIDs(text string) pasted.Reading {
	hosts := map[string]int64{}
	for _, p := range v.Panels {
		if at, err := url.Parse(p.URL); err == nil && at.Host != "" {
			hosts[strings.TrimPrefix(strings.ToLower(at.Host), "www.")] = p.ID
		}
	}
	return pasted.Read(text, pasted.Asked, pasted.Panels{
		Code: func(word string) (int64, bool) { p, ok := v.coded(word); return p.ID, ok },
		Host: func(host string) (int64, bool) { id, ok := hosts[host]; return id, ok },
	})
}

// ids are the numbers of a search, the first maxSearchIDs of the given ones.
type ids struct {
	all   []pasted.ID
	given int
	left  LeftOut
	panel PanelRef // the panel of all of them, if they share one
}

// codedIDs parses a text that holds only IDs of a noun, optionally behind a panel's short code as in "MTP 594550".
func codedIDs(v Viewer, text, noun string) (found ids, ok bool) {
	read := v.readIDs(text)
	return v.idsOf(read), len(read.Ignored) == 0 && usable(read, noun)
}

// leastTrusted is the minimum number of digits for a number between other words to count as an ID.
const leastTrusted = 5

// orderIDs is codedIDs for orders, whose IDs may also be part of a sentence.
func orderIDs(v Viewer, text, noun string) (found ids, ok bool) {
	read := v.readIDs(text)
	if !usable(read, noun) {
		return ids{}, false
	}
	unsure := slices.ContainsFunc(read.IDs, func(id pasted.ID) bool {
		return !id.Labelled && len(strconv.FormatInt(id.Number, 10)) < leastTrusted
	})
	return v.idsOf(read), len(read.Ignored) == 0 || strings.ContainsFunc(text, unicode.IsSpace) && !unsure
}

// usable reports whether there are IDs and all of them can match rows of the noun.
func usable(read pasted.Reading, noun string) bool {
	return len(read.IDs) > 0 && !slices.ContainsFunc(read.IDs, func(id pasted.ID) bool {
		return id.Nowhere || noun != "" && id.Noun != "" && id.Noun != noun
	})
}

func (v Viewer) idsOf(read pasted.Reading) ids {
	found := ids{all: read.IDs[:min(len(read.IDs), maxSearchIDs)], given: len(read.IDs), left: leftOut(read)}
	if len(read.IDs) > 0 && !slices.ContainsFunc(read.IDs, func(id pasted.ID) bool { return id.Panel != read.IDs[0].Panel }) {
		found.panel, _ = v.Panel(read.IDs[0].Panel)
	}
	return found
}

// distinct returns the numbers without duplicates as a PostgreSQL array: a number on two panels must not look like two
// rows.
func (i ids) distinct() string { return bigints(i.numbers(func(pasted.ID) bool { return true })) }

func (i ids) numbers(which func(pasted.ID) bool) (numbers []int64) {
	for _, id := range i.all {
		if which(id) {
			numbers = append(numbers, id.Number)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// search finds rows by id, on the panel of each id if it has one.
func (i ids) search(noun string) search { return i.of(noun, "t.id") }

// of is search by ids in another column.
func (i ids) of(noun, column string) search {
	var s search
	panels := map[int64]bool{}
	for _, id := range i.all {
		if panels[id.Panel] {
			continue
		}
		panels[id.Panel] = true
		one := search{condition: column + " = ANY(?::bigint[])", args: []any{bigints(i.numbers(func(other pasted.ID) bool { return other.Panel == id.Panel }))}}
		if id.Panel != 0 {
			one.condition, one.args = "t.panel_id = ? AND "+one.condition, append([]any{id.Panel}, one.args...)
		}
		if s.condition != "" {
			one = either("", s, one)
		}
		s = one
	}
	s.reading = i.reading(noun)
	return s
}

func (i ids) reading(noun string) string {
	reading := noun + " " + strconv.FormatInt(i.all[0].Number, 10)
	switch {
	case i.given > len(i.all):
		reading = fmt.Sprintf("Any of the first %d of %d IDs", len(i.all), i.given)
	case len(i.all) > 1:
		reading = fmt.Sprintf("Any of %d IDs", i.given)
	}
	if i.panel.ID != 0 {
		reading += " on " + i.panel.ShortCode
	}
	if words := i.left.Words(); words != "" {
		reading += " (" + words + ")"
	}
	return reading
}
