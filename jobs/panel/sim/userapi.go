package sim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// form holds the fields of a User API call.
type form struct{ url.Values }

// userRefusal is an error of the User API: {"error": text}, HTTP 200.
type userRefusal string

func (r userRefusal) Error() string { return string(r) }

// maxUserIDs is how many ids one call about several may hold.
const maxUserIDs = 100

// answerUser is POST /api/v2. Only the form in the body counts: a key in the query string is ignored.
func (p *Panel) answerUser(r *http.Request) answer {
	v := p.currentVariants()
	if v.LimitUserAPI && !p.limiter.allow(p.wall()) {
		return limitedAnswer(v)
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	if r.Method != http.MethodPost || r.ParseForm() != nil {
		return userError(http.StatusOK, "Incorrect request")
	}
	f := form{r.PostForm}
	if !sameKey(f.Get("key"), p.currentServicesKey()) {
		if v.UserAPI401 {
			return userError(http.StatusUnauthorized, "Invalid API key")
		}
		return userError(http.StatusOK, "Incorrect API key")
	}
	action, ok := p.userActions[f.Get("action")]
	if !ok {
		return userError(http.StatusOK, "Incorrect request")
	}
	return p.runUser(action, f, v)
}

func (p *Panel) runUser(action userAction, f form, v Variants) answer {
	out := &wire{v: v}
	enter := p.look
	if action.writes {
		enter = p.touch
	}
	var err error
	enter(func(w *world) { err = action.run(w, f, out) })
	if err != nil {
		return userError(http.StatusOK, err.Error())
	}
	out.trim()
	return jsonAnswer(http.StatusOK, out.b)
}

func userError(status int, message string) answer {
	out := &wire{}
	out.b = append(out.b, `{"error":`...)
	out.quoted(message)
	out.trim()
	return jsonAnswer(status, append(out.b, '}'))
}

func (p *Panel) currentServicesKey() string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.servicesKey
}

// owned returns the order with that id if it belongs to the key's owner. It returns nil for an unknown id and for
// another customer's order.
func (w *world) owned(id string) *Order {
	n, _ := strconv.ParseInt(strings.TrimSpace(id), 10, 64)
	o := w.orders.byID[n]
	if o == nil || o.User != w.owner().Username {
		return nil
	}
	return o
}

// many returns the ids of a call about several.
func (f form) many(name string) ([]string, error) {
	list := strings.Split(f.Get(name), ",")
	if len(list) > maxUserIDs {
		return nil, userRefusal("Incorrect request")
	}
	return list, nil
}

// userServices is action=services: rates, minima and maxima are strings; the rates are the owner's prices.
func (w *world) userServices(_ form, out *wire) error {
	owner := w.owner()
	out.open('[')
	for _, s := range w.services.rows {
		out.open('{')
		out.int("service", s.ID)
		out.text("name", s.Name)
		out.text("type", s.Type)
		out.text("category", s.Category)
		out.text("rate", s.rateFor(owner).String())
		out.text("min", strconv.FormatInt(s.Min, 10))
		out.text("max", strconv.FormatInt(s.Max, 10))
		out.flag("refill", s.Refill)
		out.flag("cancel", s.Cancel)
		out.close('}')
	}
	out.close(']')
	return nil
}

// userBalance is action=balance.
func (w *world) userBalance(_ form, out *wire) error {
	out.open('{')
	out.text("balance", w.owner().Balance.String())
	out.text("currency", w.currency)
	out.close('}')
	return nil
}

// userStatus is action=status, with order or orders.
func (w *world) userStatus(f form, out *wire) error {
	if !f.Has("orders") {
		o := w.owned(f.Get("order"))
		if o == nil {
			return userRefusal(incorrectOrder)
		}
		w.writeUserStatus(out, o)
		return nil
	}
	ids, err := f.many("orders")
	if err != nil {
		return err
	}
	out.open('{')
	for _, id := range ids {
		out.quotedKey(strings.TrimSpace(id))
		if o := w.owned(id); o != nil {
			w.writeUserStatus(out, o)
			continue
		}
		out.open('{')
		out.text("error", incorrectOrder)
		out.close('}')
	}
	out.close('}')
	return nil
}

const incorrectOrder = "Incorrect order ID"

func (w *world) writeUserStatus(out *wire, o *Order) {
	start := int64(0)
	if o.StartCount != nil {
		start = *o.StartCount
	}
	out.open('{')
	out.text("charge", o.Charge.String())
	out.text("start_count", strconv.FormatInt(start, 10))
	out.text("status", statusWord(o.Status))
	out.text("remains", strconv.FormatInt(o.Remains, 10))
	out.text("currency", w.currency)
	out.close('}')
}

// statusWord returns the word that a customer sees. Customers do not see failures of a provider, so such an order
// looks pending.
func statusWord(status string) string {
	switch status {
	case InProgress:
		return "In progress"
	case Errored, Failed:
		return "Pending"
	}
	return strings.ToUpper(status[:1]) + status[1:]
}
