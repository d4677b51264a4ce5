package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Ticket is one row of the ticket list. Rows carry no messages.
type Ticket struct {
	ID         int64
	UserID     int64  // 0 if the panel does not say
	Username   string // the customer
	Subject    string
	Status     string // pending, answered, closed, locked, or an unknown word
	Assignee   string // staff name on the panel; "" if none
	IsRead     bool   // staff have read it
	Created    time.Time
	LastUpdate time.Time
	Misread    []string        // names of members that could not be parsed
	Raw        json.RawMessage // the record as received
}

// TicketDetail is a ticket with its conversation, the oldest message first.
type TicketDetail struct {
	Ticket
	Messages []Message
}

// Unclear returns the number of messages whose text, sender or side was not understood. Each of them may be any
// message.
func (d TicketDetail) Unclear() (n int) {
	for _, m := range d.Messages {
		if slices.ContainsFunc([]string{"message", "sender_name", "is_staff"}, func(member string) bool { return slices.Contains(m.Misread, member) }) {
			n++
		}
	}
	return n
}

// Message is one message of a ticket. The API gives messages no id.
type Message struct {
	Position    int    // index in the panel's list
	HTML        string // untrusted: the customer wrote it
	SenderName  string // the customer's username or the staff's display name
	IsStaff     bool
	Created     time.Time
	Attachments []Attachment
	Misread     []string        // names of members that could not be parsed
	Raw         json.RawMessage // the record as received
}

// Attachment is a file of a message. Its names in the API are not publicly documented. The decoder reads
// "attachments" and "files"; other forms stay in Raw.
type Attachment struct {
	Name string
	URL  string // untrusted
	Size int64  // bytes; 0 if the panel does not say
}

// TicketQuery filters and pages the ticket list. No filter by time is known.
type TicketQuery struct {
	User          string // username
	Status        string
	Limit, Offset int
}

// Tickets lists tickets: GET /tickets. The order of the list is not documented.
func (c *Client) Tickets(ctx context.Context, q TicketQuery) (Page[Ticket], error) {
	v := url.Values{}
	set(v, "user", q.User)
	set(v, "status", q.Status)
	return fetchPage(ctx, c, "/tickets", v, q.Limit, q.Offset, decodeTicket)
}

// Ticket reads one ticket with its messages: GET /tickets/{id}. Whether this marks the ticket as read on the panel is
// unknown.
func (c *Client) Ticket(ctx context.Context, id int64) (TicketDetail, error) {
	r := get(fmt.Sprintf("/tickets/%d", id), nil).about(id)
	env, err := c.admin(ctx, r)
	if err != nil {
		return TicketDetail{}, err
	}
	t, err := decodeTicketDetail(env.data)
	if err != nil {
		return TicketDetail{}, c.shape(r, env.status, "the ticket: "+err.Error())
	}
	if t.ID != id {
		return TicketDetail{}, c.shape(r, env.status, "it answered with another ticket")
	}
	return t, nil
}

func decodeTicket(raw json.RawMessage) (Ticket, error) {
	r, err := newEntry(raw)
	if err != nil {
		return Ticket{}, err
	}
	return readTicket(r, raw)
}

func readTicket(r *record, raw json.RawMessage) (Ticket, error) {
	user := r.person("user")
	t := Ticket{
		ID:         r.id("id"),
		UserID:     user.id,
		Username:   user.name,
		Subject:    r.text("subject"),
		Status:     r.text("status"),
		Assignee:   r.text("assignee"),
		IsRead:     r.flag("is_read"),
		Created:    r.time("created"),
		LastUpdate: r.time("last_update"),
		Raw:        raw,
	}
	t.Misread = r.misread
	return t, r.err
}

func decodeTicketDetail(raw json.RawMessage) (TicketDetail, error) {
	r, err := newEntry(raw)
	if err != nil {
		return TicketDetail{}, err
	}
	t, err := readTicket(r, raw)
	if err != nil {
		return TicketDetail{}, err
	}
	list, err := splitArray(r.fields["messages"])
	if err != nil {
		return TicketDetail{}, fmt.Errorf("messages: %w", err)
	}
	d := TicketDetail{Ticket: t, Messages: make([]Message, 0, len(list))}
	for i, one := range list {
		d.Messages = append(d.Messages, decodeMessage(one, i))
	}
	return d, nil
}

// decodeMessage reads as much as it can. A message that it does not understand keeps its position.
func decodeMessage(raw json.RawMessage, position int) Message {
	r, err := newEntry(raw)
	if err != nil { // the entry may be the bare text
		r = &record{fields: map[string]json.RawMessage{"message": raw}, lenient: true}
		if absent(raw) {
			r.fault("message", errMissing)
		}
	}
	m := Message{
		Position:    position,
		HTML:        r.text("message"),
		SenderName:  r.text("sender_name"),
		IsStaff:     r.flag("is_staff"),
		Created:     r.time("created"),
		Attachments: attachments(r.fields[r.first("attachments", "files")]),
		Raw:         raw,
	}
	m.Misread = r.misread
	return m
}

func attachments(raw json.RawMessage) []Attachment {
	list, err := splitArray(raw)
	if err != nil {
		return nil
	}
	var out []Attachment
	for _, one := range list {
		r, err := newEntry(one)
		if err != nil {
			continue
		}
		a := Attachment{Name: r.text("name"), URL: r.text("url"), Size: r.integer("size")}
		if r.err == nil && (a.Name != "" || a.URL != "") {
			out = append(out, a)
		}
	}
	return out
}
