package panel

import (
	"context"
	"fmt"
)

// ChangeStatus sets orders to pending, in_progress, processing or completed: POST /orders/change-status. The statuses
// canceled and partial have separate calls.
func (c *Client) ChangeStatus(ctx context.Context, orderIDs []int64, status string) (BulkResult, error) {
	return c.bulk(ctx, "/orders/change-status", orderIDs, ids{Status: status})
}

// Cancel cancels orders and refunds them: POST /orders/cancel. The reason may be "".
func (c *Client) Cancel(ctx context.Context, orderIDs []int64, reason string) (BulkResult, error) {
	return c.bulk(ctx, "/orders/cancel", orderIDs, ids{CancelReason: reason})
}

// RequestCancel asks the provider to cancel: POST /orders/request-cancel.
func (c *Client) RequestCancel(ctx context.Context, orderIDs []int64) (BulkResult, error) {
	return c.bulk(ctx, "/orders/request-cancel", orderIDs, ids{})
}

// Resend sends failed orders to their provider again: POST /orders/resend.
func (c *Client) Resend(ctx context.Context, orderIDs []int64) (BulkResult, error) {
	return c.bulk(ctx, "/orders/resend", orderIDs, ids{})
}

// SetPartial refunds the share of the remains and ends the order as partial: POST /orders/{id}/set-partial.
func (c *Client) SetPartial(ctx context.Context, orderID, remains int64) error {
	return c.orderAction(ctx, orderID, "set-partial", struct {
		Remains int64 `json:"remains"`
	}{remains})
}

// EditLink changes the link of an order: POST /orders/{id}/edit-link.
func (c *Client) EditLink(ctx context.Context, orderID int64, link string) error {
	return c.orderAction(ctx, orderID, "edit-link", struct {
		Link string `json:"link"`
	}{link})
}

// orderAction writes to one order. The content of data is not documented: an answer that does not name the order,
// alone or in a list of ids, is an ErrShape.
func (c *Client) orderAction(ctx context.Context, id int64, action string, body any) error {
	r := post(fmt.Sprintf("/orders/%d/%s", id, action), body).about(id)
	env, err := c.admin(ctx, r)
	if err != nil {
		return err
	}
	if res, err := decodeBulk(env.data, []int64{id}); err == nil && len(res.Done) == 1 {
		return nil
	}
	got, err := decodeCreated(env.data, "order_id", "id")
	return c.named(r, env.status, "order", id, got, err)
}
