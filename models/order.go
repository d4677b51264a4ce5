package models

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// Order is a customer's order as its panel last showed it. Charge is what the customer paid in all, in Currency; Cost
// is what the provider took, where the panel tells. What a panel does not say, or says in a way that is not understood, is ""
// or not valid, and NULL in the table; so it is with all mirrored rows.
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
	Undated      bool                `bun:"undated" json:"undated"` // CreatedAt is when it was first seen
	// LinkKey is the hash of what the link leads to; PutOrders fills it.
	LinkKey int64 `bun:"link_key" json:"link_key"`
	Mirrored
	// Pending is true of an order that its panel may have otherwise by now because of what staff did; see MarkPending.
	Pending bool `bun:"-" json:"-"`
}

func (o *Order) parts() (Key, *Mirrored) { return o.Key, &o.Mirrored }

// Record names what the panel last said of the order: another record has another hash. whole tells whether that is all that
// there is to show of it.
func (o *Order) Record() (key Key, hash int64, whole bool) { return o.Key, o.Hash, !o.Pending }

// OrderStatuses are the statuses that panels are known to use, in the order of an order's life.
var OrderStatuses = []string{"pending", "in_progress", "processing", "completed", "partial", "canceled", "error", "fail"}

// finalStatuses are those after which a panel does not change an order by itself.
var finalStatuses = []string{"completed", "partial", "canceled"}

// Final tells whether the panel is done with the order.
func (o Order) Final() bool { return slices.Contains(finalStatuses, o.Status) }

// Profit is charge minus cost; ok is false when either is unknown, or the cost in another currency.
func (o Order) Profit() (profit decimal.Decimal, ok bool) {
	if !o.Charge.Valid || !o.Cost.Valid || o.CostCurrency != o.Currency {
		return decimal.Zero, false
	}
	return o.Charge.Decimal.Sub(o.Cost.Decimal), true
}

// PutOrders mirrors a batch of one panel's orders, fetched by a request that left at fetchedAt.
func (db *DB) PutOrders(ctx context.Context, panelID int64, rows []Order, fetchedAt time.Time) (Written, error) {
	for i := range rows {
		rows[i].LinkKey = linkHash(rows[i].linkKey())
	}
	return putMirror(ctx, db, StreamKey{panelID, Orders}, rows, fetchedAt)
}

// Order finds one order for the viewer.
func (db *DB) Order(ctx context.Context, v Viewer, key Key) (Order, error) {
	return findOne[Order](ctx, db, v, key)
}

// OrdersOfUser are up to n of a customer's newest orders, leaving out one.
func (db *DB) OrdersOfUser(ctx context.Context, v Viewer, panelID int64, username string, except int64, n int) ([]Order, error) {
	var rows []Order
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("lower(user_name) = lower(?0) AND user_name = ?0", username).Where("id <> ?", except).
		OrderExpr("created_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}
