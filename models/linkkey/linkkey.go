// Package linkkey gives every spelling of a link the same key, so that two orders on the same post, video or profile meet.
// It knows the usual networks with their short and mobile forms, and compares other links by host, path and query. A key is
// the shortest link to the target without its scheme, such as "instagram.com/p/C9zQkT1AbCd", so it is its own key.
package linkkey

import (
	"strings"
	"unicode"
)

// Rule is the version of the rule. Raise it with every change that gives a link another key: the program then
// recomputes the stored keys.
const Rule = 1

// mostRedirects limits how many redirect links may be nested.
const mostRedirects = 3

// Of returns the key of an order's link, "" for an empty one. A bare handle such as "@nova" belongs to the network that
// the name of the order's service mentions. A text that is no link is its own key.
func Of(link, service string) string {
	text := clean(link)
	if name, ok := handle(text); ok {
		if n := mentioned(service); n != nil && !isHome(text) {
			return n.home + "/" + n.profile(name)
		}
		if strings.HasPrefix(text, "@") || !strings.Contains(text, ".") {
			return "@" + strings.ToLower(name)
		}
	}
	if a, ok := parse(text); ok {
		return a.key(mostRedirects)
	}
	return text
}

// Candidates returns all keys that a search text may mean: the link itself and, for a bare handle, its profile on each
// network.
func Candidates(text string) []string {
	text = clean(text)
	if text == "" {
		return nil
	}
	keys := []string{Of(text, "")}
	if name, ok := handle(text); ok && !isHome(text) {
		for i := range networks {
			keys = append(keys, networks[i].home+"/"+networks[i].profile(name))
		}
		keys = append(keys, "@"+strings.ToLower(name))
	}
	return keys
}

// CaseMatters reports whether the case of letters in a key is significant, as in the code of a post.
func CaseMatters(key string) bool { return key != strings.ToLower(key) }

// clean removes white space around a link and invisible characters inside it.
func clean(link string) string {
	link = strings.ToValidUTF8(link, "\uFFFD")
	if strings.IndexFunc(link, unseen) >= 0 {
		link = strings.Map(func(r rune) rune {
			if unseen(r) {
				return -1
			}
			return r
		}, link)
	}
	return strings.TrimSpace(link)
}

// unseen reports whether r is invisible: the zero-width space, the soft hyphen, the byte order mark or a direction
// mark.
func unseen(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r == 0xAD, r == 0x61C, r == 0x200B, r == 0x200E, r == 0x200F, r == 0x2060, r == 0xFEFF:
		return true
	}
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// handle parses a text that is only a name, with or without a leading @.
func handle(text string) (name string, ok bool) {
	name = strings.TrimPrefix(text, "@")
	named := false
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			named = true
		case r != '.' && r != '_' && r != '-':
			return "", false
		}
	}
	return name, named
}

// isHome reports whether a name is the host of a network, such as "instagram.com".
func isHome(name string) bool {
	n, _ := networkOf(strings.ToLower(name))
	return n != nil
}
