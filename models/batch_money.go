package models

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// Amount is some money.
type Amount struct {
	Value    decimal.Decimal
	Currency string
}

// Refunds are what customers get back when the thing is done to orders, by currency: the charge of what is cancelled, of
// what is set partial the share that remains. That share is about right, for a panel rounds as it likes. It is nothing
// for a viewer who may not see money, whose orders have no charge. unknown is how many orders are left out because their
// charge, its currency or their quantity is unknown.
func (k ActionKind) Refunds(orders []Order, p ActionPayload) (amounts []Amount, unknown int) {
	sums := map[string]decimal.Decimal{}
	for _, o := range orders {
		switch {
		case k != KindCancel && (k != KindSetPartial || p.Remains == nil):
		case !o.Charge.Valid || o.Currency == "" || k == KindSetPartial && valueOf(o.Quantity) <= 0:
			unknown++
		case k == KindCancel:
			sums[o.Currency] = sums[o.Currency].Add(o.Charge.Decimal)
		default:
			share := o.Charge.Decimal.Mul(decimal.NewFromInt(*p.Remains)).DivRound(decimal.NewFromInt(*o.Quantity), 5)
			sums[o.Currency] = sums[o.Currency].Add(share)
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		amounts = append(amounts, Amount{sums[currency], currency})
	}
	return amounts, unknown
}

// How many orders a batch may hold before their number has to be typed.
const (
	typedAbove      = 50
	typedAboveMoney = 10
)

// MustBeTyped tells whether so many orders are too many for a click alone: their number is typed.
func (k ActionKind) MustBeTyped(n int) bool {
	info, _ := k.Info()
	return n > typedAbove || info.Money && n > typedAboveMoney
}
