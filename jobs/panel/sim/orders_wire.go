package sim

import (
	"cmp"
	"slices"
)

// writeOrder writes the fields of a list row.
func (w *world) writeOrder(out *wire, o *Order) {
	s := w.services.byID[o.ServiceID]
	out.int("id", o.ID)
	out.textOrNull("external_id", o.ExternalID)
	out.text("user", o.User)
	out.text("creation_type", o.CreationType)
	out.money("charge", o.Charge)
	w.writeCosts(out, o, s)
	out.text("link", o.Link)
	out.array("order_buttons", func() { writeComments(out, o) })
	out.intOrNull("start_count", o.StartCount)
	out.int("quantity", o.Quantity)
	out.int("service_id", o.ServiceID)
	out.text("service_type", s.wireType())
	out.text("service_name", s.Name)
	w.writeProvider(out, s)
	out.text("status", o.Status)
	out.int("remains", o.Remains)
	out.flag("is_autocomplete", false)
	out.flag("is_active_autocomplete", false)
	out.when("created", o.Created)
	out.text("mode", s.Mode())
	out.textOrNull("ip_address", o.IP)
}

func (w *world) writeCosts(out *wire, o *Order, s *Service) {
	if s.Provider == "" {
		out.null("provider_charge")
		out.null("provider_currency_charge")
		return
	}
	out.money("provider_charge", o.Cost)
	out.moneyIn("provider_currency_charge", o.Cost.share(100, w.profile.perDollar), "USD")
}

func (w *world) writeProvider(out *wire, s *Service) {
	if s.Provider == "" && out.v.ProviderNA {
		out.text("provider", "N/A")
		return
	}
	out.textOrNull("provider", s.Provider)
}

func writeComments(out *wire, o *Order) {
	if len(o.Comments) == 0 {
		return
	}
	out.open('{')
	out.text("title", "Comments")
	out.text("service_type", "custom_comments")
	out.text("type", "comments")
	out.array("user_data", func() {
		for _, line := range o.Comments {
			out.quoted(line)
		}
	})
	out.close('}')
}

// showOrder is GET /orders/{id}: the row, the last update, the provider's response and the allowed actions.
func (w *world) showOrder(c *call, out *wire) error {
	o := w.orders.byID[c.id]
	if o == nil {
		return notFound()
	}
	out.open('{')
	w.writeOrder(out, o)
	out.when("last_update", o.Updated)
	out.textOrNull("provider_response", w.providerResponse(o))
	out.object("actions", func() { w.writeActions(out, o) })
	out.close('}')
	return nil
}

func (w *world) providerResponse(o *Order) string {
	switch {
	case o.Status == Failed:
		return `{"error":"neworder.error.not_enough_funds"}`
	case o.ExternalID != "":
		return `{"order":` + o.ExternalID + `}`
	}
	return ""
}

// writeActions writes the keys that public clients have seen; RichActions adds the keys of the panel's own screen.
func (w *world) writeActions(out *wire, o *Order) {
	out.flag("refill", w.canRefill(o))
	out.flag("resend", canResend(o))
	out.flag("cancel_and_refund", canCancel(o))
	out.flag("request_cancel", w.canRequestCancel(o))
	if !out.v.RichActions {
		return
	}
	out.flag("edit", canEditLink(o))
	out.flag("set_start_count", !o.Refunded())
	out.flag("set_remains", !o.Refunded() && o.Status != Pending)
	out.flag("set_partial", canSetPartial(o))
	out.flag("see_provider", o.ExternalID != "")
	out.array("change_status", func() {
		if !o.Refunded() {
			out.quoted("inprogress")
			out.quoted("processing")
			out.quoted("completed")
		}
	})
}

// orderFilter holds the filters of GET /orders. A misspelt parameter, such as status, has no effect.
type orderFilter struct {
	ids, services                            []int64
	external                                 []string
	user, status, mode, source, provider, ip string
	link                                     string
	from, to                                 int64
}

// listOrders is GET /orders.
func (w *world) listOrders(c *call, out *wire) error {
	f := orderFilter{to: farFuture}
	if !out.v.IgnoreFilters {
		f = readOrderFilter(c)
	}
	rows := w.orders.window(f.from, f.to)
	keep := w.orderMatcher(f)
	if f.ids != nil {
		inWindow := keep
		rows = w.orders.some(f.ids)
		keep = func(o *Order) bool {
			return o.Created >= f.from && o.Created <= f.to && (inWindow == nil || inWindow(o))
		}
	}
	pg := readPage(c, out.v)
	rows, total := cut(rows, keep, c.query.Get("sort") != "date-asc", pg)
	withUpdate := c.query.Get("include") == "last_update"
	list(out, pg, rows, total, func(out *wire, o *Order) {
		w.writeOrder(out, o)
		if withUpdate {
			out.when("last_update", o.Updated)
		}
	})
	return nil
}

func readOrderFilter(c *call) orderFilter {
	q := c.query
	return orderFilter{
		ids: idFilter(q, "ids"), services: idFilter(q, "service_ids"), external: textFilter(q, "external_order_ids"),
		user: q.Get("user"), status: q.Get("order_status"), mode: q.Get("mode"), source: q.Get("creation_type"),
		provider: q.Get("provider"), ip: q.Get("ip_address"), link: q.Get("link"),
		from: unixFilter(q, "created_from", 0), to: unixFilter(q, "created_to", farFuture),
	}
}

// orderMatcher returns a function that checks the filters, or nil if the request has none besides the creation window
// and ids.
func (w *world) orderMatcher(f orderFilter) func(*Order) bool {
	if f.services == nil && f.external == nil && cmp.Or(f.user, f.status, f.mode, f.source, f.provider, f.ip, f.link) == "" {
		return nil
	}
	fits := func(want, have string) bool { return want == "" || want == have }
	return func(o *Order) bool {
		return fits(f.status, o.Status) && fits(f.user, o.User) && fits(f.source, o.CreationType) &&
			fits(f.link, o.Link) && fits(f.ip, o.IP) &&
			(f.services == nil || slices.Contains(f.services, o.ServiceID)) &&
			(f.external == nil || slices.Contains(f.external, o.ExternalID)) &&
			w.serviceFits(o, f)
	}
}

func (w *world) serviceFits(o *Order, f orderFilter) bool {
	if f.mode == "" && f.provider == "" {
		return true
	}
	s := w.services.byID[o.ServiceID]
	return (f.mode == "" || f.mode == s.Mode()) && (f.provider == "" || f.provider == s.Provider)
}
