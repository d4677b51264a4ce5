package handlers

import (
	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/visible"
)

// amounts are the fields of a form that should hold an amount of money and do not. Money is exact: it is never a float.
type amounts map[string]string

// read is the amount that was typed; blank is none.
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
