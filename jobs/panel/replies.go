package panel

import (
	"context"
	"encoding/json"
	"fmt"
)

// Reply adds a message of staff to a ticket: POST /tickets/{id}/reply. staff is
// shown to the customer as the sender, exactly as given. The panel returns no
// message: read the ticket to see it. Two calls make two messages.
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
	if err != nil {
		return c.shape(r, env.status, "the ticket: "+err.Error())
	}
	if got != 0 && got != ticketID {
		return c.shape(r, env.status, "it answered with another ticket")
	}
	return nil
}

// TicketNew is a ticket that staff opens for a customer, named by Username or
// UserEmail.
type TicketNew struct {
	Username  string `json:"username,omitempty"`
	UserEmail string `json:"user_email,omitempty"`
	Subject   string `json:"subject"`
	Message   string `json:"message"`
	StaffName string `json:"staff_name,omitempty"`
}

// AddTicket opens a ticket and returns its id: POST /tickets/add. An answer that
// names no ticket is an ErrShape, since the ticket may exist.
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
	return id, nil
}

// decodeCreated reads the id of what was written, by the first of names that is
// there; 0 if none is.
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
