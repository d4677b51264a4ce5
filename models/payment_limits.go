package models

import (
	"context"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// PaymentLimits are the amounts, in each panel's own currency, above which adding a payment asks for more than the right
// to do it; not valid asks for nothing.
type PaymentLimits struct {
	bun.BaseModel `bun:"table:payment_limits,alias:t"`
	// RecentAbove asks for a fresh password or code, SecondPersonAbove for another person who releases the payment.
	RecentAbove       decimal.NullDecimal `bun:"recent_above,type:numeric"`
	SecondPersonAbove decimal.NullDecimal `bun:"second_person_above,type:numeric"`
}

// AsksProof tells whether an amount asks for a fresh proof of who one is.
func (l PaymentLimits) AsksProof(amount decimal.Decimal) bool { return above(amount, l.RecentAbove) }

// AsksSecond tells whether an amount asks for a second person.
func (l PaymentLimits) AsksSecond(amount decimal.Decimal) bool {
	return above(amount, l.SecondPersonAbove)
}

func above(amount decimal.Decimal, limit decimal.NullDecimal) bool {
	return limit.Valid && amount.GreaterThan(limit.Decimal)
}

// PaymentLimits reads the limits.
func (db *DB) PaymentLimits(ctx context.Context) (PaymentLimits, error) {
	var l PaymentLimits
	err := db.idb.NewSelect().Model(&l).Scan(ctx)
	return l, notFound(err)
}

// SetPaymentLimits changes the limits. They hold on all panels, so only who manages and works on all of them may.
func (db *DB) SetPaymentLimits(ctx context.Context, v Viewer, l PaymentLimits) error {
	if !v.Can(PermManage) || !v.AllPanels {
		return ErrNotAllowed
	}
	e := Invalid{}
	checkLimit(e, "recent_above", l.RecentAbove)
	checkLimit(e, "second_person_above", l.SecondPersonAbove)
	if err := e.orNil(); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		var old PaymentLimits
		if err := db.idb.NewSelect().Model(&old).For("UPDATE").Scan(ctx); err != nil {
			return notFound(err)
		}
		if _, err := db.idb.NewUpdate().Model(&l).Where("one").Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActPaymentLimits, Changes: changed(
			Change{"Password or code above", limitWords(old.RecentAbove), limitWords(l.RecentAbove)},
			Change{"Second person above", limitWords(old.SecondPersonAbove), limitWords(l.SecondPersonAbove)})})
	})
}
