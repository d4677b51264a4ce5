package pasted

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is a normalised text: digits of all scripts as ASCII digits, one kind of space and dash, no invisible
// characters.
type line struct {
	runes  []rune
	starts []int // byte offset of each rune in the text
	sizes  []int
}

func newLine(text string) line {
	l := line{runes: make([]rune, 0, len(text)), starts: make([]int, 0, len(text)), sizes: make([]int, 0, len(text))}
	for at, r := range text {
		if plain := plainRune(r); plain >= 0 {
			size := utf8.RuneLen(r)
			if r == utf8.RuneError {
				_, size = utf8.DecodeRuneInString(text[at:])
			}
			l.runes, l.starts, l.sizes = append(l.runes, plain), append(l.starts, at), append(l.sizes, size)
		}
	}
	return l
}

// plainRune returns the normalised form of a character, -1 for an invisible one.
func plainRune(r rune) rune {
	switch {
	case r < 0x80:
		if r == '\r' || r == '\v' || r == '\f' {
			return '\n'
		}
		if r < ' ' && r != '\n' || r == 0x7f {
			return ' '
		}
		return r
	case r == 0x2028, r == 0x2029, r == 0x85:
		return '\n'
	case unicode.IsSpace(r), r == 0x200B, r == 0x180E, r == 0x2800, r == 0x3164: // a zero-width space also separates words
		return ' '
	case unicode.IsDigit(r):
		return '0' + digit(r)
	case unicode.Is(unicode.Pd, r), r == 0x2212:
		return '-'
	case unicode.Is(unicode.Cf, r), r >= 0xFE00 && r <= 0xFE0F:
		return -1
	}
	return r
}

// digit returns the value of a decimal digit: each range of digits in Unicode holds groups of ten that start with zero.
func digit(r rune) rune {
	for _, of := range unicode.Nd.R16 {
		if uint16(r) >= of.Lo && uint16(r) <= of.Hi && r <= 0xFFFF { // #nosec G115 -- compared below 0x10000 only
			return (r - rune(of.Lo)) % 10
		}
	}
	i := sort.Search(len(unicode.Nd.R32), func(i int) bool { return unicode.Nd.R32[i].Hi >= uint32(r) }) // #nosec G115 -- a rune of a string is not negative
	return (r - rune(unicode.Nd.R32[i].Lo)) % 10                                                         // #nosec G115 -- it is in the table
}

func (l line) string(t token) string { return string(l.runes[t.from:t.to]) }

// from and to return the byte offsets of the start and end of characters in the text.
func (l line) from(i int) int { return l.starts[i] }
func (l line) to(i int) int   { return l.starts[i-1] + l.sizes[i-1] }

// kind is the kind of a token.
type kind int

const (
	space kind = iota
	newline
	sign    // one character of punctuation
	number  // digits only
	letters // letters, optionally with digits
	address
)

// token is the part of a line from its first character to the one before to.
type token struct {
	kind     kind
	from, to int
}

func (l line) tokens() []token {
	tokens := make([]token, 0, len(l.runes)/4)
	for at := 0; at < len(l.runes); {
		t := token{kind: kindOf(l.runes[at]), from: at, to: at + 1}
		if end := l.addressFrom(at, tokens); end > 0 {
			t.kind, t.to = address, end
		} else if t.kind != sign && t.kind != newline {
			t.to = l.endOf(&t)
		}
		tokens = append(tokens, t)
		at = t.to
	}
	return tokens
}

func kindOf(r rune) kind {
	switch {
	case r == '\n':
		return newline
	case r == ' ':
		return space
	case r >= '0' && r <= '9':
		return number
	case r == '_' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
		return letters
	}
	return sign
}

// endOf returns the end of a token. Digits next to letters belong to the word.
func (l line) endOf(t *token) int {
	at := t.to
	for ; at < len(l.runes); at++ {
		k := kindOf(l.runes[at])
		if k != t.kind && (k != number && k != letters || t.kind == space) {
			break
		}
		if k == letters {
			t.kind = letters
		}
	}
	return at
}

// addressFrom returns the end of an address that begins at the given position, 0 if none begins there.
func (l line) addressFrom(at int, before []token) int {
	if len(before) > 0 && before[len(before)-1].kind > sign || l.runes[at] == ' ' || l.runes[at] == '\n' {
		return 0
	}
	if k := kindOf(l.runes[at]); k != letters && k != number && l.runes[at] != '/' {
		return 0
	}
	end := at
	for end < len(l.runes) && l.runes[end] != ' ' && l.runes[end] != '\n' && !strings.ContainsRune(`"<>()[]{}`, l.runes[end]) {
		end++
	}
	for end > at && strings.ContainsRune(".,;:!?'", l.runes[end-1]) {
		end--
	}
	text := string(l.runes[at:end])
	if isAddress(text) {
		return end
	}
	return 0
}

func isAddress(text string) bool {
	scheme, _, ok := strings.Cut(text, "://")
	if ok && scheme != "" && !strings.ContainsFunc(scheme, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return true
	}
	for _, noun := range nouns {
		if strings.HasPrefix(text, "/"+noun+"/") {
			return true
		}
	}
	host, _, slashed := strings.Cut(text, "/")
	dot := strings.LastIndexByte(host, '.')
	return (slashed || strings.HasPrefix(strings.ToLower(text), "www.")) && dot > 0 && len(host)-dot > 2 &&
		!strings.ContainsFunc(host[dot+1:], func(r rune) bool { return !unicode.IsLetter(r) })
}
