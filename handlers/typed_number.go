package handlers

import (
	"math"
	"regexp"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"

	"masterpanel/models/visible"
)

// typedDigits matches groups of digits of any length, separated by dots or commas.
var typedDigits = regexp.MustCompile(`^[0-9]+([.,][0-9]+)*$`)

const (
	askNumber = "Enter a number such as 12.50."
	askWhole  = "Enter a whole number."
)

// readNumber parses a typed number: "25,5" and "25.5" are equal, and "1,234.5" has a thousands separator. "1,500" and
// "1.500" are ambiguous, so the problem names both readings. problem is "" on success.
func readNumber(text string) (n decimal.Decimal, problem string) {
	text = bareNumber(text)
	if !typedDigits.MatchString(text) || len(text) > 60 {
		return n, askNumber
	}
	last := strings.LastIndexAny(text, ".,")
	if last < 0 {
		return decimal.RequireFromString(text), ""
	}
	mark := text[last : last+1]
	groups := strings.FieldsFunc(text[:last], func(r rune) bool { return r == '.' || r == ',' })
	signs := strings.Trim(text[:last], "0123456789")
	fraction := text[last+1:]
	switch {
	case strings.Count(text, mark) > 1: // 1,234,567
		if strings.ContainsAny(strings.ReplaceAll(text, mark, ""), ".,") || !inThousands(append(groups, fraction)) {
			return n, askNumber
		}
		return decimal.RequireFromString(strings.ReplaceAll(text, mark, "")), ""
	case signs != "" && !inThousands(groups): // 12,34.5
		return n, askNumber
	case len(groups) == 1 && inThousands([]string{groups[0], fraction}) && groups[0][0] != '0':
		point := decimal.RequireFromString(groups[0] + "." + fraction)
		return n, "“" + text + "” may be " + groups[0] + fraction + " or " + point.String() + ": write " + groups[0] + fraction + " or " + shortPoint(point) + "."
	}
	return decimal.RequireFromString(strings.Join(groups, "") + "." + fraction), ""
}

// shortPoint formats a number in a way that does not look like grouped thousands.
func shortPoint(n decimal.Decimal) string {
	if text := n.String(); strings.HasSuffix(n.StringFixed(3), "0") || n.IsInteger() {
		return text
	}
	return n.StringFixed(4)
}

// inThousands reports whether groups of digits form a number with thousands separators.
func inThousands(groups []string) bool {
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return false
		}
	}
	return len(groups[0]) <= 3
}

// bareNumber removes invisible characters and thousands spaces from a typed number, and converts its digits to ASCII.
func bareNumber(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '٬':
			return ','
		case r == '٫':
			return '.'
		case r > 0x7f && unicode.IsDigit(r):
			return '0' + digitOf(r)
		}
		return r
	}, visible.Search(text))
	groups := strings.FieldsFunc(text, func(r rune) bool { return r == '\'' || r == '’' || unicode.IsSpace(r) })
	if len(groups) > 1 {
		last, _, _ := strings.Cut(strings.ReplaceAll(groups[len(groups)-1], ",", "."), ".")
		if !inThousands(append(groups[:len(groups)-1:len(groups)-1], last)) {
			return text
		}
	}
	return strings.Join(groups, "")
}

// digitOf returns the value of a decimal digit in any script; each script's digits are consecutive and start with zero.
func digitOf(r rune) (value rune) {
	for value < 9 && unicode.IsDigit(r-value-1) {
		value++
	}
	return value
}

// readWhole parses a typed whole number.
func readWhole(text string) (n int64, problem string) {
	d, problem := readNumber(text)
	switch {
	case problem == askNumber:
		return 0, askWhole
	case problem != "":
		return 0, problem
	case !d.IsInteger():
		return 0, askWhole
	case d.GreaterThan(decimal.NewFromInt(math.MaxInt64)):
		return 0, "This is too large. The maximum is " + number(math.MaxInt64) + "."
	}
	return d.IntPart(), ""
}
