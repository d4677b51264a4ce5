package sim

import (
	"cmp"
	"strconv"
	"time"
)

// OrderSpec holds the fields of an order to add that matter to a test or the demo. The panel invents the others.
type OrderSpec struct {
	ID           int64  // zero means the next id
	User         string // username, created if unknown; "" picks a random customer
	ServiceID    int64  // zero picks a random one, of Mode if that is set
	Mode         string // Auto or Manual
	Link         string
	Quantity     int64
	Charge       Money
	Status       string // default Pending
	Remains      *int64 // default Quantity, or 0 when completed
	StartCount   *int64
	ExternalID   string
	CreationType string
	IP           string
	Comments     []string
	Created      time.Time // default now
}

// UserSpec holds the fields of a customer to add.
type UserSpec struct {
	Username, Email, Language, Status string
	Discount                          int64 // percent
	Created                           time.Time
}

// PaymentSpec holds the fields of a payment to add. A completed payment changes the balance.
type PaymentSpec struct {
	User    string // username, created if unknown; "" picks a random customer
	Amount  Money  // default a random common deposit
	Method  string
	Status  string // default PaymentCompleted
	Memo    string
	Created time.Time // default now
}

// AddOrder adds an order and charges its customer, whose balance may fall below zero. It returns the id. It panics on
// an id in use and on an unknown service, because the test is then wrong.
func (p *Panel) AddOrder(spec OrderSpec) (id int64) {
	p.touch(func(w *world) {
		u := w.known(spec.User)
		o := w.draftOrder(u, w.serviceFor(spec), w.at(spec.Created))
		w.shape(o, u, spec)
		w.fileOrder(o)
		id = o.ID
	})
	return id
}

// shape overrides the drafted fields with the fields of the spec.
func (w *world) shape(o *Order, u *User, spec OrderSpec) {
	if spec.Quantity > 0 {
		o.Quantity = spec.Quantity
		w.price(o, u, w.services.byID[o.ServiceID])
	}
	if o.ID = spec.ID; w.orders.byID[o.ID] != nil {
		panic("sim: there is an order " + strconv.FormatInt(o.ID, 10))
	}
	o.Link = cmp.Or(spec.Link, o.Link)
	o.Charge = cmp.Or(spec.Charge, o.Charge)
	o.Status = cmp.Or(spec.Status, Pending)
	o.ExternalID = spec.ExternalID
	o.CreationType = cmp.Or(spec.CreationType, o.CreationType)
	o.IP = cmp.Or(spec.IP, o.IP)
	o.StartCount = spec.StartCount
	if spec.Comments != nil {
		o.Comments = spec.Comments
	}
	switch {
	case spec.Remains != nil:
		o.Remains = *spec.Remains
	case o.Status == Completed:
		o.Remains = 0
	}
}

func (w *world) serviceFor(spec OrderSpec) *Service {
	if spec.ServiceID != 0 {
		s := w.services.byID[spec.ServiceID]
		if s == nil {
			panic("sim: there is no service " + strconv.FormatInt(spec.ServiceID, 10))
		}
		return s
	}
	for {
		if s := w.wantedService(); spec.Mode == "" || s.Mode() == spec.Mode {
			return s
		}
	}
}

// known returns the customer with that name, and creates the customer if there is none.
func (w *world) known(username string) *User {
	if username == "" {
		return w.customer()
	}
	if u := w.usersByName[username]; u != nil {
		return u
	}
	return w.admit(UserSpec{Username: username})
}

func (w *world) at(t time.Time) int64 {
	if t.IsZero() {
		return w.stamp()
	}
	return t.Unix()
}

// AddUser adds a customer and returns the id. If the username is taken, it returns the existing customer's id.
func (p *Panel) AddUser(spec UserSpec) (id int64) {
	p.touch(func(w *world) {
		if u := w.usersByName[spec.Username]; u != nil {
			id = u.ID
			return
		}
		id = w.admit(spec).ID
	})
	return id
}

func (w *world) admit(spec UserSpec) *User {
	u := w.newUser(cmp.Or(spec.Language, "en"))
	if spec.Username != "" {
		delete(w.usersByName, u.Username)
		u.Username = spec.Username
		u.Email = w.mailbox(spec.Username) + "@example.com"
	}
	u.ID, u.Created = w.next.user(), w.at(spec.Created)
	u.Email = cmp.Or(spec.Email, u.Email)
	u.Status = cmp.Or(spec.Status, "active")
	u.Discount, u.CustomRates = spec.Discount, nil
	w.keepUser(u)
	return u
}

// AddPayment adds a payment and returns its id.
func (p *Panel) AddPayment(spec PaymentSpec) (id int64) {
	p.touch(func(w *world) {
		pay := w.draftPayment(w.known(spec.User), w.deposit(), w.at(spec.Created))
		pay.Amount = cmp.Or(spec.Amount, pay.Amount)
		if spec.Method != "" {
			pay.Method, pay.Manual, pay.Memo = spec.Method, byHand(spec.Method), w.memo(spec.Method)
		}
		pay.Status = cmp.Or(spec.Status, PaymentCompleted)
		pay.Memo = cmp.Or(spec.Memo, pay.Memo)
		w.filePayment(pay)
		id = pay.ID
	})
	return id
}

// OpenTicket opens a ticket with a customer's message and returns its id. It creates the customer if unknown.
func (p *Panel) OpenTicket(username, subject, html string) (id int64) {
	p.touch(func(w *world) {
		t := draftTicket(w.known(username), subject, w.stamp())
		w.fileTicket(t)
		w.customerSays(t, html)
		id = t.ID
	})
	return id
}

// CustomerSays appends a customer's message to a ticket. It panics on an unknown ticket, because the test is then
// wrong.
func (p *Panel) CustomerSays(ticketID int64, html string) {
	p.touch(func(w *world) { w.customerSays(w.tickets.byID[ticketID], html) })
}

// StaffSays appends a message that staff wrote in the panel. It panics on an unknown ticket.
func (p *Panel) StaffSays(ticketID int64, staff, html string) {
	p.touch(func(w *world) { w.staffSays(w.tickets.byID[ticketID], staff, html) })
}

// DeleteTicket deletes a ticket, as an administrator of the panel would. It ignores an unknown id.
func (p *Panel) DeleteTicket(id int64) {
	p.touch(func(w *world) { w.tickets.drop(id) })
}

// AskRefill opens a refill task for an order, as its customer would, and returns the task's id.
func (p *Panel) AskRefill(orderID int64) (id int64) {
	p.touch(func(w *world) { id = w.openRefill(w.orders.byID[orderID]).ID })
	return id
}

// AskCancel records a customer's request to cancel an order: a task for a manual order, a request to the provider for
// any other.
func (p *Panel) AskCancel(orderID int64) {
	p.touch(func(w *world) { w.wishCancel(w.orders.byID[orderID]) })
}
