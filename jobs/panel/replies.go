package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Reply adds a staff message to a ticket: POST /tickets/{id}/reply. The customer sees staff, exactly as given, as the
// sender. The panel returns no message: read the ticket to see it. Two calls make two messages. An answer that does
// not name the ticket is an ErrShape.
func (c *Client) Reply(ctx context.Context, ticketID int64, staff, message string) error {
	r := post(fmt.Sprintf("/tickets/%d/reply", ticketID), struct {
		StaffName string `json:"staff_name"`
		Message   string `json:"message"`
	}{staff, message}).about(ticketID)
	env, err := c.admin(ctx, r)
	if err != nil {
		return err
	}
	got, err := decodeCreated(env.data, "ticket_id")
	return c.named(r, env.status, "ticket", ticketID, got, err)
}

// named returns an ErrShape unless the answer names the object that the call wrote to.
func (c *Client) named(r request, status int, noun string, id, got int64, err error) error {
	switch {
	case err != nil:
		return c.shape(r, status, "the "+noun+": "+err.Error())
	case got == 0:
		return c.shape(r, status, "it does not name the "+noun)
	case got != id:
		return c.shape(r, status, "it names another "+noun)
	}
	return nil
}

// TicketNew is a ticket that staff open for a customer. Username or UserEmail names the customer.
type TicketNew struct {
	Username  string `json:"username,omitempty"`
	UserEmail string `json:"user_email,omitempty"`
	Subject   string `json:"subject"`
	Message   string `json:"message"`
	StaffName string `json:"staff_name,omitempty"`
}

// AddTicket opens a ticket and returns its id: POST /tickets/add. An answer that names no ticket, or another
// customer, is an ErrShape, because the ticket may exist.
func (c *Client) AddTicket(ctx context.Context, t TicketNew) (int64, error) {
	r := post("/tickets/add", t)
	env, err := c.admin(ctx, r)
	if err != nil {
		return 0, err
	}
	id, err := decodeCreated(env.data, "ticket_id", "id")
	if err == nil && id == 0 {
		err = errMissing
	}
	if err != nil {
		return 0, c.shape(r, env.status, "the new ticket's id: "+err.Error())
	}
	if _, differs := namesUser(env.data, t.Username, t.UserEmail); differs {
		return 0, c.shape(r, env.status, "it names another customer")
	}
	return id, nil
}

// namesUser reports whether an answer names a user (as user, username or email), and whether one of these names
// differs from the requested user. It ignores case, because panels change it.
func namesUser(data json.RawMessage, username, email string) (named, differs bool) {
	fields, err := splitObject(data)
	if err != nil {
		return false, false
	}
	compare := func(got, want string) {
		if got != "" && want != "" {
			named = true
			differs = differs || !strings.EqualFold(got, want)
		}
	}
	r := &record{fields: fields}
	if user := r.person("user"); r.err == nil {
		compare(user.name, username)
	}
	for name, want := range map[string]string{"username": username, "email": email, "user_email": email} {
		if got, err := parseText(fields[name]); err == nil {
			compare(got, want)
		}
	}
	return named, differs
}

// decodeCreated reads the id of the new object from the first present name. It returns 0 if none is present.
func decodeCreated(data json.RawMessage, names ...string) (int64, error) {
	if data[0] != '{' {
		return 0, nil
	}
	r, err := newRecord(data)
	if err != nil {
		return 0, err
	}
	name := r.first(names...)
	if absent(r.fields[name]) {
		return 0, nil
	}
	return r.id(name), r.err
}
