package models

import (
	"regexp"
	"strings"
	"unicode"
)

// runsOn are common sequences of characters: the alphabet, the digits, and the rows and columns of keyboards.
var runsOn = []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm", "!@#$%^&*()", "!\"§$%&/()="}

// leastBeside is the minimum number of characters outside sequences, repetitions and common words, at any length.
const leastBeside = 5

// isRuns reports whether a password in lower case is a repeated unit, or sequences with almost nothing else.
func isRuns(lower string) bool {
	letters := []rune(lower)
	for size := 1; size <= len(letters)/2; size++ {
		if strings.HasPrefix(strings.Repeat(string(letters[:size]), len(letters)/size+1), lower) {
			return true
		}
	}
	beside := 0
	for i := 0; i < len(letters); {
		n := runAt(letters[i:])
		if n < 3 {
			n = 1
			beside++
		}
		i += n
	}
	return beside < leastBeside
}

// runAt returns the length of the run at the start: one repeated character, or a part of one of runsOn, forwards or
// backwards.
func runAt(letters []rune) int {
	longest := 1
	for longest < len(letters) && letters[longest] == letters[0] {
		longest++
	}
	for n := longest + 1; n <= len(letters); n++ {
		part, turned := string(letters[:n]), reversed(letters[:n])
		found := false
		for _, row := range runsOn {
			found = found || strings.Contains(row, part) || strings.Contains(row, turned)
		}
		if !found {
			break
		}
		longest = n
	}
	return longest
}

func reversed(letters []rune) string {
	var b strings.Builder
	for i := len(letters) - 1; i >= 0; i-- {
		b.WriteRune(letters[i])
	}
	return b.String()
}

// commonWords are seasons, months, days, and other words that people put before a year or a number.
var commonWords = regexp.MustCompile(`spring|summer|autumn|fall|winter|january|february|march|april|may|june|july|august|september|october|november|december|` +
	`monday|tuesday|wednesday|thursday|friday|saturday|sunday|password|passwort|welcome|willkommen|changeme|letmein|login|admin(?:istrator)?|owner|staff|support|` +
	`masterpanel|perfectpanel|panel|smm|qwerty|secret|hello|test|user|root|default|hunter|monkey|dragon|football|iloveyou|instagram|tiktok|youtube|facebook|followers|` +
	`parola|sifre|ilkbahar|yaz|sonbahar|kis|verano|invierno|primavera|contrasena|sommer|herbst|fruehling|ete|hiver|leto|zima|vesna|osen`)

// isGuessable reports whether a password in lower case consists of common words, digits and signs, as in
// "Summer2026!!".
func isGuessable(lower string) bool {
	plain := strings.NewReplacer("0", "o", "@", "a", "$", "s").Replace(lower)
	for _, text := range []string{lower, plain} {
		left := commonWords.ReplaceAllString(text, "")
		if left == text {
			continue
		}
		beside := 0
		for _, r := range left {
			if unicode.IsLetter(r) {
				beside++
			}
		}
		if beside < leastBeside {
			return true
		}
	}
	return false
}
