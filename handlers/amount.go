package handlers

import (
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"masterpanel/models"
)

// anAmount is digits with a point at most: "1,50" and "1.500" mean different things to different people, so a comma is
// asked about rather than guessed.
var anAmount = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,8})?$`)

// amounts are the fields of a form that should hold an amount of money and do not. Money is exact: it is never a float.
type amounts map[string]string

// read is the amount that was typed; blank is none.
func (a amounts) read(name, text string) decimal.NullDecimal {
	text = strings.TrimSpace(text)
	if text == "" {
		return decimal.NullDecimal{}
	}
	if !anAmount.MatchString(text) {
		a[name] = "Enter an amount such as 12.50: digits, and a point before the decimals."
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(decimal.RequireFromString(text))
}

// with joins what could not be read with what models said, and tells whether any field is wrong.
func (a amounts) with(err error) (models.Invalid, bool) {
	problems, wrong := fieldErrors(err)
	if !wrong && (err != nil || len(a) == 0) {
		return nil, false
	}
	all := models.Invalid{}
	for _, some := range []map[string]string{problems, a} {
		for name, words := range some {
			all[name] = words
		}
	}
	return all, true
}

// limitText is a limit as it stands in a form.
func limitText(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	return d.Decimal.String()
}

// exactMoney is an amount with all its decimals: what a person confirms is not rounded.
func exactMoney(amount decimal.Decimal, currency string) string {
	whole, decimals, _ := strings.Cut(amount.String(), ".")
	for len(decimals) < 2 {
		decimals += "0"
	}
	return strings.TrimSpace(grouped(whole) + "." + decimals + " " + currency)
}
