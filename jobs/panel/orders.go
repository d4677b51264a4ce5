package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Order is one order of a panel. A text that the panel leaves out is "", a missing time is the zero time.
type Order struct {
	ID                     int64
	ExternalID             string          // order id at the provider; "" until the provider answers
	User                   string          // username
	CreationType           string          // "api", "new_order_form", …
	Charge                 *Money          // total charged to the customer; nil if unknown
	ProviderCharge         *Money          // cost; nil if the panel does not give it
	ProviderCurrencyCharge *Money          // cost in the provider's currency
	Link                   string          // may be a bare handle
	Buttons                json.RawMessage // order_buttons: comments and other extra data; shape varies
	StartCount             *int64          // nil until the provider answers
	Quantity               *int64          // nil if unknown
	ServiceID              int64
	ServiceType            string
	ServiceName            string
	Provider               string // provider's name; "" or "N/A" for a manual service
	Status                 string // pending, in_progress, processing, completed, partial, canceled, error, fail, or an unknown word
	Remains                *int64 // nil if absent
	IsAutocomplete         bool
	IsActiveAutocomplete   bool
	Created                time.Time
	LastUpdate             time.Time
	Mode                   string // "auto" or "manual"
	IPAddress              string
	Misread                []string        // names of members that could not be parsed
	Raw                    json.RawMessage // the record as received
}

// OrderDetail is an order with the fields that only the call for one order returns.
type OrderDetail struct {
	Order
	Actions          map[string]bool // actions that are allowed now: refill, resend, cancel_and_refund, request_cancel, …
	ProviderResponse json.RawMessage // the provider's raw answer; nil if none
}

// OrderQuery filters and pages the order list. Zero fields do not filter, so an empty list of ids asks for every
// order. A zero Limit means DefaultLimit.
type OrderQuery struct {
	IDs         []int64 // at most MaxIDs
	ExternalIDs []string
	User        string // username
	Status      string
	Mode        string
	ServiceIDs  []int64
	CreationType, Provider,
	IPAddress, Link string
	CreatedFrom, CreatedTo time.Time // whole seconds; whether the panel includes the bounds is unknown
	Ascending              bool      // oldest first; otherwise newest first
	Limit, Offset          int
}

func (q OrderQuery) values() url.Values {
	v := url.Values{"include": {"last_update"}, "sort": {"date-desc"}}
	if q.Ascending {
		v.Set("sort", "date-asc")
	}
	set(v, "ids", joinIDs(q.IDs))
	set(v, "external_order_ids", strings.Join(q.ExternalIDs, ","))
	set(v, "user", q.User)
	set(v, "order_status", q.Status)
	set(v, "mode", q.Mode)
	set(v, "service_ids", joinIDs(q.ServiceIDs))
	set(v, "creation_type", q.CreationType)
	set(v, "provider", q.Provider)
	set(v, "ip_address", q.IPAddress)
	set(v, "link", q.Link)
	setTime(v, "created_from", q.CreatedFrom)
	setTime(v, "created_to", q.CreatedTo)
	return v
}

// set adds a parameter unless its value is empty.
func set(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

func setTime(v url.Values, name string, t time.Time) {
	if !t.IsZero() {
		v.Set(name, strconv.FormatInt(t.Unix(), 10))
	}
}

// Orders lists orders: GET /orders.
func (c *Client) Orders(ctx context.Context, q OrderQuery) (Page[Order], error) {
	if max(len(q.IDs), len(q.ExternalIDs)) > MaxIDs {
		return Page[Order]{}, c.notMade(get("/orders", nil), ErrRefused, tooManyIDs)
	}
	return fetchPage(ctx, c, "/orders", q.values(), q.Limit, q.Offset, decodeOrder)
}

// Order reads one order: GET /orders/{id}.
func (c *Client) Order(ctx context.Context, id int64) (OrderDetail, error) {
	r := get(fmt.Sprintf("/orders/%d", id), nil).about(id)
	env, err := c.admin(ctx, r)
	if err != nil {
		return OrderDetail{}, err
	}
	o, err := decodeOrderDetail(env.data)
	if err != nil {
		return OrderDetail{}, c.shape(r, env.status, "the order: "+err.Error())
	}
	if o.ID != id {
		return OrderDetail{}, c.shape(r, env.status, "it answered with another order")
	}
	return o, nil
}

// PullOrders takes pending orders of manual services: POST /orders/pull. It is a write: the panel sets the orders
// that it returns to processing, and returns each only once.
func (c *Client) PullOrders(ctx context.Context, serviceIDs []int64, limit int) (Page[Order], error) {
	return pullPage(ctx, c, "/orders/pull", serviceIDs, limit, decodeOrder)
}

func decodeOrder(raw json.RawMessage) (Order, error) {
	r, err := newEntry(raw)
	if err != nil {
		return Order{}, err
	}
	return readOrder(r, raw)
}

func decodeOrderDetail(raw json.RawMessage) (OrderDetail, error) {
	r, err := newEntry(raw)
	if err != nil {
		return OrderDetail{}, err
	}
	o, err := readOrder(r, raw)
	if err != nil {
		return OrderDetail{}, err
	}
	d := OrderDetail{Order: o, Actions: read(r, "actions", parseActions)}
	d.Misread = r.misread
	if p := r.fields["provider_response"]; !absent(p) {
		d.ProviderResponse = p
	}
	return d, r.err
}

func readOrder(r *record, raw json.RawMessage) (Order, error) {
	o := Order{
		ID:                     r.id("id"),
		ExternalID:             r.text("external_id"),
		User:                   r.person("user").name,
		CreationType:           r.text("creation_type"),
		Charge:                 r.money("charge"),
		ProviderCharge:         r.money("provider_charge"),
		ProviderCurrencyCharge: r.money("provider_currency_charge"),
		Link:                   r.text("link"),
		Buttons:                r.fields["order_buttons"],
		StartCount:             r.optInteger("start_count"),
		Quantity:               r.optInteger("quantity"),
		ServiceID:              r.integer("service_id"),
		ServiceType:            r.text("service_type"),
		ServiceName:            r.text("service_name"),
		Provider:               r.text("provider"),
		Status:                 orderStatus(r.text("status")),
		Remains:                r.optInteger("remains"),
		IsAutocomplete:         r.flag("is_autocomplete"),
		IsActiveAutocomplete:   r.flag("is_active_autocomplete"),
		Created:                r.time("created"),
		LastUpdate:             r.time("last_update"),
		Mode:                   r.text("mode"),
		IPAddress:              r.text("ip_address"),
		Raw:                    raw,
	}
	o.Misread = r.misread
	return o, r.err
}

// orderStatus maps the spellings of older panels, as clients have seen them, to the spelling that the API accepts.
func orderStatus(s string) string {
	switch s = strings.ToLower(s); s {
	case "inprogress", "in progress":
		return "in_progress"
	case "cancelled":
		return "canceled"
	case "failed":
		return "fail"
	}
	return s
}

// parseActions reads the booleans of an object. It ignores an entry of another type, such as the list of statuses
// that the panel's own pages use; that entry stays in the raw record. PHP writes an empty object as [].
func parseActions(raw json.RawMessage) (map[string]bool, error) {
	if absent(raw) || raw[0] == '[' {
		return map[string]bool{}, nil
	}
	fields, err := splitEntry(raw)
	if err != nil {
		return nil, err
	}
	actions := make(map[string]bool, len(fields))
	for name, value := range fields {
		if on, err := parseFlag(value); err == nil {
			actions[name] = on
		}
	}
	return actions, nil
}
