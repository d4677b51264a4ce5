package sim

import "slices"

// Order returns a copy of the order with that id.
func (p *Panel) Order(id int64) (o Order, ok bool) {
	p.look(func(w *world) { o, ok = copyOf(w.orders.byID[id]) })
	return o, ok
}

// Ticket returns a copy of the ticket with that id and of its messages.
func (p *Panel) Ticket(id int64) (t Ticket, ok bool) {
	p.look(func(w *world) {
		t, ok = copyOf(w.tickets.byID[id])
		t.Messages = slices.Clone(t.Messages)
	})
	return t, ok
}

// User returns a copy of the customer with that username.
func (p *Panel) User(username string) (u User, ok bool) {
	p.look(func(w *world) { u, ok = copyOf(w.usersByName[username]) })
	return u, ok
}

// Payment returns a copy of the payment with that id.
func (p *Panel) Payment(id int64) (pay Payment, ok bool) {
	p.look(func(w *world) { pay, ok = copyOf(w.payments.byID[id]) })
	return pay, ok
}

func copyOf[T any](row *T) (copied T, ok bool) {
	if row == nil {
		return copied, false
	}
	return *row, true
}

// Orders returns a copy of all orders, oldest first.
func (p *Panel) Orders() (list []Order) {
	p.look(func(w *world) { list = copies(w.orders.rows) })
	return list
}

// Users returns a copy of all customers, oldest first.
func (p *Panel) Users() (list []User) {
	p.look(func(w *world) { list = copies(w.users.rows) })
	return list
}

// Payments returns a copy of all payments, oldest first.
func (p *Panel) Payments() (list []Payment) {
	p.look(func(w *world) { list = copies(w.payments.rows) })
	return list
}

// Tickets returns a copy of all tickets with their messages, oldest first.
func (p *Panel) Tickets() (list []Ticket) {
	p.look(func(w *world) {
		list = copies(w.tickets.rows)
		for i := range list {
			list[i].Messages = slices.Clone(list[i].Messages)
		}
	})
	return list
}

// Services returns a copy of the catalogue, by id.
func (p *Panel) Services() (list []Service) {
	p.look(func(w *world) { list = copies(w.services.rows) })
	return list
}

// Refills returns a copy of all refill tasks, oldest first.
func (p *Panel) Refills() (list []Task) {
	p.look(func(w *world) { list = copies(w.refills) })
	return list
}

// Cancels returns a copy of all cancel tasks, oldest first.
func (p *Panel) Cancels() (list []Task) {
	p.look(func(w *world) { list = copies(w.cancels) })
	return list
}

// Owner returns the username of the customer who owns the User API key.
func (p *Panel) Owner() (username string) {
	p.look(func(w *world) { username = w.owner().Username })
	return username
}

// Methods returns the payment methods that /payments/add accepts.
func (p *Panel) Methods() (list []string) {
	p.look(func(w *world) { list = slices.Clone(w.profile.methods) })
	return list
}

// Currency returns the panel's ISO currency code.
func (p *Panel) Currency() (code string) {
	p.look(func(w *world) { code = w.currency })
	return code
}

func copies[T any](rows []*T) []T {
	list := make([]T, len(rows))
	for i, row := range rows {
		list[i] = *row
	}
	return list
}

// SetOrder changes an order, as staff would in the panel's own screens, and sets its update time unless change did. A
// status that change sets does not move money. It returns false if there is no such order.
func (p *Panel) SetOrder(id int64, change func(*Order)) (found bool) {
	p.touch(func(w *world) {
		o := w.orders.byID[id]
		if found = o != nil; !found {
			return
		}
		created, updated := o.Created, o.Updated
		change(o)
		o.ID = id
		if o.Updated == updated {
			o.Updated = w.stamp()
		}
		w.orders.move(o, created)
		w.scheduleOrder(o)
	})
	return found
}

// SetTicket changes a ticket, as staff would in the panel's own screens: close, lock, assign, mark as read. It keeps
// the update time.
func (p *Panel) SetTicket(id int64, change func(*Ticket)) (found bool) {
	p.touch(func(w *world) {
		t := w.tickets.byID[id]
		if found = t != nil; found {
			change(t)
			t.ID = id
		}
	})
	return found
}

// SetService changes a service, for tests of the catalogue's history.
func (p *Panel) SetService(id int64, change func(*Service)) (found bool) {
	p.touch(func(w *world) {
		s := w.services.byID[id]
		if found = s != nil; found {
			change(s)
			s.ID = id
		}
	})
	return found
}

// SetPayment changes a payment's status and, if needed, the balance.
func (p *Panel) SetPayment(id int64, status string) (found bool) {
	p.touch(func(w *world) {
		pay := w.payments.byID[id]
		if found = pay != nil; found {
			w.setPaymentStatus(pay, status)
		}
	})
	return found
}
