package panel

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxWords = 300

// minSecret is the shortest key that words removes from a text. A shorter key is a placeholder, and removing it would
// garble every sentence that contains "key".
const minSecret = 4

// words makes a text from a panel safe to show and log: one line, without control and invisible characters, without
// our keys, at most 300 characters.
func (c *Client) words(s string) string {
	s = strings.Join(strings.Fields(strings.Map(visible, s)), " ")
	for _, key := range []string{c.adminKey, c.servicesKey} {
		if len(key) >= minSecret {
			s = strings.ReplaceAll(s, key, "[key]")
		}
	}
	return cut(s, maxWords)
}

// visible drops invisible characters, including bidirectional marks, and turns line breaks into blanks.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case r == utf8.RuneError, !unicode.IsPrint(r):
		return -1
	}
	return r
}

// cut shortens s to n characters; the last of them is an ellipsis.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
