package models

import (
	"context"
	"errors"
	"slices"

	"github.com/shopspring/decimal"
)

// NewPayment is a filled form that adds a payment. Seen are the marks of the twins that the person was shown and which
// are none, as they say.
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

// PaymentReview is what a person is shown before they add a payment.
type PaymentReview struct {
	Method PaymentMethod
	// Currency is the panel's, "" when its payments have told none so far.
	Currency string
	// KnownUser says that the mirror holds the customer.
	KnownUser bool
	Twins     []PaymentTwin
	// Uncompared is how many payments may be twins and have an unknown amount.
	Uncompared int64
	// AsksProof and AsksSecond say what the amount asks for.
	AsksProof, AsksSecond bool
}

// AddedPayment is what became of a form: an action, or a proposal that waits for a second person.
type AddedPayment struct {
	Action   PanelAction
	Proposal PaymentProposal
}

// ReviewPayment tells what there is to know about a payment before it is added, and adds nothing. Its errors are those
// of AddPayment.
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

// checkMethod finds the payment's method, and holds its amount against the method's bounds.
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

// panelCurrency is what a panel's newest payment is in. Who adds money is told in which: it is the panel's, no customer's.
func (db *DB) panelCurrency(ctx context.Context, panelID int64) (currency string, err error) {
	err = db.idb.NewRaw(`SELECT currency FROM payments WHERE panel_id = ? AND currency <> '' ORDER BY created_at DESC, id DESC LIMIT 1`, panelID).Scan(ctx, &currency)
	if notFound(err) == ErrNotFound {
		return "", nil
	}
	return currency, err
}

// AddPayment writes a payment down for a worker to send, or as a proposal when its amount asks for a second person. The
// same form gives the first one back. Its errors are Invalid by field, ErrNotAllowed, ErrNotFound, and LikelyTwice with
// the twins that the person has not seen; of two who add the same at once, the later one is told.
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

// lockPayment lets payments to one customer, and those with one memo, be written down one after the other, so that each
// is looked for before the next.
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

// samePayment finds what the form made before; ErrNotFound when it was not sent yet.
func (db *DB) samePayment(ctx context.Context, v Viewer, n NewPayment) (added AddedPayment, err error) {
	if added.Action, err = db.sameForm(ctx, v, n.action()); !errors.Is(err, ErrNotFound) {
		return added, err
	}
	added.Proposal, err = db.sameProposal(ctx, v, n)
	return added, err
}

// unseen is LikelyTwice with those of the twins that a person has not seen, or nil.
func unseen(twins []PaymentTwin, seen []string) error {
	if slices.ContainsFunc(twins, func(t PaymentTwin) bool { return !slices.Contains(seen, t.Mark) }) {
		return LikelyTwice{twins}
	}
	return nil
}
