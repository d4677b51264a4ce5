package models

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// AddPaymentMethod adds a method; its errors are Invalid by field.
func (db *DB) AddPaymentMethod(ctx context.Context, v Viewer, m PaymentMethod) error {
	m = m.tidy()
	m.ID = 0
	return db.savePaymentMethod(ctx, v, m, func(db *DB) error {
		if _, err := db.idb.NewInsert().Model(&m).Returning("id").Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, v.methodEntry(ActAddPaymentMethod, PaymentMethod{}, m))
	})
}

// ChangePaymentMethod changes a method, with the old values beside the new ones in the log; its errors are Invalid by
// field.
func (db *DB) ChangePaymentMethod(ctx context.Context, v Viewer, m PaymentMethod) error {
	m = m.tidy()
	return db.savePaymentMethod(ctx, v, m, func(db *DB) error {
		old, err := db.PaymentMethod(ctx, v, m.ID)
		if err != nil {
			return err
		}
		if _, err := db.idb.NewUpdate().Model(&m).WherePK().Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, v.methodEntry(ActChangePaymentMethod, old, m))
	})
}

// tidy is the method with its panels named once, and none named where it holds on all. The internal name stays as it is.
func (m PaymentMethod) tidy() PaymentMethod {
	m.DisplayName = strings.TrimSpace(m.DisplayName)
	m.Panels = slices.Compact(slices.Sorted(slices.Values(m.Panels)))
	if m.AllPanels || m.Panels == nil {
		m.Panels = []int64{}
	}
	return m
}

// savePaymentMethod checks a method and writes it where no other of its name is on one of its panels: which of two
// bounds holds must not be a matter of luck.
func (db *DB) savePaymentMethod(ctx context.Context, v Viewer, m PaymentMethod, write func(*DB) error) error {
	if !v.Can(PermManage) {
		return ErrNotAllowed
	}
	if len(v.allowed(m.Panels)) != len(m.Panels) {
		return ErrNotFound
	}
	if err := m.check(v); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		if _, err := db.idb.ExecContext(ctx, "LOCK TABLE payment_methods IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return err
		}
		twice, err := db.idb.NewSelect().Model((*PaymentMethod)(nil)).Where("internal_name = ? AND id <> ?", m.InternalName, m.ID).
			Where("(all_panels OR ? OR panels && ?::bigint[])", m.AllPanels, bigints(m.Panels)).Exists(ctx)
		if err != nil {
			return err
		}
		if twice {
			return Invalid{"internal_name": "One of these panels has a method of this name already."}
		}
		return write(db)
	})
}

// RemovePaymentMethod removes a method. What was added by it stays as it is.
func (db *DB) RemovePaymentMethod(ctx context.Context, v Viewer, id int64) error {
	return db.Tx(ctx, func(db *DB) error {
		m, err := db.PaymentMethod(ctx, v, id)
		if err != nil {
			return err
		}
		if _, err := db.idb.NewDelete().Model(&m).WherePK().Exec(ctx); err != nil {
			return err
		}
		e := v.methodEntry(ActRemovePaymentMethod, m, PaymentMethod{})
		return db.record(ctx, v, e)
	})
}

// methodEntry is about a method that became another; one of them is empty for what was added or removed.
func (v Viewer) methodEntry(did Action, old, now PaymentMethod) Entry {
	m := now
	if did == ActRemovePaymentMethod {
		m = old
	}
	e := onPanels(did, v, m.Panels)
	e.Object, e.ObjectIDs = ObjectPaymentMethod, []int64{m.ID}
	e.Changes = changed(
		Change{"Internal name", exactName(old.InternalName), exactName(now.InternalName)},
		Change{"Display name", old.DisplayName, now.DisplayName},
		Change{"Min", limitWords(old.Min), limitWords(now.Min)},
		Change{"Max", limitWords(old.Max), limitWords(now.Max)},
		Change{"Order", strconv.Itoa(old.Position), strconv.Itoa(now.Position)},
		Change{"Panels", v.methodPanels(old), v.methodPanels(now)})
	return e
}

func (v Viewer) methodPanels(m PaymentMethod) string {
	if m.InternalName == "" {
		return ""
	}
	return v.panelWords(m.AllPanels, m.Panels)
}

// exactName shows the white space of a name that must be exact.
func exactName(name string) string {
	if name == "" {
		return ""
	}
	return strconv.Quote(name)
}

func limitWords(limit decimal.NullDecimal) string {
	if !limit.Valid {
		return "none"
	}
	return limit.Decimal.String()
}
