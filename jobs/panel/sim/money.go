package sim

import (
	"strconv"
	"strings"
)

// Money is an amount in hundred-thousandths of the panel's currency, so that sums and refunds are exact.
type Money int64

// Unit is one whole dollar, lira or euro.
const Unit Money = 100_000

// String formats the amount as panels do: at least two decimals, at most five, no trailing zeros after the second.
func (m Money) String() string {
	return string(m.appendTo(nil))
}

func (m Money) appendTo(b []byte) []byte {
	if m < 0 {
		b, m = append(b, '-'), -m
	}
	b = strconv.AppendInt(b, int64(m/Unit), 10)
	var decimals [6]byte
	decimals[0] = '.'
	rest := m % Unit
	for i := 5; i >= 1; i-- {
		decimals[i] = byte('0' + rest%10)
		rest /= 10
	}
	end := 6
	for end > 3 && decimals[end-1] == '0' {
		end--
	}
	return append(b, decimals[:end]...)
}

// share returns n/of of the amount, rounded to the nearest hundred-thousandth.
func (m Money) share(n, of int64) Money {
	if of <= 0 {
		return 0
	}
	return Money((int64(m)*n + of/2) / of)
}

// parseMoney reads a plain decimal such as "12.5". It refuses exponents, signs, more than five decimals and numbers
// that are too large, because it could not store the exact amount.
func parseMoney(s string) (Money, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	if whole == "" || len(whole) > 12 || len(fraction) > 5 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", 5-len(fraction)), 10, 63)
	return Money(n), err == nil
}

// symbol returns the currency sign for "formatted".
func symbol(currency string) string {
	switch currency {
	case "USD":
		return "$"
	case "EUR":
		return "€"
	case "TRY":
		return "₺"
	case "INR":
		return "₹"
	case "BRL":
		return "R$"
	}
	return currency + " "
}
