// Package visible removes invisible characters that come along when people paste a text: the zero-width space, the byte
// order mark, the soft hyphen and the direction marks. U+200C and U+200D stay, because scripts and emoji need them.
package visible

import (
	"strings"
	"unicode"
)

// stray reports whether a character is invisible and has no meaning at the ends of a text.
func stray(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r == 0xAD, r == 0x61C, r == 0x180E, r == 0x200B, r == 0x200E, r == 0x200F, r == 0x2060, r == 0xFEFF:
		return true
	}
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// Trim removes white space and stray characters from both ends of a text.
func Trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || stray(r) })
}

// Search removes stray characters from a search text, and white space from its ends.
func Search(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if stray(r) {
			return -1
		}
		return r
	}, text))
}

// Empty reports whether a text has no visible character.
func Empty(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Cc, r) && !unicode.Is(unicode.Variation_Selector, r) &&
			r != 0x34F && r != 0x115F && r != 0x1160 && r != 0x2800 && r != 0x3164 && r != 0xFFA0
	}) < 0
}
