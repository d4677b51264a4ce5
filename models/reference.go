package models

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// ReferenceKey returns the form in which references are compared: only letters and digits, in lower case. Panels show a
// memo in another case, and customers copy a reference with spaces, dashes or a full stop.
func ReferenceKey(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

// CarriesReference reports whether a memo, or a whole record, contains a reference.
func CarriesReference(text, reference string) bool {
	key := ReferenceKey(reference)
	return key != "" && strings.Contains(ReferenceKey(text), key)
}

// ourReference matches the key of a reference from newReference.
var ourReference = regexp.MustCompile(`^mp[a-z2-7]{10}$`)

// ourReferencesIn returns the keys of the words in a memo that newReference may have made, in their order. A match
// inside longer words does not count, because texts such as "company bank wire" contain such letters too.
func ourReferencesIn(memo string) (keys []string) {
	words := strings.FieldsFunc(memo, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	for _, word := range words {
		if key := ReferenceKey(word); ourReference.MatchString(key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// maybeReferencesIn returns the keys at any position in a memo that newReference may have made, because a panel may
// join the words of a memo. Callers compare the action before they trust a key.
func maybeReferencesIn(memo string) (keys []string) {
	text := ReferenceKey(memo)
	for at := strings.Index(text, "mp"); at >= 0 && at+12 <= len(text); {
		if ourReference.MatchString(text[at : at+12]) {
			keys = append(keys, text[at:at+12])
		}
		next := strings.Index(text[at+1:], "mp")
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return keys
}

// memoKeys returns the keys by which a memo is compared with others: the key of all its words, and the key of its last
// word if this may be a transaction reference ("ref TXN-88ab-1177"). Our own reference at the end is a separate key,
// and the words before it are compared without it.
func memoKeys(memo string) (keys []string) {
	words := strings.Fields(memo)
	if n := len(words); n > 0 && ourReference.MatchString(ReferenceKey(words[n-1])) {
		keys, words = append(keys, ReferenceKey(words[n-1])), words[:n-1]
	}
	if whole := ReferenceKey(strings.Join(words, "")); whole != "" {
		keys = append(keys, whole)
	}
	if n := len(words); n > 1 {
		if last := ReferenceKey(words[n-1]); likelyReference(last) && !slices.Contains(keys, last) {
			keys = append(keys, last)
		}
	}
	return keys
}

// SameMemo reports whether two memos name the same transaction or have the same words.
func SameMemo(a, b string) bool {
	return slices.ContainsFunc(memoKeys(a), func(k string) bool { return slices.Contains(memoKeys(b), k) })
}

// likelyReference reports whether a key may be a transaction reference. Words with hardly a digit, such as "thank you"
// or "5% bonus", appear in many payments.
func likelyReference(key string) bool {
	digits := 0
	for _, r := range key {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return len(key) >= shortestReference && digits >= fewestDigits
}

const (
	// shortestReference is the minimum length in bytes of a key that counts as a reference, and fewestDigits is its
	// minimum number of digits.
	shortestReference = 6
	fewestDigits      = 3
)
