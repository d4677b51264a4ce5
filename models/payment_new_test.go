package models_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// till is an archive whose tables a test can query.
type till struct {
	*archive
	t   *testing.T
	url string
}

// newTill returns a till with the method Bonus on all panels, from 1 to 5000.
func newTill(t *testing.T) *till {
	t.Helper()
	c, url := newClock(), modelstest.URL(t)
	a := &till{&archive{TB: t, clock: c, db: modelstest.OpenAt(t, url, c.now)}, t, url}
	a.panel = modelstest.Panel(t, a.db, modelstest.Owner(t, a.db), "Alpha", "https://alpha.example")
	a.owner = modelstest.Viewer(t, a.db, "owner")
	a.addMethod(method("Bonus", func(m *models.PaymentMethod) { m.Min, m.Max = some("1"), some("5000") }))
	return a
}

// actions returns the number of actions.
func (a *till) actions() string {
	a.Helper()
	return rawText(a.t, a.url, "SELECT count(*)::text FROM actions")
}

func (a *till) payment(key string, change ...func(*models.NewPayment)) models.NewPayment {
	n := models.NewPayment{Key: key, PanelID: a.panel.ID, User: "anna", Amount: some("12.50"), Method: "Bonus", Memo: "tx-778899"}
	for _, f := range change {
		f(&n)
	}
	return n
}

func (a *till) pay(v models.Viewer, n models.NewPayment) models.AddedPayment {
	a.Helper()
	added, err := a.db.AddPayment(a.Context(), v, n)
	if err != nil {
		a.Fatal(err)
	}
	return added
}

// wantTwice checks that a payment is refused as a likely duplicate of n others.
func (a *till) wantTwice(what string, n int, err error) []models.PaymentTwin {
	a.Helper()
	var twice models.LikelyTwice
	if !errors.As(err, &twice) || len(twice.Twins) != n {
		a.Errorf("%s: got %v, want %d twins", what, err, n)
	}
	return twice.Twins
}

func TestAPaymentIsHeldAgainstItsMethod(t *testing.T) {
	t.Parallel()
	a := newTill(t)
	tests := map[string]func(*models.NewPayment){
		"amount": func(n *models.NewPayment) { n.Amount = some("0.99999999") },
		"method": func(n *models.NewPayment) { n.Method = "bonus" },
		"user":   func(n *models.NewPayment) { n.User = " " },
		"key":    func(n *models.NewPayment) { n.Key = "" },
	}
	for field, change := range tests {
		_, err := a.db.AddPayment(t.Context(), a.owner, a.payment("k", change))
		a.wantInvalid(field, field, err)
		_, err = a.db.ReviewPayment(t.Context(), a.owner, a.payment("k", change))
		a.wantInvalid("review of "+field, field, err)
	}
	_, err := a.db.AddPayment(t.Context(), a.owner, a.payment("k", func(n *models.NewPayment) { n.Amount = some("5000.01") }))
	a.wantInvalid("above the most", "amount", err)
	exact := a.pay(a.owner, a.payment("k", func(n *models.NewPayment) { n.Amount = some("1.10000001") }))
	if got := must(a.db.PanelAction(t.Context(), a.owner, exact.Action.ID))(t).Payload.Amount.Decimal; got.String() != "1.10000001" {
		t.Errorf("got %s, want 1.10000001", got)
	}
}

func TestALikelyTwinIsAddedOnlyByWhoSawIt(t *testing.T) {
	t.Parallel()
	a := newTill(t)
	first := a.pay(a.owner, a.payment("first"))
	tests := map[string]func(*models.NewPayment){
		"same amount":             func(n *models.NewPayment) { n.Memo = "other" },
		"same amount, other case": func(n *models.NewPayment) { n.Memo, n.User, n.Amount = "", "Anna", some("12.5000") },
		"same memo":               func(n *models.NewPayment) { n.User, n.Amount = "bela", some("3") },
	}
	for what, change := range tests {
		_, err := a.db.AddPayment(t.Context(), a.owner, a.payment(what, change))
		a.wantTwice(what, 1, err)
	}
	n := a.payment("second")
	_, err := a.db.AddPayment(t.Context(), a.owner, n)
	twins := a.wantTwice("the same again", 1, err)
	if !twins[0].SameAmount || !twins[0].SameMemo || twins[0].ActionID != first.Action.ID || twins[0].By != "owner" {
		t.Errorf("got %+v", twins[0])
	}
	n.Seen = []string{twins[0].Mark}
	a.pay(a.owner, n)
	third := a.payment("third")
	third.Seen = n.Seen
	_, err = a.db.AddPayment(t.Context(), a.owner, third)
	a.wantTwice("one came since", 2, err)
}

func TestATwinIsFoundOnThePanelsAndNotLongAfter(t *testing.T) {
	t.Parallel()
	a := newTill(t)
	put := func(id int64, change func(*models.Payment)) {
		p := models.Payment{Key: models.Key{PanelID: a.panel.ID, ID: id}, UserName: "anna", Amount: modelstest.Amount("12.5"), Currency: "EUR",
			Status: "completed", CreatedAt: a.now().Add(-23 * time.Hour), Mirrored: models.Mirrored{Raw: []byte(`{}`)}}
		change(&p)
		must(a.db.PutPayments(t.Context(), a.panel.ID, []models.Payment{p}, a.now()))(t)
	}
	put(1, func(*models.Payment) {})
	put(2, func(p *models.Payment) { p.CreatedAt = a.now().Add(-25 * time.Hour) })
	put(3, func(p *models.Payment) { p.Status = "fail" })
	put(4, func(p *models.Payment) { p.UserName = "bela" })
	put(5, func(p *models.Payment) {
		p.UserName, p.Memo, p.CreatedAt = "carl", "tx-778899", a.now().Add(-900*time.Hour)
	})
	r := must(a.db.ReviewPayment(t.Context(), a.owner, a.payment("k")))(t)
	if len(r.Twins) != 2 || r.Twins[0].PaymentID != 1 || r.Twins[1].PaymentID != 5 || r.Currency != "EUR" {
		t.Errorf("got %+v", r)
	}
}

func TestATwinIsFoundByItsReferenceHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	a := newTill(t)
	must(a.db.PutPayments(t.Context(), a.panel.ID, []models.Payment{payment(a.panel.ID, 7, "buyer.k", "TXN-88ab-1177", "25", a.now().Add(-900*time.Hour))}, a.now()))(t)
	for _, memo := range []string{"TXN-88ab-1177", "txn-88ab-1177", "TXN-88AB-1177", "TXN-88ab-1177.", "ref TXN-88ab-1177"} {
		n := a.payment("k" + memo)
		n.User, n.Memo = "buyer.k", memo
		if r := must(a.db.ReviewPayment(t.Context(), a.owner, n))(t); len(r.Twins) != 1 || !r.Twins[0].SameMemo {
			t.Errorf("%q: got %+v, want the payment with that reference", memo, r.Twins)
		}
	}
	n := a.payment("k")
	n.User, n.Memo = "buyer.k", "TXN-88ab-1177"
	a.pay(a.owner, models.NewPayment{Key: "first", PanelID: n.PanelID, User: "someone", Amount: n.Amount, Method: n.Method, Memo: "Ref TX-556677."})
	n.Memo = "tx 556677"
	if r := must(a.db.ReviewPayment(t.Context(), a.owner, n))(t); len(r.Twins) != 1 || r.Twins[0].ActionID == 0 {
		t.Errorf("got %+v, want the payment that we sent with that reference", r.Twins)
	}
}

func TestAPaymentThatWasMirroredSinceIsOneTwin(t *testing.T) {
	t.Parallel()
	a := newTill(t)
	sent := a.pay(a.owner, a.payment("k")).Action
	must(a.db.PutPayments(t.Context(), a.panel.ID, []models.Payment{{Key: models.Key{PanelID: a.panel.ID, ID: 1}, UserName: "anna",
		Amount: modelstest.Amount("12.5"), Status: "completed", Memo: sent.SentMemo(), CreatedAt: a.now(), Mirrored: models.Mirrored{Raw: []byte(`{}`)}}}, a.now()))(t)
	if r := must(a.db.ReviewPayment(t.Context(), a.owner, a.payment("k2")))(t); len(r.Twins) != 1 {
		t.Errorf("got %+v, want one", r.Twins)
	}
}

func TestOfTwoWhoAddTheSameAtOnceOneIsTold(t *testing.T) {
	t.Parallel()
	a := newTill(t)
	modelstest.Staff(t, a.db, "other", models.RoleAdmin, true)
	viewers := []models.Viewer{a.owner, modelstest.Viewer(t, a.db, "other")}
	var all sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		all.Go(func() { _, errs[i] = a.db.AddPayment(t.Context(), viewers[i%2], a.payment("k")) })
	}
	all.Wait()
	told := 0
	for _, err := range errs {
		var twice models.LikelyTwice
		if errors.As(err, &twice) {
			told++
		} else if err != nil {
			t.Error(err)
		}
	}
	if n := a.actions(); n != "1" || told != 10 {
		t.Errorf("%s actions and %d told, want 1 and 10", n, told)
	}
}

func TestOnlyWhoMayAddPaymentsDoes(t *testing.T) {
	t.Parallel()
	a := newTill(t)
	modelstest.Staff(t, a.db, "agent", models.RoleAgent, true)
	modelstest.Staff(t, a.db, "stranger", models.RoleAdmin, false)
	for who, want := range map[string]error{"agent": models.ErrNotAllowed, "stranger": models.ErrNotFound} {
		v := modelstest.Viewer(t, a.db, who)
		if _, err := a.db.AddPayment(t.Context(), v, a.payment("k")); !errors.Is(err, want) {
			t.Errorf("%s adds: got %v, want %v", who, err, want)
		}
		if _, err := a.db.ReviewPayment(t.Context(), v, a.payment("k")); !errors.Is(err, want) {
			t.Errorf("%s reviews: got %v, want %v", who, err, want)
		}
	}
}
