package models

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// Amount is an amount of money in one currency.
type Amount struct {
	Value    decimal.Decimal
	Currency string
}

// Refunds returns the amounts that customers get back, by currency: the charge of a cancelled order, or the share of
// the charge for the remains of a partial one. The share is approximate, because each panel rounds in its own way. For
// a viewer who cannot see money it is empty, because their orders have no charge. unknown counts the orders that are
// left out because their charge, its currency or their quantity is unknown.
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

// The largest batches that need no typed confirmation of their size.
const (
	typedAbove      = 50
	typedAboveMoney = 10
)

// MustBeTyped reports whether the person has to type the number of orders to confirm a batch of n.
func (k ActionKind) MustBeTyped(n int) bool {
	info, _ := k.Info()
	return n > typedAbove || info.Money && n > typedAboveMoney
}
