package models

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// search is how the text of the search box is understood: a condition with its arguments, and the reading in words. many
// says that it may find far more rows than a page shows, in an order of their own.
type search struct {
	condition string
	args      []any
	reading   string
	many      bool
}

const (
	// maxSearchIDs is how many ids may be searched for at once.
	maxSearchIDs = 500
	// minInside is how many letters or digits in a row a text must have to be looked for inside others: the index
	// knows them by threes.
	minInside = 3
)

// Reading says how the search box's text is understood, such as "User starts with anna".
func (l *List) Reading(v Viewer, text string) string {
	if text == "" {
		return ""
	}
	return l.search(v, text).reading
}

// either is what any of several searches finds.
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

// inside looks for a text inside an expression of a row that has an index on its trigrams.
func inside(v Viewer, expression, text string) search {
	return matching(v, expression, contains(text))
}

// matching compares such an expression with a pattern. Without such an index only rows of the last searchedDays are looked
// through.
func matching(v Viewer, expression, pattern string) search {
	s := search{condition: expression + " ILIKE ?", args: []any{pattern}}
	if !v.textsSince.IsZero() {
		s.condition += " AND t.created_at >= ?"
		s.args = append(s.args, v.textsSince)
	}
	return s
}

// insideWords is inside, by the part of a text that is likely to be rare if it has one; the rest is compared in what that
// finds. The index goes through all rows of each three letters, so that a usual word, or many threes, take most of the time.
func insideWords(v Viewer, expression, text string) search {
	rare := rarePart(text)
	if rare == "" || rare == text {
		return inside(v, expression, text)
	}
	s := inside(v, expression, rare)
	s.condition += " AND (" + expression + " || '') ILIKE ?" // by an expression that no index has
	s.args = append(s.args, contains(text))
	return s
}

// searchesTexts tells whether the database has the indexes to search inside texts, which need pg_trgm.
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

// searchedDays bounds what is looked through one by one.
const searchedDays = 30

// quoted is a text in a reading. about says what else the reader should know of a search inside texts.
func quoted(text string) string { return "“" + text + "”" }

func about(v Viewer) string {
	if !v.textsSince.IsZero() {
		return fmt.Sprintf(" (in the last %d days)", searchedDays)
	}
	return ""
}

// runs are the letters and digits in a row in a text, between all else.
func runs(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// longestRun is the number of letters or digits in a row in a text.
func longestRun(text string) (longest int) {
	for _, run := range runs(text) {
		longest = max(longest, utf8.RuneCountInString(run))
	}
	return longest
}

// threes is by how many different threes of letters or digits the index knows a text, beside where its words begin and end.
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

// A part of a text is taken to be rare when it has a digit and at least leastRare letters or digits. Of longer ones the
// last mostRare are looked for: numbers that count up, or that begin with a date, differ at their end.
const leastRare, mostRare = 5, 8

// rarePart is the part of a text that fewest others have, or "" when that cannot be told.
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

// ofEmail finds rows of the customers who have an e-mail, by their user_name.
func ofEmail(email string) search {
	const theirs = "SELECT lower(username) FROM users AS u WHERE lower(u.email) = lower(?)"
	return search{
		condition: `lower(t.user_name) = ANY(ARRAY(` + theirs + `)) AND EXISTS (` + theirs + ` AND u.panel_id = t.panel_id AND lower(u.username) = lower(t.user_name))`,
		args:      []any{email, email},
		reading:   "Customer with e-mail " + quoted(email),
	}
}
