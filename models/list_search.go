package models

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// search is the interpretation of a search text: an SQL condition with its arguments, and the description in words.
// many says that it may find far more rows than a page shows, in an order that differs from the list's order.
type search struct {
	condition string
	args      []any
	reading   string
	many      bool
}

const (
	// maxSearchIDs is the maximum number of ids in one search.
	maxSearchIDs = 500
	// minInside is the minimum number of consecutive letters or digits for a substring search: the index stores
	// trigrams.
	minInside = 3
)

// Reading describes how the search text is interpreted, such as "User starts with anna".
func (l *List) Reading(v Viewer, text string) string {
	if text == "" {
		return ""
	}
	return l.search(v, text).reading
}

// either combines several searches with OR.
func either(reading string, searches ...search) search {
	found := search{reading: reading}
	for i, s := range searches {
		if i > 0 {
			found.condition += " OR "
		}
		found.condition += "(" + s.condition + ")"
		found.args = append(found.args, s.args...)
		found.many = found.many || s.many
	}
	return found
}

func is(column, text string) search {
	return search{condition: "lower(t." + column + ") = lower(?)", args: []any{text}}
}

func begins(column, text string) search {
	return search{condition: "lower(t." + column + ") LIKE lower(?)", args: []any{startsWith(text)}}
}

// inside searches for a text inside an expression that has a trigram index.
func inside(v Viewer, expression, text string) search {
	return matching(v, expression, contains(text))
}

// matching compares such an expression with a LIKE pattern. If the database has no trigram index, it searches only rows
// of the last searchedDays.
func matching(v Viewer, expression, pattern string) search {
	s := search{condition: expression + " ILIKE ?", args: []any{pattern}}
	if !v.textsSince.IsZero() {
		s.condition += " AND t.created_at >= ?"
		s.args = append(s.args, v.textsSince)
	}
	return s
}

// insideWords is inside with the part of the text that is probably rare, if it has one; the result is then filtered by
// the whole text. The index reads all rows of each trigram, so common words or many trigrams would take most of the
// time.
func insideWords(v Viewer, expression, text string) search {
	rare := rarePart(text)
	if rare == "" || rare == text {
		return inside(v, expression, text)
	}
	s := inside(v, expression, rare)
	s.condition += " AND (" + expression + " || '') ILIKE ?" // an expression without an index
	s.args = append(s.args, contains(text))
	return s
}

// searchesTexts reports whether the database has the trigram indexes, which need pg_trgm.
func (db *DB) searchesTexts(ctx context.Context) (bool, error) {
	if db.textsIndexed.Load() {
		return true, nil
	}
	var there bool
	if err := db.idb.NewRaw("SELECT to_regclass('orders_link_trigrams') IS NOT NULL").Scan(ctx, &there); err != nil {
		return false, err
	}
	if there {
		db.textsIndexed.Store(true)
	}
	return there, nil
}

// searchedDays is the period of rows that a search without an index scans.
const searchedDays = 30

// quoted returns a text in quotation marks for a reading. about returns a note on the limits of a text search.
func quoted(text string) string { return "“" + text + "”" }

func about(v Viewer) string {
	if !v.textsSince.IsZero() {
		return fmt.Sprintf(" (in the last %d days)", searchedDays)
	}
	return ""
}

// runs returns the sequences of letters and digits in a text.
func runs(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// longestRun returns the length of the longest sequence of letters and digits in a text.
func longestRun(text string) (longest int) {
	for _, run := range runs(text) {
		longest = max(longest, utf8.RuneCountInString(run))
	}
	return longest
}

// threes returns the number of distinct trigrams of letters or digits in a text. It ignores the trigrams at the starts
// and ends of words.
func threes(text string) int {
	known := map[string]bool{}
	for _, run := range runs(strings.ToLower(text)) {
		letters := []rune(run)
		for i := range max(len(letters)-2, 0) {
			known[string(letters[i:i+3])] = true
		}
	}
	return len(known)
}

// A part of a text counts as rare if it has a digit and at least leastRare letters or digits. Of a longer part the
// search uses the last mostRare characters: sequential numbers and numbers with a date in front differ at their end.
const leastRare, mostRare = 5, 8

// rarePart returns the part of a text that is probably the rarest, or "" if there is none.
func rarePart(text string) (rare string) {
	longest := leastRare - 1
	for _, run := range runs(text) {
		letters := []rune(run)
		if len(letters) > longest && strings.ContainsFunc(run, unicode.IsDigit) {
			longest, rare = len(letters), string(letters[max(0, len(letters)-mostRare):])
		}
	}
	return rare
}

var wholeEmail = regexp.MustCompile(`^[^@\s/]+@[^@\s/]+\.[^@\s/]+$`)

// ofEmail finds rows of customers with this e-mail, by their user_name.
func ofEmail(email string) search {
	const theirs = "SELECT lower(username) FROM users AS u WHERE lower(u.email) = lower(?)"
	return search{
		condition: `lower(t.user_name) = ANY(ARRAY(` + theirs + `)) AND EXISTS (` + theirs + ` AND u.panel_id = t.panel_id AND lower(u.username) = lower(t.user_name))`,
		args:      []any{email, email},
		reading:   "Customer with e-mail " + quoted(email),
	}
}
