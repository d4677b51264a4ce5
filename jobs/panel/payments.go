package panel

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/shopspring/decimal"
)

// Payment is one payment of a customer.
type Payment struct {
	ID         int64
	UserID     int64 // 0 if the panel does not say
	Username   string
	Balance    *Money // the customer's balance; nil if the panel does not say
	Amount     *Money // nil if the panel does not say, or if its form is not understood
	Method     string
	Status     string // waiting, completed, pending, fail, expired, hold, underpaid, or an unknown word
	Memo       string
	Mode       string // assumed by analogy with orders; "" if absent
	Risk       string // the panel's fraud risk, under any of its possible names; "" if absent
	Created    time.Time
	LastUpdate time.Time       // assumed by analogy with orders; zero if absent
	Misread    []string        // names of members that could not be parsed
	Raw        json.RawMessage // the record as received
}

// PaymentQuery filters and pages the payment list.
type PaymentQuery struct {
	Username      string
	UserEmail     string
	Status        string
	Ascending     bool // oldest first; otherwise newest first
	Limit, Offset int
}

// Payments lists payments: GET /payments.
func (c *Client) Payments(ctx context.Context, q PaymentQuery) (Page[Payment], error) {
	v := url.Values{"sort": {createdSort(q.Ascending)}}
	set(v, "username", q.Username)
	set(v, "user_email", q.UserEmail)
	set(v, "payment_status", q.Status)
	return fetchPage(ctx, c, "/payments", v, q.Limit, q.Offset, decodePayment)
}

// PaymentNew is a payment to add to a customer's balance.
type PaymentNew struct {
	Username            string
	Amount              decimal.Decimal // sent digit by digit as a JSON number
	Method              string          // exact name of one of the panel's payment methods
	Memo                string
	AffiliateCommission bool // also pays the referrer
}

// PaymentReceipt is the panel's answer about a payment that it added. Fields that it leaves out are zero.
type PaymentReceipt struct {
	ID       int64
	Username string
	Balance  *Money // after the payment
	Amount   *Money
	Memo     string
	Raw      json.RawMessage // data as received
}

// AddPayment adds funds: POST /payments/add. Two calls make two payments, and the memo is the only reference of ours
// that the panel stores. The receipt is the panel's claim: the caller checks whether it names this payment. An answer
// that is not fully readable is an ErrShape, with the receipt's ID if that was readable.
func (c *Client) AddPayment(ctx context.Context, p PaymentNew) (PaymentReceipt, error) {
	r := post("/payments/add", struct {
		Username            string      `json:"username"`
		Amount              json.Number `json:"amount"`
		Method              string      `json:"method"`
		Memo                string      `json:"memo,omitempty"`
		AffiliateCommission bool        `json:"affiliate_commission,omitempty"`
	}{p.Username, json.Number(p.Amount.String()), p.Method, p.Memo, p.AffiliateCommission})
	if p.Username == "" || p.Method == "" || p.Amount.IsZero() {
		r.err = errors.New("a payment needs a user, a method and an amount")
	}
	env, err := c.admin(ctx, r)
	if err != nil {
		return PaymentReceipt{}, err
	}
	receipt, err := decodeReceipt(env.data)
	if err != nil {
		return receipt, c.shape(r, env.status, "the payment: "+err.Error())
	}
	return receipt, nil
}

func decodePayment(raw json.RawMessage) (Payment, error) {
	r, err := newEntry(raw)
	if err != nil {
		return Payment{}, err
	}
	user := r.person("user")
	p := Payment{
		ID:         r.id("payment_id", "id"),
		UserID:     user.id,
		Username:   user.name,
		Balance:    user.balance,
		Amount:     r.money("amount"),
		Method:     r.text("method"),
		Status:     r.text("status"),
		Memo:       r.text("memo"),
		Mode:       r.text("mode"),
		Risk:       r.text(r.first("risk_level", "fraud_risk", "risk")),
		Created:    r.time("created"),
		LastUpdate: r.time("last_update"),
		Raw:        raw,
	}
	p.Misread = r.misread
	return p, r.err
}

func decodeReceipt(data json.RawMessage) (PaymentReceipt, error) {
	r, err := newRecord(data)
	if err != nil {
		return PaymentReceipt{}, err
	}
	id := r.integer(r.first("payment_id", "id"))
	user := r.person("user")
	p := PaymentReceipt{
		ID:       id,
		Username: user.name,
		Balance:  user.balance,
		Amount:   r.money("amount"),
		Memo:     r.text("memo"),
		Raw:      data,
	}
	return p, r.err
}
