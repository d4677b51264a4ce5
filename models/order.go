package models

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// Order is a customer's order in the last state that its panel showed. Charge is the customer's total price in
// Currency; Cost is the provider's price, if the panel shows it. Values that a panel omits, or that cannot be parsed,
// are "" or not valid, and NULL in the table; the same holds for all mirrored rows.
type Order struct {
	bun.BaseModel `bun:"table:orders,alias:t" json:"-"`
	Key
	Sorted
	UserName     string              `bun:"user_name,nullzero" json:"user_name"`
	Charge       decimal.NullDecimal `bun:"charge,type:numeric" json:"charge"`
	Currency     string              `bun:"currency" json:"currency"`
	Cost         decimal.NullDecimal `bun:"cost,type:numeric" json:"cost"`
	CostCurrency string              `bun:"cost_currency" json:"cost_currency"`
	Link         string              `bun:"link" json:"link"`
	StartCount   *int64              `bun:"start_count" json:"start_count"`
	Quantity     *int64              `bun:"quantity" json:"quantity"`
	ServiceID    int64               `bun:"service_id" json:"service_id"`
	ServiceName  string              `bun:"service_name" json:"service_name"`
	ServiceType  string              `bun:"service_type" json:"service_type"`
	Status       string              `bun:"status,nullzero" json:"status"`
	Remains      *int64              `bun:"remains" json:"remains"`
	Mode         string              `bun:"mode" json:"mode"`
	Source       string              `bun:"source" json:"source"`
	Provider     string              `bun:"provider" json:"provider"`
	ExternalID   string              `bun:"external_id" json:"external_id"`
	CreatedAt    time.Time           `bun:"created_at" json:"created_at"`
	UpdatedAt    *time.Time          `bun:"updated_at" json:"updated_at"`
	Undated      bool                `bun:"undated" json:"undated"` // CreatedAt is the time when we first saw it
	// LinkKey is the hash of the link's target; PutOrders sets it.
	LinkKey int64 `bun:"link_key" json:"link_key"`
	Mirrored
	// Pending says that the panel may already have a newer state of the order because of an action of staff; see
	// MarkPending.
	Pending bool `bun:"-" json:"-"`
}

func (o *Order) parts() (Key, *Mirrored) { return o.Key, &o.Mirrored }

// Record identifies the last state of the order from the panel: another state has another hash. whole reports whether
// this state is all that a page shows of the order.
func (o *Order) Record() (key Key, hash int64, whole bool) { return o.Key, o.Hash, !o.Pending }

// OrderStatuses are the known statuses of panels, in the order of an order's life.
var OrderStatuses = []string{"pending", "in_progress", "processing", "completed", "partial", "canceled", "error", "fail"}

// finalStatuses are the statuses after which a panel changes an order only on request.
var finalStatuses = []string{"completed", "partial", "canceled"}

// Final reports whether the panel has finished the order.
func (o Order) Final() bool { return slices.Contains(finalStatuses, o.Status) }

// Profit returns charge minus cost; ok is false if either is unknown or their currencies differ.
func (o Order) Profit() (profit decimal.Decimal, ok bool) {
	if !o.Charge.Valid || !o.Cost.Valid || o.CostCurrency != o.Currency {
		return decimal.Zero, false
	}
	return o.Charge.Decimal.Sub(o.Cost.Decimal), true
}

// PutOrders mirrors a batch of one panel's orders from a request that was sent at fetchedAt.
func (db *DB) PutOrders(ctx context.Context, panelID int64, rows []Order, fetchedAt time.Time) (Written, error) {
	for i := range rows {
		rows[i].LinkKey = linkHash(rows[i].linkKey())
	}
	return putMirror(ctx, db, StreamKey{panelID, Orders}, rows, fetchedAt)
}

// Order returns one order that the viewer may see, else ErrNotFound.
func (db *DB) Order(ctx context.Context, v Viewer, key Key) (Order, error) {
	return findOne[Order](ctx, db, v, key)
}

// OrdersOfUser returns up to n of a customer's newest orders without the order except.
func (db *DB) OrdersOfUser(ctx context.Context, v Viewer, panelID int64, username string, except int64, n int) ([]Order, error) {
	var rows []Order
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("lower(user_name) = lower(?0) AND user_name = ?0", username).Where("id <> ?", except).
		OrderExpr("created_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}
