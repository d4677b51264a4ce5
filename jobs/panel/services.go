package panel

import (
	"context"
	"encoding/json"

	"github.com/shopspring/decimal"
)

// Service is one entry of a panel's price list, as the owner of the services key sees it.
type Service struct {
	ID       int64
	Name     string
	Type     string // "Default", "Custom Comments", …
	Category string
	Rate     *decimal.Decimal // per 1000, in the currency of the key's owner; nil if unknown
	Min, Max *int64           // quantity of an order; nil if unknown
	Refill   bool
	Cancel   bool
	DripFeed bool
	Misread  []string        // names of members that could not be parsed
	Raw      json.RawMessage // the record as received
}

// Services reads the whole price list: User API action services.
func (c *Client) Services(ctx context.Context) (Page[Service], error) {
	r, form := userCall("services", false)
	a, err := c.user(ctx, r, form)
	if err != nil {
		return Page[Service]{}, err
	}
	rows, err := splitArray(a.body)
	if err != nil {
		return Page[Service]{}, c.shape(r, a.status, "the services: "+err.Error())
	}
	return Page[Service]{Records: rows, Count: int64(len(rows)), decode: decodeService}, nil
}

// Balance reads the balance of the services key's owner: User API action balance.
func (c *Client) Balance(ctx context.Context) (Money, error) {
	r, form := userCall("balance", false)
	a, err := c.user(ctx, r, form)
	if err != nil {
		return Money{}, err
	}
	m, err := decodeBalance(a.body)
	if err != nil {
		return Money{}, c.shape(r, a.status, "the balance: "+err.Error())
	}
	return m, nil
}

func decodeService(raw json.RawMessage) (Service, error) {
	r, err := newEntry(raw)
	if err != nil {
		return Service{}, err
	}
	s := Service{
		ID:       r.id("service"),
		Name:     r.text("name"),
		Type:     r.text("type"),
		Category: r.text("category"),
		Rate:     serviceRate(r),
		Min:      r.optInteger("min"),
		Max:      r.optInteger("max"),
		Refill:   r.flag("refill"),
		Cancel:   r.flag("cancel"),
		DripFeed: r.flag("dripfeed"),
		Raw:      raw,
	}
	s.Misread = r.misread
	return s, r.err
}

// serviceRate reads the price, as a bare amount or as a money object.
func serviceRate(r *record) *decimal.Decimal {
	if m := r.money("rate"); m != nil {
		return &m.Amount
	}
	return nil
}

func decodeBalance(body json.RawMessage) (Money, error) {
	r, err := newRecord(body)
	if err != nil {
		return Money{}, err
	}
	m := Money{Amount: r.amount("balance"), Currency: r.text("currency")}
	return m, r.err
}
