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

// ChangePaymentMethod changes a method and logs the old and new values; its errors are Invalid by field.
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

// tidy returns the method with its panels sorted and without duplicates, and with no panels if it is on all. The
// internal name stays unchanged.
func (m PaymentMethod) tidy() PaymentMethod {
	m.DisplayName = strings.TrimSpace(m.DisplayName)
	m.Panels = slices.Compact(slices.Sorted(slices.Values(m.Panels)))
	if m.AllPanels || m.Panels == nil {
		m.Panels = []int64{}
	}
	return m
}

// savePaymentMethod checks and writes a method. It refuses a second method with the same name on one of its panels,
// because it would be undefined which limits apply.
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
			return Invalid{"internal_name": "One of these panels already has a method with this name."}
		}
		return write(db)
	})
}

// RemovePaymentMethod removes a method. Payments that were added by it stay.
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

// methodEntry returns a log entry for a change of a method; old is empty for an added method and now for a removed one.
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

// exactName quotes a name, so that its white space is visible.
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
