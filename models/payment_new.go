package models

import (
	"context"
	"errors"
	"slices"

	"github.com/shopspring/decimal"
)

// NewPayment is a submitted form that adds a payment. Seen are the marks of the likely duplicates that the person saw
// and declared to be other payments.
type NewPayment struct {
	Key                 string
	PanelID             int64
	User                string
	Amount              decimal.NullDecimal
	Method, Memo        string
	AffiliateCommission bool
	Seen                []string
}

func (n NewPayment) action() NewAction {
	return NewAction{Key: n.Key, Kind: KindAddPayment, PanelID: n.PanelID, TargetName: n.User, Payload: ActionPayload{
		Amount: n.Amount, Method: n.Method, Memo: n.Memo, AffiliateCommission: n.AffiliateCommission}}
}

// PaymentReview is the information that a person sees before they add a payment.
type PaymentReview struct {
	Method PaymentMethod
	// Currency is the panel's currency, "" if its payments have not shown one yet.
	Currency string
	// KnownUser says that the mirror holds the customer.
	KnownUser bool
	Twins     []PaymentTwin
	// Uncompared is the number of possible duplicates with an unknown amount.
	Uncompared int64
	// AsksProof and AsksSecond are the requirements for the amount.
	AsksProof, AsksSecond bool
}

// AddedPayment is the result of a form: an action, or a proposal that waits for a second person.
type AddedPayment struct {
	Action   PanelAction
	Proposal PaymentProposal
}

// ReviewPayment returns the information about a payment before it is added, and adds nothing. Its errors are the same
// as AddPayment's.
func (db *DB) ReviewPayment(ctx context.Context, v Viewer, n NewPayment) (PaymentReview, error) {
	if _, mine := v.Panel(n.PanelID); !mine {
		return PaymentReview{}, ErrNotFound
	}
	if !KindAddPayment.May(v) {
		return PaymentReview{}, ErrNotAllowed
	}
	invalid := Invalid{}
	if err := n.action().check(); err != nil && !errors.As(err, &invalid) {
		return PaymentReview{}, err
	}
	var r PaymentReview
	var err error
	if r.Method, err = db.checkMethod(ctx, n, invalid); err != nil {
		return r, err
	}
	if err := invalid.orNil(); err != nil {
		return r, err
	}
	return r, db.lookAround(ctx, v, n, &r)
}

// checkMethod returns the payment's method and checks the amount against the method's limits.
func (db *DB) checkMethod(ctx context.Context, n NewPayment, invalid Invalid) (PaymentMethod, error) {
	m, err := db.methodNamed(ctx, n.PanelID, n.Method)
	switch {
	case errors.Is(err, ErrNotFound):
		if invalid["method"] == "" {
			invalid["method"] = "This panel has no such payment method in the settings. Choose one from the list."
		}
		return m, nil
	case err != nil:
		return m, err
	}
	if problem := m.AmountProblem(n.Amount.Decimal); problem != "" && invalid["amount"] == "" {
		invalid["amount"] = problem
	}
	return m, nil
}

func (db *DB) lookAround(ctx context.Context, v Viewer, n NewPayment, r *PaymentReview) (err error) {
	if r.Twins, err = db.paymentTwins(ctx, v, n, 0); err != nil {
		return err
	}
	if r.Uncompared, err = db.uncomparedTwins(ctx, v, n); err != nil {
		return err
	}
	limits, err := db.PaymentLimits(ctx)
	if err != nil {
		return err
	}
	r.AsksProof, r.AsksSecond = limits.AsksProof(n.Amount.Decimal), limits.AsksSecond(n.Amount.Decimal)
	_, err = db.UserNamed(ctx, v, n.PanelID, n.User)
	if r.KnownUser = err == nil; err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	r.Currency, err = db.panelCurrency(ctx, n.PanelID)
	return err
}

// panelCurrency returns the currency of a panel's newest payment. The form shows it, because amounts are in the panel's
// currency, not the customer's.
func (db *DB) panelCurrency(ctx context.Context, panelID int64) (currency string, err error) {
	err = db.idb.NewRaw(`SELECT currency FROM payments WHERE panel_id = ? AND currency <> '' ORDER BY created_at DESC, id DESC LIMIT 1`, panelID).Scan(ctx, &currency)
	if notFound(err) == ErrNotFound {
		return "", nil
	}
	return currency, err
}

// AddPayment stores a payment for a worker to send, or as a proposal if its amount requires a second person. If the
// same form was submitted before, it returns the first result. Its errors are Invalid by field, ErrNotAllowed,
// ErrNotFound, and LikelyTwice with all likely duplicates if the person has not seen each of them. If two people add
// the same payment in parallel, the later one gets LikelyTwice.
func (db *DB) AddPayment(ctx context.Context, v Viewer, n NewPayment) (added AddedPayment, err error) {
	if _, mine := v.Panel(n.PanelID); !mine {
		return added, ErrNotFound
	}
	if !KindAddPayment.May(v) {
		return added, ErrNotAllowed
	}
	err = db.Tx(ctx, func(db *DB) error {
		if err := db.lockPayment(ctx, n); err != nil {
			return err
		}
		if added, err = db.samePayment(ctx, v, n); !errors.Is(err, ErrNotFound) {
			return err
		}
		r, err := db.ReviewPayment(ctx, v, n)
		if err != nil {
			return err
		}
		if err := unseen(r.Twins, n.Seen); err != nil {
			return err
		}
		if r.AsksSecond {
			added.Proposal, err = db.propose(ctx, v, n)
		} else {
			added.Action, err = db.Enqueue(ctx, v, n.action())
		}
		return err
	})
	return added, err
}

// lockPayment serialises inserts of payments to one customer, and of payments with one memo, so that the search for
// duplicates finds each before the next.
func (db *DB) lockPayment(ctx context.Context, n NewPayment) error {
	if err := db.lockTarget(ctx, n.action()); err != nil {
		return err
	}
	for _, key := range slices.Sorted(slices.Values(memoKeys(n.Memo))) {
		if _, err := db.idb.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "payment memo "+key).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// samePayment returns the result of an earlier submit of the form, ErrNotFound if there is none.
func (db *DB) samePayment(ctx context.Context, v Viewer, n NewPayment) (added AddedPayment, err error) {
	if added.Action, err = db.sameForm(ctx, v, n.action()); !errors.Is(err, ErrNotFound) {
		return added, err
	}
	added.Proposal, err = db.sameProposal(ctx, v, n)
	return added, err
}

// unseen returns LikelyTwice if the person has not seen one of the duplicates, else nil.
func unseen(twins []PaymentTwin, seen []string) error {
	if slices.ContainsFunc(twins, func(t PaymentTwin) bool { return !slices.Contains(seen, t.Mark) }) {
		return LikelyTwice{twins}
	}
	return nil
}
