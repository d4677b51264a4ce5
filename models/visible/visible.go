// Package visible takes off characters that nobody sees and that come along when a text is pasted: the zero-width space, the
// byte order mark, the soft hyphen and the direction marks. U+200C and U+200D stay, because scripts and emoji need them.
package visible

import (
	"strings"
	"unicode"
)

// stray tells whether a character means nothing at the ends of a text.
func stray(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r == 0xAD, r == 0x61C, r == 0x180E, r == 0x200B, r == 0x200E, r == 0x200F, r == 0x2060, r == 0xFEFF:
		return true
	}
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// Trim takes white space and stray characters off both ends of a text.
func Trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || stray(r) })
}

// Search takes stray characters out of a text that is looked for, and white space off its ends.
func Search(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if stray(r) {
			return -1
		}
		return r
	}, text))
}

// Empty tells whether a reader sees nothing of a text.
func Empty(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Cc, r) && !unicode.Is(unicode.Variation_Selector, r) &&
			r != 0x34F && r != 0x115F && r != 0x1160 && r != 0x2800 && r != 0x3164 && r != 0xFFA0
	}) < 0
}
