package models

import (
	"context"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// PaymentLimits are the amounts, in each panel's own currency, above which adding a payment needs more than the
// permission; an invalid one means no limit.
type PaymentLimits struct {
	bun.BaseModel `bun:"table:payment_limits,alias:t"`
	// RecentAbove requires a recent password or code; SecondPersonAbove requires another person to approve the payment.
	RecentAbove       decimal.NullDecimal `bun:"recent_above,type:numeric"`
	SecondPersonAbove decimal.NullDecimal `bun:"second_person_above,type:numeric"`
}

// AsksProof reports whether an amount requires a recent proof of identity.
func (l PaymentLimits) AsksProof(amount decimal.Decimal) bool { return above(amount, l.RecentAbove) }

// AsksSecond reports whether an amount requires a second person.
func (l PaymentLimits) AsksSecond(amount decimal.Decimal) bool {
	return above(amount, l.SecondPersonAbove)
}

func above(amount decimal.Decimal, limit decimal.NullDecimal) bool {
	return limit.Valid && amount.GreaterThan(limit.Decimal)
}

// PaymentLimits returns the limits.
func (db *DB) PaymentLimits(ctx context.Context) (PaymentLimits, error) {
	var l PaymentLimits
	err := db.idb.NewSelect().Model(&l).Scan(ctx)
	return l, notFound(err)
}

// SetPaymentLimits stores the limits. They apply to all panels, so the viewer needs PermManage and access to all
// panels.
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
