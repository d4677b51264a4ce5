package panel

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/shopspring/decimal"
)

// Money is an exact amount, as a panel states it.
type Money struct {
	Amount    decimal.Decimal
	Currency  string // ISO code as the panel writes it; may be empty
	Formatted string // the panel's own display form; may be empty
}

const (
	maxAmountLength   = 64
	maxAmountExponent = 32
)

var errNotAmount = errors.New("not an amount")

// parseAmount reads a decimal number, quoted or not, and never converts it to a float. ok is false if it is absent or
// "". The limits keep a number like 1e999999999 from turning into a gigabyte of zeros when it is printed.
func parseAmount(raw json.RawMessage) (amount decimal.Decimal, ok bool, err error) {
	s, err := literal(raw)
	if err != nil || len(s) > maxAmountLength || strings.Trim(s, "0123456789.+-eE") != "" {
		return decimal.Zero, false, errNotAmount
	}
	if s == "" {
		return decimal.Zero, false, nil
	}
	amount, err = decimal.NewFromString(s)
	if err != nil || amount.Exponent() > maxAmountExponent || amount.Exponent() < -maxAmountExponent {
		return decimal.Zero, false, errNotAmount
	}
	return amount, true, nil
}
