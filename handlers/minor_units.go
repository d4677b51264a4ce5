package handlers

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Currencies whose smallest unit is not a hundredth, as ISO 4217 has them. Coins of the last kind are shown in full.
var (
	noDecimals    = []string{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
	threeDecimals = []string{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
	coins         = []string{"BTC", "ETH", "LTC", "BCH", "XMR", "BNB", "TRX", "DOGE", "SOL", "TON"}
)

// minorUnits is how many decimals a currency is written with at least.
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

// money is an amount with its currency: the currency's own decimals, more where the amount has them. An amount that is not
// zero never reads as zero.
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

// moneyText drops zeros at the end beyond the least decimals and puts thousands apart.
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

// exactMoney is an amount with all its decimals: a person confirms an amount that is not rounded.
func exactMoney(amount decimal.Decimal, currency string) string {
	return moneyText(amount.String(), minorUnits(currency), currency)
}
