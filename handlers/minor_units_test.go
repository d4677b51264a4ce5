package handlers

import (
	"testing"

	"github.com/shopspring/decimal"
)

func TestMoneyIsWrittenAsItsCurrencyIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, currency, want string }{
		{"1.250", "KWD", "1.250 KWD"}, {"1500", "JPY", "1,500 JPY"}, {"0.000001", "USD", "0.000001 USD"}, {"0.00000123", "BTC", "0.00000123 BTC"},
		{"0", "USD", "0.00 USD"}, {"0", "JPY", "0 JPY"}, {"12.5", "USD", "12.50 USD"}, {"0.00123", "USD", "0.00123 USD"}, {"1234.567891", "USD", "1,234.56789 USD"},
		{"0.12345678", "BTC", "0.12345678 BTC"}, {"1500.5", "jpy", "1,500.5 jpy"}, {"-3", "EUR", "-3.00 EUR"}, {"5", "", "5.00"},
	} {
		if got := money(decimal.RequireFromString(c.amount), c.currency); got != c.want {
			t.Errorf("%s %s is written %q, want %q", c.amount, c.currency, got, c.want)
		}
	}
	if got := exactMoney(decimal.RequireFromString("1234.5"), "KWD"); got != "1,234.500 KWD" {
		t.Errorf("an exact amount is written %q", got)
	}
}
