package panel

import (
	"context"
	"encoding/json"
)

// CancelTask is a customer's request to cancel an order of a manual service. No client has shown the exact record: it
// has id, order_id, or both. If only one is present, it is used for both.
type CancelTask struct {
	ID      int64
	OrderID int64
	Remains *int64
	Raw     json.RawMessage // the record as received
}

// RefillTask is a customer's request to refill an order. The record is not publicly documented; the decoder assumes
// the form of CancelTask.
type RefillTask struct {
	ID      int64
	OrderID int64 // 0 if the panel does not say
	Status  string
	Raw     json.RawMessage // the record as received
}

// PullCancels takes cancel tasks: POST /cancel/pull. It is a write.
func (c *Client) PullCancels(ctx context.Context, serviceIDs []int64, limit int) (Page[CancelTask], error) {
	return pullPage(ctx, c, "/cancel/pull", serviceIDs, limit, decodeCancelTask)
}

// RejectCancels rejects cancel tasks: POST /cancel/reject.
func (c *Client) RejectCancels(ctx context.Context, taskIDs []int64) (BulkResult, error) {
	return c.bulk(ctx, "/cancel/reject", taskIDs, ids{})
}

// PullRefills takes refill tasks: POST /refill/pull. It is a write.
func (c *Client) PullRefills(ctx context.Context, serviceIDs []int64, limit int) (Page[RefillTask], error) {
	return pullPage(ctx, c, "/refill/pull", serviceIDs, limit, decodeRefillTask)
}

// ChangeRefillStatus sets the status of refill tasks: POST /refill/change-status. The accepted words are not publicly
// documented.
func (c *Client) ChangeRefillStatus(ctx context.Context, taskIDs []int64, status string) (BulkResult, error) {
	return c.bulk(ctx, "/refill/change-status", taskIDs, ids{Status: status})
}

func decodeCancelTask(raw json.RawMessage) (CancelTask, error) {
	r, err := newRecord(raw)
	if err != nil {
		return CancelTask{}, err
	}
	t := CancelTask{ID: r.id("id", "order_id"), OrderID: r.id("order_id", "id"), Remains: r.optInteger("remains"), Raw: raw}
	return t, r.err
}

func decodeRefillTask(raw json.RawMessage) (RefillTask, error) {
	r, err := newRecord(raw)
	if err != nil {
		return RefillTask{}, err
	}
	t := RefillTask{ID: r.id("id", "refill_id"), OrderID: r.integer("order_id"), Status: r.text("status"), Raw: raw}
	return t, r.err
}
