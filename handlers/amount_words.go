package handlers

import (
	"strings"

	"github.com/shopspring/decimal"
)

var (
	smallNumbers = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens         = strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")
	thousands    = []string{"", " thousand", " million", " billion", " trillion"}
)

// amountWords spells an amount out, so that the reader notices a zero too many: 1250.5 is "one thousand two hundred and
// fifty point five". It reads the decimals digit by digit, because then it needs no name for the currency's small unit.
func amountWords(amount decimal.Decimal) string {
	whole, decimals, _ := strings.Cut(amount.String(), ".")
	words := wholeWords(whole)
	if decimals == "" {
		return words
	}
	words += " point"
	for _, digit := range decimals {
		words += " " + smallNumbers[digit-'0']
	}
	return words
}

// wholeWords spells digits out in groups of three, from the left.
func wholeWords(digits string) string {
	digits = strings.Repeat("0", (3-len(digits)%3)%3) + digits
	var words []string
	groups := len(digits) / 3
	for i := range groups {
		group := digits[3*i : 3*i+3]
		n := int(group[0]-'0')*100 + int(group[1]-'0')*10 + int(group[2]-'0')
		if n == 0 {
			continue
		}
		last := i == groups-1 && len(words) > 0 && n < 100
		words = append(words, joinIf(last, "and ")+hundredWords(n)+thousands[groups-1-i])
	}
	if len(words) == 0 {
		return smallNumbers[0]
	}
	return strings.Join(words, " ")
}

func joinIf(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

func hundredWords(n int) string {
	switch {
	case n < 20:
		return smallNumbers[n]
	case n < 100 && n%10 == 0:
		return tens[n/10]
	case n < 100:
		return tens[n/10] + "-" + smallNumbers[n%10]
	case n%100 == 0:
		return smallNumbers[n/100] + " hundred"
	}
	return smallNumbers[n/100] + " hundred and " + hundredWords(n%100)
}
