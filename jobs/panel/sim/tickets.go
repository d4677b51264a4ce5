package sim

import (
	"cmp"
	"html"
	"slices"
)

// Ticket statuses in the API: pending waits for staff, answered waits for the customer.
const (
	TicketPending  = "pending"
	TicketAnswered = "answered"
	TicketClosed   = "closed"
	TicketLocked   = "locked"
)

// Ticket is one conversation with a customer. Times are unix seconds.
type Ticket struct {
	ID       int64
	UserID   int64
	User     string // username
	Subject  string
	Status   string
	Assignee string // a staff name; "" if unassigned
	Read     bool   // staff have read it
	Created  int64
	Updated  int64
	Messages []Message // oldest first

	language string
}

// Message is one entry of a ticket. It has no id in the API.
type Message struct {
	HTML    string
	Sender  string // the customer's username or a staff name
	Staff   bool
	Created int64
}

func (t *Ticket) place() (created, id int64) { return t.Created, t.ID }

// say appends a message and updates the status: a customer's message makes the ticket pending and unread, a staff
// message answered.
func (t *Ticket) say(m Message) {
	t.Messages = append(t.Messages, m)
	t.Updated = max(t.Updated, m.Created)
	if m.Staff {
		t.Status = TicketAnswered
	} else {
		t.Status, t.Read = TicketPending, false
	}
}

// listTickets is GET /tickets, newest update first. No other order is known to exist.
func (w *world) listTickets(c *call, out *wire) error {
	user, status := c.query.Get("user"), c.query.Get("status")
	if out.v.IgnoreFilters {
		user, status = "", ""
	}
	rows := slices.Clone(w.tickets.rows)
	slices.SortFunc(rows, func(a, b *Ticket) int {
		return cmp.Or(cmp.Compare(a.Updated, b.Updated), cmp.Compare(a.ID, b.ID))
	})
	keep := func(t *Ticket) bool {
		return (user == "" || t.User == user) && (status == "" || t.Status == status)
	}
	pg := readPage(c, out.v)
	rows, total := cut(rows, keep, true, pg)
	list(out, pg, rows, total, writeTicket)
	return nil
}

func writeTicket(out *wire, t *Ticket) {
	out.int("id", t.ID)
	out.object("user", func() {
		out.int("id", t.UserID)
		out.text("username", t.User)
	})
	out.text("subject", t.Subject)
	out.text("status", t.Status)
	out.textOrNull("assignee", t.Assignee)
	out.flag("is_read", t.Read)
	out.when("created", t.Created)
	out.when("last_update", t.Updated)
}

// showTicket is GET /tickets/{id}. It does not mark the ticket as read.
func (w *world) showTicket(c *call, out *wire) error {
	t := w.tickets.byID[c.id]
	if t == nil {
		return notFound()
	}
	out.open('{')
	writeTicket(out, t)
	out.array("messages", func() {
		for _, m := range t.Messages {
			out.open('{')
			out.text("message", m.HTML)
			out.text("sender_name", m.Sender)
			out.flag("is_staff", m.Staff)
			out.when("created", m.Created)
			out.close('}')
		}
	})
	out.close('}')
	return nil
}

// replyTicket is POST /tickets/{id}/reply. It is not idempotent, accepts any staff name, and returns only the
// ticket's id.
func (w *world) replyTicket(c *call, out *wire) error {
	t := w.tickets.byID[c.id]
	if t == nil {
		return notFound()
	}
	staff, message := c.body.text("staff_name"), c.body.text("message")
	if staff == "" || message == "" {
		return invalid("Staff name and message are required.")
	}
	if out.v.RefuseClosedReply && (t.Status == TicketClosed || t.Status == TicketLocked) {
		return invalid("Ticket is closed.")
	}
	w.staffSays(t, staff, kept(message, out.v))
	out.open('{')
	out.int("ticket_id", t.ID)
	out.close('}')
	return nil
}

// kept returns the text of staff as the panel keeps it.
func kept(text string, v Variants) string {
	if v.EscapeReplies {
		return html.EscapeString(text)
	}
	return text
}

// staffSays appends a staff message. The simulated customer may answer it.
func (w *world) staffSays(t *Ticket, staff, html string) {
	t.Read = true
	t.say(Message{HTML: html, Sender: staff, Staff: true, Created: w.stamp()})
	w.expectAnswer(t)
}

// addTicket is POST /tickets/add. Staff write first, so the ticket starts as answered.
func (w *world) addTicket(c *call, out *wire) error {
	u, err := w.target(c.body)
	if err != nil {
		return err
	}
	subject, message := c.body.text("subject"), c.body.text("message")
	if subject == "" || message == "" {
		return invalid("Subject and message are required.")
	}
	staff := cmp.Or(c.body.text("staff_name"), "support")
	t := draftTicket(u, subject, w.stamp())
	w.fileTicket(t)
	w.staffSays(t, staff, kept(message, out.v))
	name := "ticket_id"
	if out.v.TicketAddID {
		name = "id"
	}
	out.open('{')
	out.int(name, t.ID)
	out.close('}')
	return nil
}

// draftTicket returns a ticket without an id and messages, which is not stored yet.
func draftTicket(u *User, subject string, created int64) *Ticket {
	return &Ticket{
		UserID: u.ID, User: u.Username, Subject: subject, Status: TicketPending,
		Created: created, Updated: created, language: u.Language,
	}
}

func (w *world) fileTicket(t *Ticket) {
	t.ID = w.next.ticket()
	w.tickets.add(t)
}

// lastIsStaff reports whether the last message is from staff.
func (t *Ticket) lastIsStaff() bool {
	return len(t.Messages) > 0 && t.Messages[len(t.Messages)-1].Staff
}
