package sim

import (
	"net/http"
	"slices"
	"strings"
)

// User is one customer. Times are unix seconds. The balance always equals the completed payments less the charges.
type User struct {
	ID          int64
	Username    string
	Email       string
	Language    string // ISO 639-1; not in the API
	Balance     Money
	Spent       Money
	Status      string
	Discount    int64 // percent
	CustomRates []CustomRate
	Created     int64
	LastAuth    int64 // 0 if never

	recent []int64 // the latest order ids, which tickets mention
}

// CustomRate is a customer's own price for a service: a percentage of the normal price if Percent is set, otherwise a
// price per 1,000.
type CustomRate struct {
	ServiceID int64
	Percent   int64
	Rate      Money
}

func (u *User) place() (created, id int64) { return u.Created, u.ID }

// remember keeps the ids of the customer's latest six orders.
func (u *User) remember(order int64) {
	const kept = 6
	if len(u.recent) == kept {
		u.recent = append(u.recent[:0], u.recent[1:]...)
	}
	u.recent = append(u.recent, order)
}

func (w *world) keepUser(u *User) {
	w.users.add(u)
	w.usersByName[u.Username] = u
	w.crowd = append(w.crowd, u)
}

// listUsers is GET /users.
func (w *world) listUsers(c *call, out *wire) error {
	q := c.query
	name, email, ids := q.Get("username"), q.Get("email"), idFilter(q, "ids")
	if out.v.IgnoreFilters {
		name, email, ids = "", "", nil
	}
	rows := w.users.rows
	if ids != nil {
		rows = w.users.some(ids)
	}
	keep := func(u *User) bool {
		return (name == "" || u.Username == name) && (email == "" || strings.EqualFold(u.Email, email))
	}
	pg := readPage(c, out.v)
	rows, total := cut(rows, keep, q.Get("sort") != "created-at-asc", pg)
	list(out, pg, rows, total, w.writeUser)
	return nil
}

func (w *world) writeUser(out *wire, u *User) {
	out.int("id", u.ID)
	out.text("username", u.Username)
	out.text("email", u.Email)
	out.money("balance", u.Balance)
	out.money("spent", u.Spent)
	out.text("status", u.Status)
	out.when("created", u.Created)
	out.whenOrNull("last_auth", u.LastAuth)
	out.array("custom_rates", func() {
		for _, rate := range u.CustomRates {
			w.writeCustomRate(out, rate)
		}
	})
	out.object("discount", func() {
		out.int("value", u.Discount)
		out.text("formatted", percent(u.Discount))
	})
}

func (w *world) writeCustomRate(out *wire, rate CustomRate) {
	value := rate.Rate.String()
	if rate.Percent != 0 {
		value = percent(rate.Percent)
	}
	out.open('{')
	out.int("service_id", rate.ServiceID)
	out.text("service_name", w.services.byID[rate.ServiceID].Name)
	out.text("custom_rate", strings.TrimSuffix(value, "%"))
	out.int("percent", rate.Percent)
	out.close('}')
}

// addUser is POST /users/add. The form of the reply is inferred.
func (w *world) addUser(c *call, out *wire) error {
	name, email := c.body.text("username"), c.body.text("email")
	switch {
	case name == "" || !strings.Contains(email, "@") || c.body.text("password") == "":
		return invalid("Username, email and password are required.")
	case w.usersByName[name] != nil:
		return invalid("Username is already taken.")
	case w.userByEmail(email) != nil:
		return invalid("Email is already taken.")
	}
	u := &User{Username: name, Email: email, Language: "en", Status: "active", Created: w.stamp(), ID: w.next.user()}
	w.keepUser(u)
	out.open('{')
	out.int("id", u.ID)
	out.text("username", u.Username)
	out.close('}')
	return nil
}

func (w *world) userByEmail(email string) *User {
	at := slices.IndexFunc(w.users.rows, func(u *User) bool { return email != "" && strings.EqualFold(u.Email, email) })
	if at < 0 {
		return nil
	}
	return w.users.rows[at]
}

// target returns the customer that a write names: by username, otherwise by user_email, otherwise by user_id.
func (w *world) target(body fields) (*User, error) {
	u := w.usersByName[body.text("username")]
	if u == nil && !body.has("username") {
		u = w.userByEmail(body.text("user_email"))
		if id, ok := body.int("user_id"); u == nil && ok {
			u = w.users.byID[id]
		}
	}
	if u == nil {
		return nil, refusal{http.StatusBadRequest, codeInvalid, "User not found."}
	}
	return u, nil
}
