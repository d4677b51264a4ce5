package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/shopspring/decimal"
)

// User is one customer of a panel.
type User struct {
	ID          int64
	Username    string
	Email       string
	Balance     *Money // nil if unknown, like Spent
	Spent       *Money
	Status      string // its possible words are not publicly documented
	Created     time.Time
	LastAuth    time.Time // zero if the user never logged in
	Discount    string    // as the panel writes it; "" if none
	CustomRates []CustomRate
	BadRates    []BadRecord     // custom rates that could not be parsed
	Misread     []string        // names of members that could not be parsed
	Raw         json.RawMessage // the record as received
}

// CustomRate is one customer's special price for one service.
type CustomRate struct {
	ServiceID   int64
	ServiceName string
	Rate        decimal.Decimal // per 1000, or a percentage of the normal price
	Percent     bool            // Rate is a percentage
	Raw         json.RawMessage // the record as received
}

// UserQuery filters and pages the user list.
type UserQuery struct {
	IDs           []int64 // at most MaxIDs
	Username      string
	Email         string
	Ascending     bool // oldest first; otherwise newest first
	Limit, Offset int
}

// Users lists customers: GET /users. The API has no call for a single customer.
func (c *Client) Users(ctx context.Context, q UserQuery) (Page[User], error) {
	if len(q.IDs) > MaxIDs {
		return Page[User]{}, c.notMade(get("/users", nil), ErrRefused, tooManyIDs)
	}
	v := url.Values{"sort": {createdSort(q.Ascending)}}
	set(v, "ids", joinIDs(q.IDs))
	set(v, "username", q.Username)
	set(v, "email", q.Email)
	return fetchPage(ctx, c, "/users", v, q.Limit, q.Offset, decodeUser)
}

// createdSort returns the sort parameter of users and payments. Orders use another one.
func createdSort(ascending bool) string {
	if ascending {
		return "created-at-asc"
	}
	return "created-at-desc"
}

// UserNew is a customer to create.
type UserNew struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

// AddUser creates a customer: POST /users/add. It returns the new id, or 0 if the panel does not give it, because the
// content of the answer is not publicly documented. An answer that does not name the customer by username or e-mail
// is an ErrShape, because the customer may exist.
func (c *Client) AddUser(ctx context.Context, u UserNew) (int64, error) {
	r := post("/users/add", u)
	env, err := c.admin(ctx, r)
	if err != nil {
		return 0, err
	}
	id, err := decodeCreated(env.data, "id", "user_id")
	if err != nil {
		return 0, c.shape(r, env.status, "the new user's id: "+err.Error())
	}
	switch named, differs := namesUser(env.data, u.Username, u.Email); {
	case differs:
		return 0, c.shape(r, env.status, "it names another user")
	case !named:
		return id, c.shape(r, env.status, "it does not name the user")
	}
	return id, nil
}

func decodeUser(raw json.RawMessage) (User, error) {
	r, err := newEntry(raw)
	if err != nil {
		return User{}, err
	}
	u := User{
		ID:       r.id("id"),
		Username: r.text("username"),
		Email:    r.text("email"),
		Balance:  r.money("balance"),
		Spent:    r.money("spent"),
		Status:   r.text("status"),
		Created:  r.time("created"),
		LastAuth: r.time("last_auth"),
		Discount: read(r, "discount", parseDiscount),
		Raw:      raw,
	}
	u.CustomRates, u.BadRates = customRates(r.fields["custom_rates"])
	if len(u.BadRates) > 0 {
		r.fault("custom_rates", u.BadRates[0].Err)
	}
	u.Misread = r.misread
	return u, r.err
}

// parseDiscount reads a text, a number or {"formatted"}, the form that one client has seen.
func parseDiscount(raw json.RawMessage) (string, error) {
	if fields, err := splitEntry(raw); err == nil && !absent(fields["formatted"]) {
		raw = fields["formatted"]
	}
	return parsePlainText(raw)
}

// customRates reads as many rates as it can. Only one public client has seen this list, so a rate in another form
// must not make the whole user unreadable.
func customRates(raw json.RawMessage) ([]CustomRate, []BadRecord) {
	if absent(raw) {
		return nil, nil
	}
	list, err := splitArray(raw)
	if err != nil {
		return nil, []BadRecord{{Raw: raw, Err: fmt.Errorf("custom_rates: %w", err)}}
	}
	return Page[CustomRate]{Records: list, decode: decodeCustomRate}.All()
}

func decodeCustomRate(raw json.RawMessage) (CustomRate, error) {
	r, err := newRecord(raw)
	if err != nil {
		return CustomRate{}, err
	}
	rate := CustomRate{
		ServiceID:   r.id("service_id"),
		ServiceName: r.text("service_name"),
		Rate:        r.amount("custom_rate"),
		Percent:     r.flag("percent"),
		Raw:         raw,
	}
	return rate, r.err
}
