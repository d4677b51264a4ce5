package models_test

import (
	"errors"
	"testing"

	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func some(amount string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(amount))
}

// method returns a payment method on all panels.
func method(name string, change ...func(*models.PaymentMethod)) models.PaymentMethod {
	m := models.PaymentMethod{InternalName: name, DisplayName: "Shown", AllPanels: true}
	for _, f := range change {
		f(&m)
	}
	return m
}

func (a *archive) addMethod(m models.PaymentMethod) {
	a.Helper()
	if err := a.db.AddPaymentMethod(a.Context(), a.owner, m); err != nil {
		a.Fatal(err)
	}
}

func (a *archive) wantInvalid(what, field string, err error) {
	a.Helper()
	var invalid models.Invalid
	if !errors.As(err, &invalid) || invalid[field] == "" {
		a.Errorf("%s: got %v, want %s refused", what, err, field)
	}
}

func TestAMethodsInternalNameIsKeptByteForByte(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	exact := "  Bonus \u00a0(manual)  "
	a.addMethod(method(exact, func(m *models.PaymentMethod) { m.DisplayName, m.Min = "  Gift ", some("0.10000000") }))
	got := must(a.db.PaymentMethods(t.Context(), a.owner))(t)
	if len(got) != 1 || got[0].InternalName != exact || got[0].DisplayName != "Gift" || !got[0].Min.Decimal.Equal(decimal.RequireFromString("0.1")) {
		t.Errorf("got %+v", got)
	}
}

func TestMethodsAreShownLowestOrderFirst(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	for i, name := range []string{"c", "a", "b"} {
		a.addMethod(method(name, func(m *models.PaymentMethod) { m.Position = []int{3, 1, 2}[i] }))
	}
	got := must(a.db.PaymentMethods(t.Context(), a.owner))(t)
	if got[0].InternalName != "a" || got[1].InternalName != "b" || got[2].InternalName != "c" {
		t.Errorf("got %+v, want a, b, c", got)
	}
}

func TestAMethodThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	tests := map[string]func(*models.PaymentMethod){
		"internal_name": func(m *models.PaymentMethod) { m.InternalName = "a\nb" },
		"display_name":  func(m *models.PaymentMethod) { m.DisplayName = " " },
		"min":           func(m *models.PaymentMethod) { m.Min = some("-1") },
		"max":           func(m *models.PaymentMethod) { m.Min, m.Max = some("10"), some("9.99") },
		"order":         func(m *models.PaymentMethod) { m.Position = -1 },
		"panels":        func(m *models.PaymentMethod) { m.AllPanels = false },
	}
	for field, change := range tests {
		a.wantInvalid(field, field, a.db.AddPaymentMethod(t.Context(), a.owner, method("a", change)))
	}
}

func TestAPanelHasOneMethodOfAName(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	here := func(m *models.PaymentMethod) { m.AllPanels, m.Panels = false, []int64{a.panel.ID} }
	a.addMethod(method("Bonus", here))
	a.wantInvalid("the same panel", "internal_name", a.db.AddPaymentMethod(t.Context(), a.owner, method("Bonus", here)))
	a.wantInvalid("all panels", "internal_name", a.db.AddPaymentMethod(t.Context(), a.owner, method("Bonus")))
	a.addMethod(method("bonus", here))
	a.addMethod(method("Bonus ", here))
}

func TestWhoManagesSomePanelsChangesOnlyTheirMethods(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	modelstest.Staff(t, a.db, "admin", models.RoleAdmin, false)
	modelstest.Staff(t, a.db, "agent", models.RoleAgent, true)
	admin, agent := modelstest.Viewer(t, a.db, "admin"), modelstest.Viewer(t, a.db, "agent")
	a.addMethod(method("everywhere"))
	a.addMethod(method("here", func(m *models.PaymentMethod) { m.AllPanels, m.Panels = false, []int64{a.panel.ID} }))
	all := must(a.db.ManagedPaymentMethods(t.Context(), a.owner))(t)
	if seen := must(a.db.ManagedPaymentMethods(t.Context(), admin))(t); len(seen) != 1 || seen[0].InternalName != "everywhere" {
		t.Errorf("an admin of no panel sees %+v, want only what holds everywhere", seen)
	}
	if err := a.db.RemovePaymentMethod(t.Context(), admin, all[0].ID); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("removing what holds everywhere: got %v, want ErrNotAllowed", err)
	}
	if err := a.db.RemovePaymentMethod(t.Context(), admin, all[1].ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("removing another panel's: got %v, want ErrNotFound", err)
	}
	foreign := method("x", func(m *models.PaymentMethod) { m.AllPanels, m.Panels = false, []int64{a.panel.ID} })
	if err := a.db.AddPaymentMethod(t.Context(), admin, foreign); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("adding to another's panel: got %v, want ErrNotFound", err)
	}
	a.wantInvalid("adding to all panels", "panels", a.db.AddPaymentMethod(t.Context(), admin, method("x")))
	if err := a.db.AddPaymentMethod(t.Context(), agent, method("x")); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("an agent: got %v, want ErrNotAllowed", err)
	}
	for who, v := range map[string]models.Viewer{"admin of some panels": admin, "agent": agent} {
		if err := a.db.SetPaymentLimits(t.Context(), v, models.PaymentLimits{}); !errors.Is(err, models.ErrNotAllowed) {
			t.Errorf("limits by %s: got %v, want ErrNotAllowed", who, err)
		}
	}
}

func TestWhatBecameOfAMethodIsInTheLogWithOldAndNewValues(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.addMethod(method("Bonus"))
	m := must(a.db.PaymentMethods(t.Context(), a.owner))(t)[0]
	m.InternalName, m.Max = "Bonus ", some("100")
	if err := a.db.ChangePaymentMethod(t.Context(), a.owner, m); err != nil {
		t.Fatal(err)
	}
	if err := a.db.SetPaymentLimits(t.Context(), a.owner, models.PaymentLimits{SecondPersonAbove: some("1000")}); err != nil {
		t.Fatal(err)
	}
	if err := a.db.RemovePaymentMethod(t.Context(), a.owner, m.ID); err != nil {
		t.Fatal(err)
	}
	log := must(a.db.ActivityOfStaff(t.Context(), a.owner, a.owner.StaffID, 4))(t)
	if log[0].Action != models.ActRemovePaymentMethod || log[1].Action != models.ActPaymentLimits || log[2].Action != models.ActChangePaymentMethod {
		t.Fatalf("got %v, %v, %v", log[0].Action, log[1].Action, log[2].Action)
	}
	if c := log[2].Changes; len(c) != 2 || c[0] != (models.Change{Field: "Internal name", Old: `"Bonus"`, New: `"Bonus "`}) || c[1].Old != "none" || c[1].New != "100" {
		t.Errorf("the change: got %+v", c)
	}
	if c := log[1].Changes; len(c) != 2 || c[0].Old != "500" || c[0].New != "none" || c[1].New != "1000" {
		t.Errorf("the limits: got %+v", c)
	}
}
