package sim

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// historySpan is the length of a panel's history, in seconds. Its recent part is the busiest.
const historySpan = 120 * 24 * 60 * 60

// writeHistory fills the history with orders, most of them final, and with matching users, payments and tickets.
func (w *world) writeHistory(orders int) {
	for range max(orders/12, 1) {
		w.crowd = append(w.crowd, w.newUser(pick(w, w.profile.languages)))
	}
	w.crowd[0].Status = "active"
	start := w.stamp()
	for _, u := range w.crowd {
		u.Created = start - w.between(0, historySpan*2)
	}
	w.pastOrders(w.pastTimes(orders))
	w.pastPayments(orders / 8)
	w.pastUsers()
	w.pastTickets(orders / 50)
}

// pastTimes returns n moments before now, oldest first. They get denser towards now and follow the rhythm of the day.
func (w *world) pastTimes(n int) []int64 {
	times := make([]int64, 0, n)
	for len(times) < n {
		age := int64(historySpan * math.Pow(w.rng.Float64(), 2))
		if at := w.stamp() - age - 1; w.chance(w.rhythm(at) / 1.5) {
			times = append(times, at)
		}
	}
	slices.Sort(times)
	return times
}

func (w *world) pastOrders(times []int64) {
	for _, at := range times {
		u := w.customer()
		if u.Created >= at {
			u.Created = at - w.between(60, 86_400)
		}
		o := w.draftOrder(u, w.wantedService(), at)
		o.ID = w.next.order()
		w.orders.add(o)
		w.charge(o)
		w.live(o, w.stamp()-at)
	}
}

// live gives an order of the history the state that fits its age in seconds.
func (w *world) live(o *Order, age int64) {
	const hour = 3600
	open := 0.004
	switch {
	case age < hour/6:
		open = 0.95
	case age < 2*hour:
		open = 0.6
	case age < 48*hour:
		open = 0.35
	}
	o.Updated = o.Created + w.between(min(age, 60), min(age, 30*hour))
	if w.chance(open) {
		w.liveOpen(o, age)
		return
	}
	w.accept(o)
	w.count(o)
	switch {
	case w.chance(0.05):
		w.endEarly(o, w.between(1, o.Quantity), Partial)
	case w.chance(0.06):
		w.endEarly(o, o.Quantity, Canceled)
	case w.chance(0.004):
		o.Status, o.ExternalID, o.StartCount = Failed, "", nil
	default:
		o.Status, o.Remains = Completed, 0
	}
}

// endEarly refunds an order and keeps the time of its last update.
func (w *world) endEarly(o *Order, remains int64, status string) {
	updated := o.Updated
	w.refund(o, remains, status)
	o.Updated = updated
}

func (w *world) liveOpen(o *Order, age int64) {
	if age < 600 && w.chance(0.6) || w.isManual(o) && w.chance(0.5) {
		o.Updated = o.Created
		return
	}
	if w.chance(0.02) {
		o.Status = pick(w, []string{Failed, Failed, Errored})
		return
	}
	w.accept(o)
	w.count(o)
	o.Status = InProgress
	o.Remains = w.between(1, o.Quantity)
	if !w.isManual(o) && w.chance(0.1) {
		o.Status, o.Remains = Processing, o.Quantity
	}
}

// pastPayments gives every customer payments that cover the money spent, and adds some failed attempts.
func (w *world) pastPayments(n int) {
	attempts := n / 6
	var list []*Payment
	for _, u := range w.crowd {
		for missing := u.Spent; missing > 0; {
			amount := w.deposit()
			if len(list) >= n-attempts {
				amount = roundUp(missing)
			} else if u.Spent > 20*amount {
				amount = roundUp(u.Spent.share(w.between(5, 30), 100))
			}
			list = append(list, w.draftPayment(u, amount, w.between(u.Created, w.stamp()-1)))
			missing -= amount
		}
	}
	for range attempts {
		p := w.draftPayment(w.customer(), w.deposit(), 0)
		p.Created = w.between(w.usersByName[p.User].Created, w.stamp()-1)
		p.Status = w.abandoned(w.stamp() - p.Created)
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *Payment) int { return cmp.Compare(a.Created, b.Created) })
	for _, p := range list {
		p.ID = w.next.payment()
		p.Updated = min(max(p.Updated, p.Created), w.stamp())
		w.keepPayment(p)
	}
}

// abandoned returns a status for a payment that was never completed. A recent one is still waiting.
func (w *world) abandoned(age int64) string {
	if age < 2*60*60 {
		return pick(w, []string{PaymentWaiting, PaymentPending})
	}
	return pick(w, []string{PaymentExpired, PaymentExpired, PaymentExpired, PaymentFailed, PaymentOnHold, PaymentUnderpaid})
}

func (w *world) pastUsers() {
	byAge := slices.Clone(w.crowd)
	slices.SortStableFunc(byAge, func(a, b *User) int { return cmp.Compare(a.Created, b.Created) })
	for _, u := range byAge {
		u.ID = w.next.user()
		w.users.add(u)
		if u.LastAuth == 0 && w.chance(0.8) {
			u.LastAuth = w.between(u.Created, w.stamp())
		}
	}
}

func (w *world) pastTickets(n int) {
	var list []*Ticket
	for range min(n, len(w.orders.rows)) {
		rows := w.orders.rows
		o := rows[len(rows)-1-w.skewed(len(rows), 2)]
		at := min(o.Created+w.around(5*time.Hour)/1000, w.stamp()-1)
		list = append(list, w.pastTicket(o, at))
	}
	slices.SortStableFunc(list, func(a, b *Ticket) int { return cmp.Compare(a.Created, b.Created) })
	for _, t := range list {
		w.fileTicket(t)
	}
}
