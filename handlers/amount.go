package handlers

import (
	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/visible"
)

// amounts collects the errors of money fields by field name. Amounts are decimals, never floats, so they stay exact.
type amounts map[string]string

// read returns the typed amount. A blank field gives an invalid (empty) decimal; bad input adds an error under name.
func (a amounts) read(name, text string) decimal.NullDecimal {
	if visible.Trim(text) == "" {
		return decimal.NullDecimal{}
	}
	n, problem := readNumber(text)
	if problem == askNumber {
		problem = "Enter an amount such as 12.50."
	}
	if problem != "" {
		a[name] = problem
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(n)
}

// with merges the parse errors with the field errors in err. It reports whether any field is wrong.
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

// limitText formats a limit for a form field; "" means no limit.
func limitText(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	return d.Decimal.String()
}
