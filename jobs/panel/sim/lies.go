package sim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// emptySuccesses lists successful answers that name no object.
var emptySuccesses = []string{
	`{"data":{"count":0,"list":[]},"error_message":"","error_code":0}`, `{"data":{},"error_message":"","error_code":0}`, `{"data":[],"error_message":"","error_code":0}`,
}

// foreignSuccess is a successful answer to any write, about objects that no call wrote to.
const foreignSuccess = `{"data":{"payment_id":987654321,"ticket_id":987654321,"id":987654321,"order_id":987654321,"username":"somebody.else",
"email":"somebody.else@example.com","user":{"username":"somebody.else"},"amount":{"value":"777.00","currency_code":"USD"},"memo":"MPAAAAAAAAAA",
"ids":[987654321],"skipped_ids":[],"orders":[{"id":987654321,"success":true}]},"error_message":"","error_code":0}`

// lie answers a write with success, whether or not the write was applied, and with content that does not confirm it.
func (p *Panel) lie(w http.ResponseWriter, r *http.Request, f Fault) {
	switch f.Kind {
	case ApplyThenEmpty, ApplyThenForeign:
		p.answer(r)
	case SuccessWithoutEffect:
		p.send(w, r, p.pretend(r))
		return
	case LandLate:
		p.keepLate(r, f.Delay)
		p.drop(w, r)
		return
	}
	body := foreignSuccess
	if f.Kind == EmptySuccess || f.Kind == ApplyThenEmpty {
		body = p.faults.turnOf(emptySuccesses)
	}
	p.send(w, r, jsonAnswer(http.StatusOK, []byte(body)))
}

// turnOf returns one of the bodies, in turn.
func (l *faults) turnOf(bodies []string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bodies[l.taken%len(bodies)]
}

// pretend returns the answer to a write without applying the write. Only the next id changes.
func (p *Panel) pretend(r *http.Request) answer {
	route, id := splitID(strings.TrimPrefix(r.URL.Path, adminBase))
	c, err := readCall(r, id)
	if err != nil {
		return refused(p.currentVariants(), err)
	}
	out := &wire{v: p.currentVariants()}
	p.touch(func(w *world) {
		out.zone, out.currency = w.zone, w.currency
		out.b = append(out.b, `{"data":`...)
		out.open('{')
		w.pretend(route, c, out)
		out.close('}')
	})
	out.finish()
	return jsonAnswer(http.StatusOK, out.b)
}

func (w *world) pretend(route string, c *call, out *wire) {
	switch route {
	case "/payments/add":
		amount, _ := parseMoney(c.body.text("amount"))
		w.writeReceipt(out, Payment{ID: w.next.payment(), User: c.body.text("username"), Amount: amount, Memo: c.body.text("memo")})
	case "/users/add":
		out.int("id", w.next.user())
		out.text("username", c.body.text("username"))
	case "/tickets/add":
		out.int("ticket_id", w.next.ticket())
	case "/tickets/{id}/reply":
		out.int("ticket_id", c.id)
	case "/orders/{id}/set-partial", "/orders/{id}/edit-link":
		out.int("id", c.id)
	case "/orders/update":
		out.array("orders", func() { w.pretendUpdates(c, out) })
	default:
		out.ints("ids", c.body.ids("ids"))
		out.ints("skipped_ids", nil)
	}
}

func (w *world) pretendUpdates(c *call, out *wire) {
	var items []fields
	if json.Unmarshal(c.body["orders"], &items) != nil {
		return
	}
	for _, item := range items {
		id, _ := item.int("id")
		out.open('{')
		out.int("id", id)
		out.flag("success", true)
		out.close('}')
	}
}

// late is a write that arrived and is applied later.
type late struct {
	at   time.Time
	call *http.Request
	body []byte
}

type lateWrites struct {
	mu   sync.Mutex
	list []late
}

func (p *Panel) keepLate(r *http.Request, after time.Duration) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return // the request did not arrive
	}
	r.Body = io.NopCloser(bytes.NewReader(nil))
	p.late.mu.Lock()
	defer p.late.mu.Unlock()
	p.late.list = append(p.late.list, late{p.wall().Add(after), r.Clone(r.Context()), body})
}

// Land applies the late writes that are due. Each call to the panel does this first.
func (p *Panel) Land() {
	now := p.wall()
	p.late.mu.Lock()
	var due []late
	rest := p.late.list[:0]
	for _, l := range p.late.list {
		if l.at.After(now) {
			rest = append(rest, l)
		} else {
			due = append(due, l)
		}
	}
	p.late.list = rest
	p.late.mu.Unlock()
	for _, l := range due {
		l.call.Body = io.NopCloser(bytes.NewReader(l.body))
		p.answer(l.call)
	}
}

// Late returns how many late writes are not applied yet.
func (p *Panel) Late() int {
	p.late.mu.Lock()
	defer p.late.mu.Unlock()
	return len(p.late.list)
}
