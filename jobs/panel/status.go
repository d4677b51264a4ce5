package panel

import (
	"context"
	"encoding/json"
	"strconv"
)

// OrderStatus is the User API's status of one order.
type OrderStatus struct {
	OrderID    int64
	Charge     Money
	StartCount *int64 // nil until the provider answers
	Remains    *int64 // nil if absent
	Status     string // the panel's word: "In progress", "Partial", …
	Raw        json.RawMessage
	Err        error // in Statuses: nil, ErrRefused with the panel's words, or ErrShape if the answer does not say
}

// Status reads one order that belongs to the owner of the services key: User API action status. The panel refuses
// orders of other customers.
func (c *Client) Status(ctx context.Context, orderID int64) (OrderStatus, error) {
	r, form := one("status", "order", orderID, false)
	a, err := c.user(ctx, r, form)
	if err != nil {
		return OrderStatus{}, err
	}
	s, err := decodeStatus(orderID, a.body)
	if err != nil {
		return OrderStatus{}, c.shape(r, a.status, "the status: "+err.Error())
	}
	return s, nil
}

// Statuses reads at most MaxIDs orders and returns them in the requested order, each with its own Err: User API
// action status.
func (c *Client) Statuses(ctx context.Context, orderIDs []int64) ([]OrderStatus, error) {
	r, form := many("status", "orders", orderIDs, false)
	a, err := c.user(ctx, r, form)
	if err != nil {
		return nil, err
	}
	byID := map[string]json.RawMessage{}
	if string(a.body) != "[]" { // PHP writes an empty object this way
		if byID, err = splitObject(a.body); err != nil {
			return nil, c.shape(r, a.status, "the statuses: "+err.Error())
		}
	}
	out := make([]OrderStatus, len(orderIDs))
	for i, id := range orderIDs {
		v := newValue(byID[strconv.FormatInt(id, 10)])
		if err := c.valueError(r, a.status, v); err != nil {
			out[i] = OrderStatus{OrderID: id, Raw: v.raw, Err: err}
			continue
		}
		s, err := decodeStatus(id, v.raw)
		if err != nil {
			s = OrderStatus{OrderID: id, Raw: v.raw, Err: c.shape(r, a.status, err.Error())}
		}
		out[i] = s
	}
	return out, nil
}

func decodeStatus(id int64, raw json.RawMessage) (OrderStatus, error) {
	r, err := newRecord(raw)
	if err != nil {
		return OrderStatus{}, err
	}
	s := OrderStatus{
		OrderID:    id,
		StartCount: r.optInteger("start_count"),
		Remains:    r.optInteger("remains"),
		Status:     r.text("status"),
		Raw:        raw,
	}
	if charge := r.money("charge"); charge != nil {
		s.Charge = *charge
	}
	if s.Charge.Currency == "" {
		s.Charge.Currency = r.text("currency")
	}
	if s.Status == "" && r.err == nil {
		r.err = errNoAnswer
	}
	return s, r.err
}
