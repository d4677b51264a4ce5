package panel

import (
	"context"
	"encoding/json"
	"errors"
)

// OrderUpdate changes fields of one order. Zero fields stay unchanged.
type OrderUpdate struct {
	ID           int64  `json:"id"`
	Status       string `json:"status,omitempty"`
	Remains      *int64 `json:"remains,omitempty"` // refused while the order is pending
	StartCount   *int64 `json:"start_count,omitempty"`
	CancelReason string `json:"cancel_reason,omitempty"`
}

// ItemResult is the result for one item of a call about several. Err is nil if the panel did it, an *Error of class
// ErrRefused with the panel's words if it did not, and of class ErrShape if the answer does not say.
type ItemResult struct {
	ID  int64
	Err error
}

// UpdateOrders changes several orders separately in a single call: POST /orders/update. The results are in the order
// of the updates. A nil error means only that the panel answered: it answers with success even if every item failed.
func (c *Client) UpdateOrders(ctx context.Context, updates []OrderUpdate) ([]ItemResult, error) {
	r := post("/orders/update", struct {
		Orders []OrderUpdate `json:"orders"`
	}{updates})
	asked := make([]int64, len(updates))
	for i, u := range updates {
		asked[i] = u.ID
	}
	r.err = errors.Join(r.err, checkIDs(asked))
	env, err := c.admin(ctx, r)
	if err != nil {
		return nil, err
	}
	items, err := decodeUpdates(env.data)
	if err != nil {
		return nil, c.shape(r, env.status, "the orders: "+err.Error())
	}
	return c.results(r, env.status, asked, items), nil
}

// outcome is the answer's result for one item.
type outcome struct {
	done  bool
	code  int64
	words string
	fault error // the error of reading the item
}

var errUnnamed = errors.New("the answer does not mention it")

// results returns the result of every requested id.
func (c *Client) results(r request, status int, asked []int64, items map[int64]outcome) []ItemResult {
	out := make([]ItemResult, len(asked))
	for i, id := range asked {
		o, named := items[id]
		if !named {
			o.fault = errUnnamed
		}
		out[i] = ItemResult{ID: id, Err: c.itemError(r, status, o)}
	}
	return out
}

func (c *Client) itemError(r request, status int, o outcome) error {
	switch {
	case o.fault != nil:
		return c.shape(r, status, o.fault.Error())
	case !o.done:
		return &Error{Op: r.op, Class: ErrRefused, Status: status, Code: o.code, Words: c.words(o.words), Sent: true}
	}
	return nil
}

// decodeUpdates reads {"orders":[{"id","success","message"|"error_message","error_code"}]}.
func decodeUpdates(data json.RawMessage) (map[int64]outcome, error) {
	if data[0] == '[' {
		return map[int64]outcome{}, nil
	}
	fields, err := splitObject(data)
	if err != nil {
		return nil, err
	}
	list, err := splitArray(fields["orders"])
	if err != nil {
		return nil, err
	}
	items := make(map[int64]outcome, len(list))
	for _, raw := range list {
		id, o, err := decodeUpdate(raw)
		if err != nil {
			return nil, err
		}
		items[id] = worse(items, id, o)
	}
	return items, nil
}

func decodeUpdate(raw json.RawMessage) (int64, outcome, error) {
	r, err := newRecord(raw)
	if err != nil {
		return 0, outcome{}, err
	}
	id := r.id("id")
	if r.err != nil {
		return 0, outcome{}, r.err
	}
	o := outcome{done: r.flag("success"), code: r.integer("error_code"), words: r.text(r.first("message", "error_message"))}
	if absent(r.fields["success"]) && o.code == 0 && r.err == nil {
		r.err = errors.New("success: missing")
	}
	o.fault = r.err
	return id, o, nil
}

// worse keeps the failure if an answer names an item twice.
func worse(items map[int64]outcome, id int64, o outcome) outcome {
	if before, twice := items[id]; twice && (!before.done || before.fault != nil) {
		return before
	}
	return o
}
