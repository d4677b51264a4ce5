package handlers

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unseen names the invisible characters with which a text can look different from its stored form. They change the
// text's direction or have no width.
var unseen = map[rune]string{
	'\u00ad': "soft hyphen", '\u034f': "joiner", '\u061c': "rtl", '\u115f': "filler", '\u1160': "filler", '\u180e': "zero-width",
	'\u200b': "zero-width", '\u200c': "non-joiner", '\u200d': "joiner", '\u200e': "ltr", '\u200f': "rtl",
	'\u202a': "ltr", '\u202b': "rtl", '\u202c': "end", '\u202d': "ltr override", '\u202e': "rtl override",
	'\u2028': "line separator", '\u2029': "paragraph separator", '\u2060': "zero-width", '\u2061': "zero-width",
	'\u2062': "zero-width", '\u2063': "zero-width", '\u2064': "zero-width", '\u2066': "ltr", '\u2067': "rtl",
	'\u2068': "isolate", '\u2069': "end", '\u206a': "control", '\u206b': "control", '\u206c': "control", '\u206d': "control",
	'\u206e': "control", '\u206f': "control", '\u2800': "blank", '\u3164': "filler", '\ufeff': "zero-width", '\uffa0': "filler",
	'\ufff9': "annotation", '\ufffa': "annotation", '\ufffb': "annotation",
}

// seen returns a visible form of an invisible character, or "" for a visible one. before is the preceding character: a
// joiner is legitimate between letters of Arabic and Indic scripts and in composed emoji.
func seen(r, before rune) string {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return ""
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return fmt.Sprintf("[U+%04X]", r)
	case r < 0xad:
		return ""
	case (r == '\u200c' || r == '\u200d') && joins(before):
		return ""
	case isTag(r) && before != blackFlag:
		return "[tag]"
	case unseen[r] != "":
		return "[" + unseen[r] + "]"
	}
	return ""
}

// blackFlag starts the flag emoji of a country's region. Three to six tags and an end tag follow it.
const blackFlag = 0x1f3f4

// flagBytes is how many bytes around a tag are searched for its flag; a whole flag is shorter.
const flagBytes = 40

// isTag reports whether a character is a tag character, a second copy of ASCII that no font shows.
func isTag(r rune) bool { return r >= 0xe0000 && r <= 0xe007f }

// flagBefore returns blackFlag if the tag at index i is part of a complete flag, otherwise 0.
func flagBefore(text string, i int) rune {
	const size = 4 // bytes of a tag, and of the flag, in UTF-8
	tag := func(at int) bool {
		r, _ := utf8.DecodeRuneInString(text[max(at, 0):min(at+size, len(text))])
		return at >= 0 && at < len(text) && isTag(r)
	}
	from, to := i, i
	for tag(from - size) {
		from -= size
	}
	for tag(to) {
		to += size
	}
	flag, _ := utf8.DecodeLastRuneInString(text[:from])
	end, _ := utf8.DecodeLastRuneInString(text[:to])
	if n := (to - from) / size; flag == blackFlag && end == 0xe007f && n >= 4 && n <= 7 {
		return blackFlag
	}
	return 0
}

func joins(before rune) bool {
	return before >= 0x590 && before < 0x1100 && unicode.IsOneOf([]*unicode.RangeTable{unicode.L, unicode.M}, before) ||
		before == 0xfe0f || before >= 0x2600 && before < 0x2800 || before >= 0x1f000 && before < 0x20000
}

// showUnseen makes a text's invisible characters visible.
func showUnseen(text string) string {
	var out strings.Builder
	before, from := rune(0), 0
	for i, r := range text {
		if isTag(r) {
			before = flagBefore(text, i)
		}
		if name := seen(r, before); name != "" {
			out.WriteString(text[from:i])
			out.WriteString(name)
			from = i + utf8.RuneLen(r)
		}
		before = r
	}
	if from == 0 {
		return text
	}
	return out.String() + text[from:]
}

// pageWithUnseen makes the invisible characters of a rendered page visible in its text and its tooltips, for all
// fields. Form values and texts for the clipboard stay unchanged.
func pageWithUnseen(page []byte) []byte {
	var out []byte
	var at place
	from := 0
	for i := 0; i < len(page); {
		if page[i] >= ' ' && page[i] < 0x7f || page[i] == '\n' { // the fast path: nearly all bytes of a page take it
			i++
			continue
		}
		r, size := utf8.DecodeRune(page[i:])
		before, _ := utf8.DecodeLastRune(page[:i])
		if isTag(r) {
			from := max(0, i-flagBytes)
			before = flagBefore(string(page[from:min(len(page), i+flagBytes)]), i-from)
		}
		if name := seen(r, before); name != "" && at.upTo(page, i).isRead(page) {
			out = append(append(out, page[from:i]...), name...)
			from = i + size
		}
		i += size
	}
	if from == 0 {
		return page
	}
	return append(out, page[from:]...)
}

// place is a position in a page. Templates escape < > and " in values, so unescaped ones belong to the page's own
// markup.
type place struct {
	tag, value int // the start of the current tag and of its latest value, or 0
	at         int // the number of bytes read so far
}

// upTo reads all bytes before i.
func (p *place) upTo(page []byte, i int) *place {
	for ; p.at < i; p.at++ {
		p.pass(page, p.at)
	}
	return p
}

func (p *place) pass(page []byte, i int) {
	switch page[i] {
	case '<':
		p.tag, p.value = i+1, 0
	case '>':
		p.tag = 0
	case '"':
		if i > 0 && page[i-1] == '=' {
			p.value = i
		}
	}
}

// isRead reports whether people read the text at this position.
func (p *place) isRead(page []byte) bool {
	if p.tag == 0 {
		return true
	}
	if p.value == 0 {
		return false
	}
	tag := page[p.tag : p.value-1]
	name := string(tag[bytes.LastIndexAny(tag, " \n\t")+1:])
	return slices.Contains([]string{"title", "aria-label", "placeholder"}, name)
}
