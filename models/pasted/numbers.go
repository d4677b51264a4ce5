package pasted

import (
	"strconv"
	"strings"
)

// numbers reads a chain of numbers that are joined by single signs: "5/6", "5-7", "1,500".
func (r *reader) numbers() {
	first, last := r.at, r.at
	for r.is(last+1, sign) && strings.ContainsRune("-.,/:+", r.rune(last+1)) && r.is(last+2, number) {
		last += 2
	}
	r.at = last + 1
	signs, digits := "", []string(nil)
	for at := first; at <= last; at += 2 {
		if at > first {
			signs += string(r.rune(at - 1))
		}
		digits = append(digits, r.line.string(r.tokens[at]))
	}
	whole := r.line.string(token{from: r.tokens[first].from, to: r.tokens[last].to})
	switch skip := r.numbering(first, digits, signs); {
	case skip:
		r.ignore(r.numberingText(first))
		r.marker++
		r.at = first + 1
		if r.is(r.at, sign) { // the sign belongs to the list's numbering
			r.at++
		}
	case r.unreadable(first, last), isTime(digits, signs), isDate(digits, signs):
		r.ignore(whole)
	case isGrouped(digits, signs):
		r.found.Grouped = append(r.found.Grouped, whole)
	case isAmount(digits, signs, r.policy):
		r.ignore(whole)
	case r.policy == Asked && r.isRange(digits, signs, first):
	default:
		r.each(first, last)
	}
	r.barred = false
}

// each adds the numbers of a chain one by one.
func (r *reader) each(first, last int) {
	before := r.labelled
	if r.is(first-1, sign) && strings.ContainsRune("#№", r.rune(first-1)) {
		r.labelled = true
	}
	for at := first; at <= last; at += 2 {
		t := r.tokens[at]
		r.add(r.line.string(t), r.line.from(t.from), r.line.to(t.to))
	}
	if r.policy == Conversation {
		r.labelled = before
	}
}

// unreadable reports whether the neighbours of a number show that it is not an ID.
func (r *reader) unreadable(first, last int) bool {
	equals := func(at, beyond int) bool { return r.is(at, sign) && r.rune(at) == '=' && r.is(beyond, number) }
	if equals(first-1, first-2) || equals(last+1, last+2) {
		return true
	}
	if r.policy == Asked {
		return false
	}
	if r.barred || r.is(first-1, sign) && strings.ContainsRune("/.=@+\\~&?", r.rune(first-1)) || r.is(last+1, sign) && strings.ContainsRune("%/=@", r.rune(last+1)) {
		return true
	}
	return r.besideMoney(first, last)
}

// besideMoney reports whether a currency is before or after a number. A currency between two numbers belongs to the
// first.
func (r *reader) besideMoney(first, last int) bool {
	before, after := first-1, last+1
	if r.is(before, space) {
		before--
	}
	if r.is(after, space) {
		after++
	}
	if r.isMoney(after) {
		return true
	}
	if !r.isMoney(before) {
		return false
	}
	further := before - 1
	if r.is(further, space) {
		further--
	}
	return !r.is(further, number)
}

// numbering reports whether a number is the number of a list entry: "1) 101416", "1. 101416".
func (r *reader) numbering(first int, digits []string, signs string) bool {
	if len(digits[0]) > 3 || !r.beginsLine(first) {
		return false
	}
	if len(digits) > 1 {
		return len(digits) == 2 && signs == "." && len(digits[1]) >= 5 // no space after the full stop
	}
	if !r.is(first+1, sign) || !strings.ContainsRune(").", r.rune(first+1)) {
		return false
	}
	for at := first + 2; at < len(r.tokens) && !r.is(at, newline); at++ {
		if r.is(at, number) {
			n, _ := strconv.Atoi(digits[0])
			return r.tokens[at].to-r.tokens[at].from > len(digits[0]) || n == r.marker+1 && r.severalLines()
		}
	}
	return false
}

func (r *reader) numberingText(first int) string {
	return r.line.string(token{from: r.tokens[first].from, to: r.tokens[first].to + 1})
}

// beginsLine reports whether only spaces and bullets precede a token on its line.
func (r *reader) beginsLine(at int) bool {
	for at--; at >= 0 && !r.is(at, newline); at-- {
		if !r.is(at, space) && (!r.is(at, sign) || !strings.ContainsRune("-*•·>", r.rune(at))) {
			return false
		}
	}
	return true
}

func (r *reader) severalLines() bool {
	for _, t := range r.tokens {
		if t.kind == newline {
			return true
		}
	}
	return false
}

// isRange reads "5-7" as the IDs 5, 6 and 7. It ignores a range that is too long.
func (r *reader) isRange(digits []string, signs string, first int) bool {
	if signs != "-" || len(digits[0]) != len(digits[1]) {
		return false
	}
	low, err := strconv.ParseInt(digits[0], 10, 64)
	high, err2 := strconv.ParseInt(digits[1], 10, 64)
	if err != nil || err2 != nil || low <= 0 || high <= low {
		return false
	}
	whole := digits[0] + "-" + digits[1]
	if high-low >= mostInRange {
		r.ignore(whole)
		return true
	}
	r.found.Ranges = append(r.found.Ranges, whole)
	from, to := r.line.from(r.tokens[first].from), r.line.to(r.tokens[first+2].to)
	for n := low; n <= high; n++ {
		r.add(strconv.FormatInt(n, 10), from, to)
	}
	return true
}

// isTime reports whether a chain is a time of day.
func isTime(digits []string, signs string) bool {
	if signs == "" || strings.Trim(signs, ":") != "" {
		return false
	}
	for _, d := range digits {
		if len(d) > 2 {
			return false
		}
	}
	return true
}

// isDate reports whether a chain is a date with the year first or last.
func isDate(digits []string, signs string) bool {
	if len(digits) != 3 || signs[0] != signs[1] || !strings.ContainsAny(signs, "-./") {
		return false
	}
	isYear := func(d string) bool { return len(d) == 4 && (d[:2] == "19" || d[:2] == "20") }
	return isYear(digits[0]) && len(digits[1]) <= 2 && len(digits[2]) <= 2 || isYear(digits[2]) && len(digits[0]) <= 2 && len(digits[1]) <= 2
}

// isGrouped reports whether a chain looks like one number with separators between thousands.
func isGrouped(digits []string, signs string) bool {
	if signs == "" || strings.Trim(signs, signs[:1]) != "" || !strings.ContainsAny(signs, ",.") || len(digits[0]) > 3 || digits[0][0] == '0' {
		return false
	}
	for _, d := range digits[1:] {
		if len(d) != 3 {
			return false
		}
	}
	return true
}

// isAmount reports whether a chain has a decimal fraction. In a list of IDs a comma separates them.
func isAmount(digits []string, signs string, policy Policy) bool {
	for i, s := range signs {
		short := len(digits[i+1]) <= 2 || len(digits[i]) < 4
		if s == '.' && short || s == ',' && policy == Conversation && i == len(signs)-1 && len(digits[i+1]) <= 2 {
			return true
		}
	}
	return false
}
