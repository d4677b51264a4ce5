package models

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// PaymentSeen is a payment as the panel shows it in a receipt or in its list. Fields that the panel omits are zero.
type PaymentSeen struct {
	ID     int64
	User   string
	Amount decimal.NullDecimal
	Memo   string
	At     time.Time
}

// Likeness is how a payment on a panel relates to an action.
type Likeness int

// The likenesses. A Candidate has the same user and amount. A Cut also has the beginning of our memo, with the end cut
// off. Neither settles an action.
const (
	Stranger Likeness = iota
	Candidate
	Cut
	Ours
)

// candidateSkew is how far a panel's clock may run behind ours for a payment that came after the request.
const candidateSkew = 10 * time.Minute

// Believes reports whether a receipt is about this payment: it has an id and at least one of user, amount and memo, and
// none of the present ones differs from ours. A memo that was cut before our reference counts neither as equal nor as
// different.
func (a PanelAction) Believes(p PaymentSeen) bool {
	same, _ := a.compare(p)
	return p.ID > 0 && !a.Contradicts(p) && (same > 0 || CarriesReference(p.Memo, a.Reference))
}

// Contradicts reports whether a receipt names another user, amount or memo. Then its id belongs to another payment too.
func (a PanelAction) Contradicts(p PaymentSeen) bool {
	_, differ := a.compare(p)
	return differ > 0 || p.Memo != "" && !CarriesReference(p.Memo, a.Reference) && !a.cutMemo(p.Memo)
}

// Likeness compares a payment in the panel's list with the action. Our reference proves a match, unless user and amount
// both differ or another reference ends the memo: staff can type the reference of an earlier payment into a memo, and
// the payment then ends with its own. The receipt's id also proves a match for a payment that is not older than the
// request and does not differ. The id alone does not, because a receipt may be another payment's.
func (a PanelAction) Likeness(p PaymentSeen) Likeness {
	same, differ := a.compare(p)
	named := ourReferencesIn(p.Memo)
	ends := len(named) == 0 || named[len(named)-1] == ReferenceKey(a.Reference)
	switch {
	case !ends || differ > 0 && same == 0:
		return Stranger
	case CarriesReference(p.Memo, a.Reference):
		return Ours
	case differ > 0:
		return Stranger
	case !p.At.IsZero() && p.At.Before(a.CreatedAt.Add(-candidateSkew)):
		return Stranger
	case a.ReceiptID > 0 && p.ID == a.ReceiptID && same > 0 && (p.Memo == "" || a.cutMemo(p.Memo)):
		return Ours
	case same < 2:
		return Stranger
	case a.cutMemo(p.Memo):
		return Cut
	}
	return Candidate
}

// compare returns how many of user and amount equal the action's, and how many differ. It ignores the case of names,
// because panels change it.
func (a PanelAction) compare(p PaymentSeen) (same, differ int) {
	count := func(equal bool) {
		if equal {
			same++
		} else {
			differ++
		}
	}
	if p.User != "" {
		count(strings.EqualFold(p.User, a.TargetName))
	}
	if p.Amount.Valid {
		count(p.Amount.Decimal.Equal(a.Payload.Amount.Decimal))
	}
	return same, differ
}

// cutMemo reports whether a memo may be ours with its end cut off.
func (a PanelAction) cutMemo(memo string) bool {
	key, whole := ReferenceKey(memo), ReferenceKey(a.SentMemo())
	return key != "" && len(key) < len(whole) && strings.HasPrefix(whole, key)
}
