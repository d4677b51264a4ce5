package sim

import (
	"encoding/json"
	"slices"
)

// pullAge is the greatest age, in seconds, at which a pull returns a pending order.
const pullAge = 90 * 24 * 60 * 60

// pullOrders is POST /orders/pull: pending manual orders, oldest first, each returned once. The rows say "pending",
// as in a captured reply, although the orders are processing afterwards.
func (w *world) pullOrders(c *call, out *wire) error {
	services := c.body.ids("service_ids")
	var taken []*Order
	for _, o := range w.orders.window(w.stamp()-pullAge, farFuture) {
		if len(taken) == c.body.limit() {
			break
		}
		if o.Status == Pending && w.isManual(o) && (len(services) == 0 || slices.Contains(services, o.ServiceID)) {
			taken = append(taken, o)
		}
	}
	out.open('{')
	out.int("count", int64(len(taken)))
	out.array("list", func() {
		for _, o := range taken {
			out.open('{')
			w.writeOrder(out, o)
			out.close('}')
			w.setStatus(o, Processing)
		}
	})
	out.close('}')
	return nil
}

func (w *world) isManual(o *Order) bool { return w.services.byID[o.ServiceID].Provider == "" }

// updateOrders is POST /orders/update. It applies each item separately and always answers 200.
func (w *world) updateOrders(c *call, out *wire) error {
	var items []fields
	if json.Unmarshal(c.body["orders"], &items) != nil {
		return invalid("Orders is required.")
	}
	textName := "message"
	if out.v.UpdateErrorMessage {
		textName = "error_message"
	}
	out.open('{')
	out.array("orders", func() {
		for _, item := range items {
			id, _ := item.int("id")
			no, failed := w.updateOrder(item)
			out.open('{')
			out.int("id", id)
			out.flag("success", !failed)
			if failed {
				out.text(textName, no.message)
				out.int("error_code", int64(no.code))
			}
			out.close('}')
		}
	})
	out.close('}')
	return nil
}

// updateOrder applies all of one item or nothing.
func (w *world) updateOrder(item fields) (no refusal, failed bool) {
	id, _ := item.int("id")
	o := w.orders.byID[id]
	if o == nil {
		return refusal{code: codeNotFound, message: "Order not found"}, true
	}
	status := item.text("status")
	remains, hasRemains := item.int("remains")
	if message := o.updateProblem(status, remains, hasRemains); message != "" {
		return refusal{code: codeInvalid, message: message}, true
	}
	if n, ok := item.int("start_count"); ok {
		o.StartCount = &n
	}
	if reason := item.text("cancel_reason"); reason != "" {
		o.CancelReason = reason
	}
	switch {
	case status == Partial || status == Canceled:
		w.refund(o, remains, status)
		return no, false
	case status != "":
		w.setStatus(o, status)
	}
	if hasRemains && status != Completed && status != Pending {
		o.Remains = remains
	}
	o.Updated = w.stamp()
	return no, false
}

// updateProblem returns the reason to refuse an item, or "". The remains cannot change while the order is pending or
// returns to pending.
func (o *Order) updateProblem(status string, remains int64, hasRemains bool) string {
	final := status
	if final == "" {
		final = o.Status
	}
	switch {
	case !slices.Contains([]string{"", Pending, InProgress, Processing, Completed, Partial, Canceled}, status),
		status != "" && o.Refunded():
		return "Status update is not allowed"
	case status == Partial && !hasRemains:
		return "Remains is required"
	case hasRemains && (final == Pending || o.Refunded()):
		return "Remains update is not allowed"
	case hasRemains && (remains < 0 || remains > o.Quantity):
		return "Remains is invalid"
	}
	return ""
}

// eachOrder runs a bulk action over the ids of the body and answers with ids and skipped_ids.
func (w *world) eachOrder(c *call, out *wire, status string, apply func(*Order) bool) error {
	ids := c.body.ids("ids")
	if len(ids) == 0 {
		return invalid("Ids is required.")
	}
	var done, skipped []int64
	for _, id := range ids {
		if o := w.orders.byID[id]; o != nil && apply(o) {
			done = append(done, id)
		} else {
			skipped = append(skipped, id)
		}
	}
	writeBulk(out, done, skipped, status)
	return nil
}

func writeBulk(out *wire, done, skipped []int64, status string) {
	if out.v.BothIDLists {
		done = append(slices.Clone(done), skipped...)
	}
	out.open('{')
	out.ints("ids", done)
	if status != "" {
		out.text("status", status)
	}
	out.ints("skipped_ids", skipped)
	out.close('}')
}

// changeStatus is POST /orders/change-status. It refuses canceled and partial, which have their own endpoints.
func (w *world) changeStatus(c *call, out *wire) error {
	status := c.body.text("status")
	if !slices.Contains([]string{Pending, InProgress, Processing, Completed}, status) {
		return invalid("Status is invalid.")
	}
	return w.eachOrder(c, out, status, func(o *Order) bool {
		if o.Refunded() || o.Status == status {
			return false
		}
		w.setStatus(o, status)
		return true
	})
}

// cancelOrders is POST /orders/cancel: it refunds the whole charge.
func (w *world) cancelOrders(c *call, out *wire) error {
	reason := c.body.text("cancel_reason")
	return w.eachOrder(c, out, "", func(o *Order) bool {
		if !canCancel(o) {
			return false
		}
		o.CancelReason = reason
		w.refund(o, o.Quantity, Canceled)
		return true
	})
}

// requestCancel is POST /orders/request-cancel: the provider answers later, or never.
func (w *world) requestCancel(c *call, out *wire) error {
	return w.eachOrder(c, out, "", func(o *Order) bool {
		if !w.canRequestCancel(o) {
			return false
		}
		w.askProviderToCancel(o)
		return true
	})
}

// resendOrders is POST /orders/resend: it returns failed orders to pending, so that their provider gets them again.
func (w *world) resendOrders(c *call, out *wire) error {
	return w.eachOrder(c, out, "", func(o *Order) bool {
		if !canResend(o) {
			return false
		}
		o.ExternalID = ""
		w.setStatus(o, Pending)
		return true
	})
}

// setPartial is POST /orders/{id}/set-partial: it refunds the share of the remains. The form of the reply is this
// simulator's guess.
func (w *world) setPartial(c *call, out *wire) error {
	o := w.orders.byID[c.id]
	if o == nil {
		return notFound()
	}
	remains, ok := c.body.int("remains")
	if !ok || remains < 1 || remains > o.Quantity || !canSetPartial(o) {
		return invalid("Partial is not allowed.")
	}
	w.refund(o, remains, Partial)
	out.open('{')
	out.int("id", o.ID)
	out.text("status", o.Status)
	out.int("remains", o.Remains)
	out.close('}')
	return nil
}

// editLink is POST /orders/{id}/edit-link. The form of the reply is this simulator's guess.
func (w *world) editLink(c *call, out *wire) error {
	o := w.orders.byID[c.id]
	if o == nil {
		return notFound()
	}
	link := c.body.text("link")
	if link == "" || !canEditLink(o) {
		return invalid("Link update is not allowed.")
	}
	o.Link, o.Updated = link, w.stamp()
	out.open('{')
	out.int("id", o.ID)
	out.text("link", o.Link)
	out.close('}')
	return nil
}

func canCancel(o *Order) bool     { return !o.Final() }
func canResend(o *Order) bool     { return o.Status == Failed }
func canEditLink(o *Order) bool   { return !o.Final() }
func canSetPartial(o *Order) bool { return !o.Refunded() }

func (w *world) canRefill(o *Order) bool {
	return w.services.byID[o.ServiceID].Refill && (o.Status == Completed || o.Status == Partial)
}

func (w *world) canRequestCancel(o *Order) bool {
	s := w.services.byID[o.ServiceID]
	return s.Cancel && s.Provider != "" && o.ExternalID != "" && !o.Final() && o.Status != Failed && !o.CancelRequested
}
