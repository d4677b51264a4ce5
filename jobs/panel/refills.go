package panel

import (
	"context"
	"encoding/json"
	"net/url"
)

// RefillResult is the result for one order of a refill call.
type RefillResult struct {
	OrderID  int64
	RefillID int64 // 0 if Err is set
	Err      error // in Refills: nil, ErrRefused with the panel's words, or ErrShape if the answer does not say
}

// RefillState is the state of a refill.
type RefillState struct {
	RefillID int64
	Status   string // the panel's word: "Completed", "Rejected", …
	Err      error  // in RefillStatuses: the same values as in RefillResult
}

// Refill requests the refill of one order and returns the refill's id: User API action refill. It is a write.
func (c *Client) Refill(ctx context.Context, orderID int64) (int64, error) {
	r, form := one("refill", "order", orderID, true)
	v, status, err := c.single(ctx, r, form, "refill")
	if err != nil {
		return 0, err
	}
	return c.refillID(r, status, v)
}

// Refills requests the refill of at most MaxIDs orders. The results are in the requested order: User API action
// refill. It is a write.
func (c *Client) Refills(ctx context.Context, orderIDs []int64) ([]RefillResult, error) {
	r, form := many("refill", "orders", orderIDs, true)
	all, status, err := c.valuesOf(ctx, r, form, "order", "refill")
	if err != nil {
		return nil, err
	}
	out := make([]RefillResult, len(orderIDs))
	for i, id := range orderIDs {
		out[i].OrderID = id
		out[i].RefillID, out[i].Err = c.refillID(r, status, of(all, id))
	}
	return out, nil
}

// RefillStatus reads the state of one refill: User API action refill_status.
func (c *Client) RefillStatus(ctx context.Context, refillID int64) (string, error) {
	r, form := one("refill_status", "refill", refillID, false)
	v, status, err := c.single(ctx, r, form, "status")
	if err != nil {
		return "", err
	}
	return c.refillStatus(r, status, v)
}

// RefillStatuses reads the state of at most MaxIDs refills, in the requested order: User API action refill_status.
func (c *Client) RefillStatuses(ctx context.Context, refillIDs []int64) ([]RefillState, error) {
	r, form := many("refill_status", "refills", refillIDs, false)
	all, status, err := c.valuesOf(ctx, r, form, "refill", "status")
	if err != nil {
		return nil, err
	}
	out := make([]RefillState, len(refillIDs))
	for i, id := range refillIDs {
		out[i].RefillID = id
		out[i].Status, out[i].Err = c.refillStatus(r, status, of(all, id))
	}
	return out, nil
}

// CancelOrders requests the cancellation of at most MaxIDs orders that belong to the owner of the services key. The
// results are in the requested order: User API action cancel. It is a write.
func (c *Client) CancelOrders(ctx context.Context, orderIDs []int64) ([]ItemResult, error) {
	r, form := many("cancel", "orders", orderIDs, true)
	all, status, err := c.valuesOf(ctx, r, form, "order", "cancel")
	if err != nil {
		return nil, err
	}
	out := make([]ItemResult, len(orderIDs))
	for i, id := range orderIDs {
		out[i] = ItemResult{ID: id, Err: c.cancelled(r, status, of(all, id))}
	}
	return out, nil
}

func (c *Client) cancelled(r request, status int, v value) error {
	if err := c.valueError(r, status, v); err != nil {
		return err
	}
	done, err := parseFlag(v.raw)
	return c.itemError(r, status, outcome{done: done, fault: err})
}

func (c *Client) refillID(r request, status int, v value) (int64, error) {
	if err := c.valueError(r, status, v); err != nil {
		return 0, err
	}
	id, err := parseID(v.raw)
	if err != nil {
		return 0, c.shape(r, status, "the refill's id: "+err.Error())
	}
	return id, nil
}

func (c *Client) refillStatus(r request, status int, v value) (string, error) {
	if err := c.valueError(r, status, v); err != nil {
		return "", err
	}
	s, err := parseText(v.raw)
	if err == nil && s == "" {
		err = errNoAnswer
	}
	if err != nil {
		return "", c.shape(r, status, "the refill's status: "+err.Error())
	}
	return s, nil
}

// single makes a call whose answer is an object with one value.
func (c *Client) single(ctx context.Context, r request, form url.Values, name string) (value, int, error) {
	a, err := c.user(ctx, r, form)
	if err != nil {
		return value{}, 0, err
	}
	v, err := member(a.body, name)
	if err != nil {
		return value{}, 0, c.shape(r, a.status, "the "+name+": "+err.Error())
	}
	return v, a.status, nil
}

func member(body json.RawMessage, name string) (value, error) {
	rec, err := newRecord(body)
	if err != nil {
		return value{}, err
	}
	return newValue(rec.fields[name]), nil
}
