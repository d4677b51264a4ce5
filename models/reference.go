package models

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// ReferenceKey returns the form in which references compare: letters and digits only, in lower case. Panels show a memo
// in another case, customers copy a reference with spaces, dashes or a full stop.
func ReferenceKey(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

// CarriesReference tells whether a memo, or a whole record, holds a reference.
func CarriesReference(text, reference string) bool {
	key := ReferenceKey(reference)
	return key != "" && strings.Contains(ReferenceKey(text), key)
}

// ourReference matches the key of a reference that newReference made.
var ourReference = regexp.MustCompile(`^mp[a-z2-7]{10}$`)

// ourReferencesIn returns the keys of the words in a memo that newReference may have made, in their order. A match inside
// longer words does not count: "company bank wire" holds such letters too.
func ourReferencesIn(memo string) (keys []string) {
	words := strings.FieldsFunc(memo, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	for _, word := range words {
		if key := ReferenceKey(word); ourReference.MatchString(key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// maybeReferencesIn returns the keys in a memo that newReference may have made, wherever they stand: a panel may join the
// words of a memo. Callers compare the action before they believe a key.
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

// memoKeys returns the keys by which a memo compares with others: that of all its words, and that of its last word where
// this may be a transaction's reference ("ref TXN-88ab-1177"). Our own reference at the end is a key of its own, and the
// words before it compare as if it were not there.
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

// SameMemo tells whether two memos name the same transaction or say the same words.
func SameMemo(a, b string) bool {
	return slices.ContainsFunc(memoKeys(a), func(k string) bool { return slices.Contains(memoKeys(b), k) })
}

// likelyReference tells whether a key may be a transaction's reference: words with hardly a digit, such as "thank you" or
// "5% bonus", are written under many payments.
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
	// shortestReference is how short a key in bytes may be that is taken for a reference, and fewestDigits is how few
	// digits it may have.
	shortestReference = 6
	fewestDigits      = 3
)
