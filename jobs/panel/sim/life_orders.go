package sim

import "time"

// scheduleOrder schedules the next step of an order that moves automatically. A failed order waits for staff, and a
// manual order that a worker has pulled waits for that worker.
func (w *world) scheduleOrder(o *Order) {
	if o.scheduled || w.rates.Progress < 0 || !w.moves(o) {
		return
	}
	o.scheduled = true
	w.in(w.around(w.pace(o)), orderSteps, o.ID)
}

func (w *world) moves(o *Order) bool {
	switch o.Status {
	case Pending, InProgress:
		return true
	case Processing:
		return !w.isManual(o)
	}
	return false
}

// pace returns the mean time between two steps of an order: most orders are quick, some take days.
func (w *world) pace(o *Order) time.Duration {
	mean := w.rates.Progress
	switch o.ID % 10 {
	case 0:
		mean *= 60
	case 1, 2:
		mean *= 8
	case 3, 4, 5:
		mean /= 3
	}
	if w.isManual(o) {
		mean *= 10
	}
	return mean
}

// stepOrder moves an open order one step forward.
func (w *world) stepOrder(o *Order) {
	o.scheduled = false
	if !w.moves(o) {
		return
	}
	switch {
	case o.Status == Pending && !w.isManual(o) && w.chance(0.015):
		w.setStatus(o, Failed)
	case o.Status == Pending:
		w.accept(o)
		next := InProgress
		if !w.isManual(o) && w.chance(0.15) {
			next = Processing
		}
		w.setStatus(o, next)
	case o.Status == Processing:
		w.setStatus(o, InProgress)
	default:
		w.deliver(o)
	}
}

// deliver reduces the remains. A few orders end early.
func (w *world) deliver(o *Order) {
	w.count(o)
	switch {
	case w.chance(0.006) && o.Remains > 0:
		w.refund(o, o.Remains, Partial)
		return
	case w.chance(0.004):
		o.CancelReason = "Canceled by provider"
		w.refund(o, o.Quantity, Canceled)
		return
	}
	o.Remains = max(o.Remains-max(o.Quantity*w.between(5, 35)/100, 1), 0)
	if o.Remains == 0 {
		w.setStatus(o, Completed)
		return
	}
	w.setStatus(o, InProgress)
}

// arriveOrder adds a new order of a random customer. If the customer's balance is too low, it adds a payment first.
func (w *world) arriveOrder() {
	s := w.wantedService()
	var u *User
	for range 6 {
		if u = w.customer(); u.Status == "active" {
			break
		}
	}
	o := w.draftOrder(u, s, w.stamp())
	if o.Charge > u.Balance && s.Type == typeDefault {
		o.Quantity = max(o.Quantity/10, s.Min)
		w.price(o, u, s)
	}
	if o.Charge > u.Balance {
		p := w.draftPayment(u, max(w.deposit(), roundUp(o.Charge-u.Balance)), w.stamp())
		w.filePayment(p)
	}
	w.fileOrder(o)
}

// arrivePayment adds a payment. One in seven is never completed.
func (w *world) arrivePayment(u *User) {
	p := w.draftPayment(u, w.deposit(), w.stamp())
	if w.chance(0.4) {
		p.Status = pick(w, []string{PaymentWaiting, PaymentPending})
	}
	w.filePayment(p)
	w.expectSettlement(p)
}

func (w *world) filePayment(p *Payment) {
	if p.ID == 0 {
		p.ID = w.next.payment()
	}
	p.Updated = p.Created
	w.keepPayment(p)
}

// expectSettlement schedules the end of a waiting payment.
func (w *world) expectSettlement(p *Payment) {
	if w.rates.Payments > 0 && (p.Status == PaymentWaiting || p.Status == PaymentPending) {
		w.in(w.around(4*time.Minute), paymentSettles, p.ID)
	}
}

func (w *world) settlePayment(p *Payment) {
	if p.Status != PaymentWaiting && p.Status != PaymentPending {
		return
	}
	if w.chance(0.65) {
		w.setPaymentStatus(p, PaymentCompleted)
		return
	}
	w.setPaymentStatus(p, w.abandoned(farFuture))
}

// askProviderToCancel sends a cancel request to the provider, whose answer comes later.
func (w *world) askProviderToCancel(o *Order) {
	o.CancelRequested, o.Updated = true, w.stamp()
	if w.rates.Progress > 0 {
		w.in(w.around(3*time.Minute), providerCancels, o.ID)
	}
}

// providerCancels simulates the provider's answer: it refunds the part that it did not deliver, or refuses.
func (w *world) providerCancels(o *Order) {
	if o.Final() || !o.CancelRequested {
		return
	}
	o.CancelRequested = false
	switch {
	case w.chance(0.3) || o.Remains == 0:
		o.Updated = w.stamp()
	case o.Remains == o.Quantity:
		o.CancelReason = "Canceled by provider"
		w.refund(o, o.Quantity, Canceled)
	default:
		w.refund(o, o.Remains, Partial)
	}
}

// wishCancel records a customer's cancel request: a task for the staff of a manual service, a request to the provider
// of an automatic one.
func (w *world) wishCancel(o *Order) {
	if w.isManual(o) {
		o.CancelRequested = true
		w.cancels = append(w.cancels, w.newTask(o.ID))
		return
	}
	w.askProviderToCancel(o)
}

// openRefill opens a refill task. For an automatic order, it schedules the provider's answer.
func (w *world) openRefill(o *Order) *Task {
	t := w.newTask(o.ID)
	w.refills = append(w.refills, t)
	if !w.isManual(o) && w.rates.Progress > 0 {
		t.Status = TaskInProgress
		w.in(w.around(10*time.Minute), refillEnds, t.ID)
	}
	return t
}

func (w *world) endRefill(t *Task) {
	if t.open() {
		t.Status = TaskCompleted
		if w.chance(0.2) {
			t.Status = TaskRejected
		}
	}
}
