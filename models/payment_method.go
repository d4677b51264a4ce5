package models

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// PaymentMethod is a method by which staff add a payment.
type PaymentMethod struct {
	bun.BaseModel `bun:"table:payment_methods,alias:t"`
	ID            int64 `bun:"id,pk,autoincrement"`
	// InternalName is sent to the panel byte for byte, including white space; people see DisplayName.
	InternalName string `bun:"internal_name"`
	DisplayName  string `bun:"display_name"`
	// Min and Max limit an amount, in the panel's currency; an invalid one means no limit.
	Min decimal.NullDecimal `bun:"min,type:numeric"`
	Max decimal.NullDecimal `bun:"max,type:numeric"`
	// Position orders the methods, the lowest first.
	Position int `bun:"position"`
	// Panels are the panels of the method, unless AllPanels is true.
	AllPanels bool    `bun:"all_panels"`
	Panels    []int64 `bun:"panels,array"`
}

// Limits of the texts and numbers of a method.
const (
	longestInternalName = 200 // bytes
	longestDisplayName  = 80
	largestPosition     = 9999
)

// On reports whether the method is available on a panel.
func (m PaymentMethod) On(panelID int64) bool {
	return m.AllPanels || slices.Contains(m.Panels, panelID)
}

// AmountProblem returns why an amount cannot be added by this method, "" if it can.
func (m PaymentMethod) AmountProblem(amount decimal.Decimal) string {
	switch {
	case m.Min.Valid && amount.LessThan(m.Min.Decimal):
		return "The minimum for " + m.DisplayName + " is " + m.Min.Decimal.String() + "."
	case m.Max.Valid && amount.GreaterThan(m.Max.Decimal):
		return "The maximum for " + m.DisplayName + " is " + m.Max.Decimal.String() + "."
	}
	return ""
}

// ChangeableBy reports whether the viewer may change the method: they need PermManage and access to all of its panels.
func (m PaymentMethod) ChangeableBy(v Viewer) bool {
	if !v.Can(PermManage) || m.AllPanels && !v.AllPanels {
		return false
	}
	return len(v.allowed(m.Panels)) == len(m.Panels)
}

func (m PaymentMethod) check(v Viewer) error {
	e := Invalid{}
	e.text("internal_name", m.InternalName, longestInternalName, "Enter the name exactly as in the panel.")
	e.text("display_name", m.DisplayName, longestDisplayName, "Enter the name that staff see.")
	if strings.ContainsFunc(m.InternalName, unicode.IsControl) {
		e["internal_name"] = "This name contains a character that is not allowed, such as a line break."
	}
	m.checkBounds(e)
	if m.Position < 0 || m.Position > largestPosition {
		e["order"] = "Enter a whole number from 0 to 9999."
	}
	switch {
	case m.AllPanels && !v.AllPanels:
		e["panels"] = "You work on some panels only. Choose from your panels."
	case !m.AllPanels && len(m.Panels) == 0:
		e["panels"] = "Choose at least one panel."
	}
	return e.orNil()
}

func (m PaymentMethod) checkBounds(e Invalid) {
	checkLimit(e, "min", m.Min)
	checkLimit(e, "max", m.Max)
	if m.Max.Valid && (!m.Max.Decimal.IsPositive() || m.Min.Valid && m.Max.Decimal.LessThan(m.Min.Decimal)) {
		e["max"] = "The maximum must be above 0 and not below the minimum."
	}
}

// checkLimit refuses invalid amounts; a blank one sets no limit.
func checkLimit(e Invalid, field string, limit decimal.NullDecimal) {
	d := limit.Decimal
	if limit.Valid && (d.IsNegative() || d.GreaterThan(largestAmount) || !d.Equal(d.Truncate(8))) {
		e[field] = "Enter an amount such as 12.50, or leave it blank."
	}
}

// ManagedPaymentMethods returns the methods on any of the viewer's panels, for viewers with PermManage.
func (db *DB) ManagedPaymentMethods(ctx context.Context, v Viewer) ([]PaymentMethod, error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	return db.methodsOn(ctx, v.PanelIDs())
}

// PaymentMethods returns the methods by which the viewer may add payments, in their order.
func (db *DB) PaymentMethods(ctx context.Context, v Viewer) ([]PaymentMethod, error) {
	if !v.Can(PermPaymentAdd) {
		return nil, ErrNotAllowed
	}
	return db.methodsOn(ctx, v.PanelIDs())
}

func (db *DB) methodsOn(ctx context.Context, panels []int64) ([]PaymentMethod, error) {
	var methods []PaymentMethod
	err := db.idb.NewSelect().Model(&methods).Where("all_panels OR panels && ?::bigint[]", bigints(panels)).
		OrderExpr("position, lower(display_name), id").Scan(ctx)
	return methods, err
}

// PaymentMethod returns one method for a viewer who can change it; it returns ErrNotFound if none of the viewer's
// panels has it.
func (db *DB) PaymentMethod(ctx context.Context, v Viewer, id int64) (PaymentMethod, error) {
	var m PaymentMethod
	if !v.Can(PermManage) {
		return m, ErrNotAllowed
	}
	err := db.idb.NewSelect().Model(&m).Where("id = ?", id).
		Where("all_panels OR panels && ?::bigint[]", bigints(v.PanelIDs())).Scan(ctx)
	if err != nil {
		return m, notFound(err)
	}
	if !m.ChangeableBy(v) {
		return PaymentMethod{}, ErrNotAllowed
	}
	return m, nil
}

// methodNamed returns the method with exactly this internal name on a panel.
func (db *DB) methodNamed(ctx context.Context, panelID int64, internalName string) (PaymentMethod, error) {
	var m PaymentMethod
	err := db.idb.NewSelect().Model(&m).Where("internal_name = ?", internalName).
		Where("all_panels OR ? = ANY(panels)", panelID).Limit(1).Scan(ctx)
	return m, notFound(err)
}
