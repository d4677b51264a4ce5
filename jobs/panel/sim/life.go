package sim

import "time"

// Rates sets the speed of a panel's world: the mean time between two events of a kind. Zero means the default,
// negative turns the kind off.
type Rates struct {
	Orders   time.Duration // a new order; default 15 s
	Talk     time.Duration // a new ticket or a customer's message in an existing one; default 50 s
	Payments time.Duration // a payment, completed or not; default 60 s
	Users    time.Duration // a new customer; default 150 s
	Services time.Duration // a change of a rate or of a limit; default 10 min
	Progress time.Duration // the next step of an average open order; default 45 s
}

// Still turns off all automatic events: the world changes only through the test or the API.
func Still() Rates {
	return Rates{Orders: -1, Talk: -1, Payments: -1, Users: -1, Services: -1, Progress: -1}
}

// Faster returns the default rates divided by times, which must be above 0.
func Faster(times float64) Rates {
	r := Rates{}.orDefaults()
	for _, gap := range []*time.Duration{&r.Orders, &r.Talk, &r.Payments, &r.Users, &r.Services, &r.Progress} {
		*gap = time.Duration(float64(*gap) / times)
	}
	return r
}

func (r Rates) orDefaults() Rates {
	set := func(d *time.Duration, usual time.Duration) {
		if *d == 0 {
			*d = usual
		}
	}
	set(&r.Orders, 15*time.Second)
	set(&r.Talk, 50*time.Second)
	set(&r.Payments, 60*time.Second)
	set(&r.Users, 150*time.Second)
	set(&r.Services, 10*time.Minute)
	set(&r.Progress, 45*time.Second)
	return r
}

// between returns the mean time between two arrivals of a kind.
func (r Rates) between(kind eventKind) time.Duration {
	switch kind {
	case orderArrives:
		return r.Orders
	case talkArrives:
		return r.Talk
	case paymentArrives:
		return r.Payments
	case userArrives:
		return r.Users
	}
	return r.Services
}

// eventKind is the kind of an event.
type eventKind uint8

const (
	orderArrives eventKind = iota
	talkArrives
	paymentArrives
	userArrives
	serviceChanges
	orderSteps       // id: order
	providerCancels  // id: order
	refillEnds       // id: refill task
	paymentSettles   // id: payment
	customerAnswers  // id: ticket
	panelStaffSpeaks // id: ticket
)

// startLife schedules the first arrival of each kind, and continues the open orders, payments and tickets of the
// history.
func (w *world) startLife() {
	for _, kind := range []eventKind{orderArrives, talkArrives, paymentArrives, userArrives, serviceChanges} {
		w.planArrival(kind)
	}
	for _, o := range w.orders.rows {
		w.scheduleOrder(o)
	}
	for _, p := range w.payments.rows {
		w.expectSettlement(p)
	}
	for _, t := range w.tickets.rows {
		if t.Status == TicketPending {
			w.expectPanelStaff(t)
		}
	}
}

func (w *world) happen(e event) {
	switch e.kind {
	case orderArrives, talkArrives, paymentArrives, userArrives, serviceChanges:
		w.arrive(e.kind)
		w.planArrival(e.kind)
	case orderSteps:
		w.stepOrder(w.orders.byID[e.id])
	case providerCancels:
		w.providerCancels(w.orders.byID[e.id])
	case refillEnds:
		w.endRefill(w.refills.byID(e.id))
	case paymentSettles:
		w.settlePayment(w.payments.byID[e.id])
	case customerAnswers:
		w.customerAnswers(w.tickets.byID[e.id])
	case panelStaffSpeaks:
		w.panelStaffSpeaks(w.tickets.byID[e.id])
	}
}

func (w *world) arrive(kind eventKind) {
	switch kind {
	case orderArrives:
		w.arriveOrder()
	case talkArrives:
		w.arriveTalk()
	case paymentArrives:
		w.arrivePayment(w.customer())
	case userArrives:
		u := w.newUser(pick(w, w.profile.languages))
		u.ID, u.Created, u.LastAuth = w.next.user(), w.stamp(), w.stamp()
		w.keepUser(u)
	case serviceChanges:
		w.changeService(pick(w, w.services.rows))
	}
}

func (w *world) planArrival(kind eventKind) {
	mean := w.rates.between(kind)
	if mean > 0 {
		w.in(int64(float64(w.around(mean))/w.rhythm(w.now/1000)), kind, 0)
	}
}

// rhythm returns the activity at an hour of the panel's day: 1 on average, lowest before dawn, highest in the
// evening.
func (w *world) rhythm(unix int64) float64 {
	hours := [24]float64{
		0.95, 0.80, 0.70, 0.65, 0.60, 0.60, 0.65, 0.75, 0.85, 0.95, 1.00, 1.05,
		1.10, 1.10, 1.10, 1.10, 1.15, 1.20, 1.25, 1.35, 1.40, 1.40, 1.25, 1.05,
	}
	return hours[time.Unix(unix, 0).In(w.zone).Hour()]
}

// changeService changes a service's rate, or sometimes its limit.
func (w *world) changeService(s *Service) {
	if w.chance(0.2) {
		s.Max = max(s.Max/2, s.Min)
		return
	}
	before := s.Rate
	s.Rate = max(s.Rate.share(w.between(85, 120), 100), Unit/1000)
	s.Cost = s.Cost.share(int64(s.Rate), int64(before))
}
