package sim

import (
	"math"
	"strconv"
	"strings"
)

// customer returns a random customer; busy customers are more likely.
func (w *world) customer() *User { return w.crowd[w.skewed(len(w.crowd), 2.6)] }

// wantedService returns a random service; popular services are more likely. Popularity is a fixed shuffle of the
// catalogue: multiplication by a large prime separates neighbours and reaches every service.
func (w *world) wantedService() *Service {
	const prime = 9973
	n := len(w.services.rows)
	return w.services.rows[w.skewed(n, 1.8)*prime%n]
}

// draftOrder makes a random order of a customer, without an id or a history, and not yet stored.
func (w *world) draftOrder(u *User, s *Service, created int64) *Order {
	o := &Order{
		User: u.Username, CreationType: w.source(u), Link: w.link(u, s.shape), ServiceID: s.ID,
		Quantity: w.quantity(s), Status: Pending, IP: w.address(), Created: created, Updated: created,
	}
	if s.Type == typeComments {
		o.Comments = w.comments(o.Quantity)
	}
	w.price(o, u, s)
	return o
}

// price sets the fields that depend on the quantity.
func (w *world) price(o *Order, u *User, s *Service) {
	o.Remains = o.Quantity
	o.Charge = s.price(s.rateFor(u), o.Quantity)
	o.Cost = s.price(s.Cost, o.Quantity)
}

// source returns a random origin of an order. The owner, a reseller, always uses the API.
func (w *world) source(u *User) string {
	if u == w.owner() || w.chance(0.35) {
		return "api"
	}
	return pick(w, []string{"new_order_form", "new_order_form", "new_order_form", "new_order_form", "new_order_form", "mass_order", "mass_order", "drip_feed", "subscription"})
}

// quantity returns a random round number; small ones are more likely.
func (w *world) quantity(s *Service) int64 {
	low := float64(s.Min)
	high := math.Min(float64(s.Max), math.Max(low*200, 20_000))
	if s.Type == typeComments {
		high = math.Min(high, 40)
	}
	n := low * math.Pow(high/low, math.Pow(w.rng.Float64(), 1.3))
	step := math.Pow(10, math.Floor(math.Log10(math.Max(n, 1)))) / 2
	if n > 100 {
		n = math.Round(n/step) * step
	}
	return min(max(int64(n), s.Min), s.Max)
}

func (w *world) comments(n int64) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = pick(w, texts().in("en", "comments"))
	}
	return lines
}

// fileOrder gives a drafted order its id, stores it, charges the customer and schedules its next step.
func (w *world) fileOrder(o *Order) {
	if o.ID == 0 {
		o.ID = w.next.order()
	}
	w.next.orders = max(w.next.orders, o.ID)
	o.Updated = max(o.Updated, o.Created)
	w.orders.add(o)
	w.charge(o)
	w.scheduleOrder(o)
}

// accept simulates a provider that accepts an order and gives it a number.
func (w *world) accept(o *Order) {
	if o.ExternalID == "" && !w.isManual(o) {
		o.ExternalID = strconv.FormatInt(w.between(10_000_000, 989_999_999), 10)
	}
}

// count sets the start count.
func (w *world) count(o *Order) {
	if o.StartCount == nil {
		n := int64(math.Exp(w.rng.Float64() * 12))
		o.StartCount = &n
	}
}

// draftPayment makes a random payment of a customer.
func (w *world) draftPayment(u *User, amount Money, created int64) *Payment {
	method := w.profile.methods[w.skewed(len(w.profile.methods), 1.5)]
	p := &Payment{
		User: u.Username, Amount: amount, Method: method, Status: PaymentCompleted, Memo: w.memo(method),
		Risk: "low", Manual: byHand(method), Created: created, Updated: created + w.between(3, 900),
	}
	if w.chance(0.06) {
		p.Risk = pick(w, []string{"medium", "medium", "high"})
	}
	return p
}

// byHand reports whether staff add the payments of a method manually.
func byHand(method string) bool { return method == "Bonus" || method == "Bank Transfer" }

// memo returns a payment's reference: sometimes a hostile text or a repeated one.
func (w *world) memo(method string) string {
	if w.chance(1.0 / 70) {
		return expand(w.hostile("memo"), nil)
	}
	return w.orAgain("memo "+method, 0.015, func() string { return w.reference(method) })
}

// reference returns a random reference in the style of its method.
func (w *world) reference(method string) string {
	var b strings.Builder
	switch method {
	case "Cryptomus", "Binance Pay":
		b.WriteString("0x")
		w.letters(&b, "0123456789abcdef", 64)
	case "Stripe":
		b.WriteString("pi_3")
		w.letters(&b, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 23)
	case "Bonus":
		b.WriteString(pick(w, []string{"5% deposit bonus", "compensation", "welcome bonus", ""}))
	case "Bank Transfer":
		b.WriteString("TR" + strconv.FormatInt(w.between(1e9, 9e9), 10))
	default:
		w.letters(&b, "0123456789", 10)
	}
	return b.String()
}

// deposit returns a random round amount in the panel's currency; common amounts are more likely.
func (w *world) deposit() Money {
	dollars := []int64{5, 10, 10, 15, 20, 20, 25, 30, 50, 50, 75, 100, 100, 150, 200, 300, 500}
	return roundUp(Money(pick(w, dollars)) * Unit * Money(w.profile.perDollar) / 100)
}

// roundUp returns the next amount that a person would type.
func roundUp(m Money) Money {
	step := Unit
	for step*50 <= m {
		step *= 10
	}
	return max((m+step-1)/step*step, Unit)
}
