package handlers

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// These currencies have a smallest unit other than a hundredth (ISO 4217). Coins have up to eight decimals.
var (
	noDecimals    = []string{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
	threeDecimals = []string{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
	coins         = []string{"BTC", "ETH", "LTC", "BCH", "XMR", "BNB", "TRX", "DOGE", "SOL", "TON"}
)

// minorUnits returns the minimum number of decimals for a currency.
func minorUnits(currency string) int32 {
	currency = strings.ToUpper(currency)
	switch {
	case slices.Contains(noDecimals, currency):
		return 0
	case slices.Contains(threeDecimals, currency):
		return 3
	}
	return 2
}

// money formats an amount with its currency's decimals. If the amount has more, it shows up to five, or up to eight for
// coins. An amount other than zero never reads as zero.
func money(amount decimal.Decimal, currency string) string {
	least, most := minorUnits(currency), int32(5)
	if slices.Contains(coins, strings.ToUpper(currency)) {
		most = 8
	}
	places := max(least, min(-amount.Exponent(), most))
	if amount.Round(places).IsZero() && !amount.IsZero() {
		places = -amount.Exponent()
	}
	return moneyText(amount.StringFixed(places), least, currency)
}

// moneyText removes trailing zeros beyond least decimals and adds thousands separators.
func moneyText(text string, least int32, currency string) string {
	whole, decimals, _ := strings.Cut(text, ".")
	for len(decimals) > int(least) && strings.HasSuffix(decimals, "0") {
		decimals = decimals[:len(decimals)-1]
	}
	for len(decimals) < int(least) {
		decimals += "0"
	}
	if decimals != "" {
		decimals = "." + decimals
	}
	return strings.TrimSpace(grouped(whole) + decimals + " " + currency)
}

// exactMoney formats an amount with all its decimals, because a person must confirm the exact amount.
func exactMoney(amount decimal.Decimal, currency string) string {
	return moneyText(amount.String(), minorUnits(currency), currency)
}
