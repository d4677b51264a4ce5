package sim

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// adminBase is the path of the Admin API on a panel's domain.
const adminBase = "/adminapi/v2"

// Error codes of the envelope. Only 100 is publicly documented; the others exist only in this simulator.
const (
	codeNotFound = 100 // unknown route or object
	codeInvalid  = 101
	codeKey      = 102
	codeLimit    = 103
)

// refusal is an error that the panel returns to the caller.
type refusal struct {
	status, code int
	message      string
}

func (r refusal) Error() string { return r.message }

func notFound() error { return refusal{http.StatusNotFound, codeNotFound, "Page not found."} }

func invalid(message string) error { return refusal{http.StatusBadRequest, codeInvalid, message} }

// answer is a complete response, kept in memory so that a fault can change it.
type answer struct {
	status      int
	contentType string
	body        []byte
}

func (a answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	w.Write(a.body)
}

func jsonAnswer(status int, body []byte) answer { return answer{status, "application/json", body} }

// htmlAnswer returns the response of a proxy in front of the panel.
func htmlAnswer(status int, page string) answer {
	return answer{status, "text/html; charset=UTF-8", []byte(page)}
}

// answer returns a healthy panel's response to a request. If the request is a write, answer has applied it when it
// returns.
func (p *Panel) answer(r *http.Request) answer {
	if r.URL.Path == "/api/v2" {
		return p.answerUser(r)
	}
	v := p.currentVariants()
	if !p.limiter.allow(p.wall()) {
		return limitedAnswer(v)
	}
	path, ok := strings.CutPrefix(r.URL.Path, adminBase)
	if !ok {
		return refused(v, notFound())
	}
	if !sameKey(r.Header.Get("X-Api-Key"), p.currentKey()) {
		return refused(v, refusal{http.StatusUnauthorized, codeKey, "Unauthorized."})
	}
	route, id := splitID(path)
	e, ok := p.adminRoutes[r.Method+" "+route]
	if !ok {
		return refused(v, notFound())
	}
	c, err := readCall(r, id)
	if err != nil {
		return refused(v, err)
	}
	return p.run(e, c, v)
}

func (p *Panel) run(e endpoint, c *call, v Variants) answer {
	out := &wire{v: v}
	enter := p.look
	if e.writes {
		enter = p.touch
	}
	var err error
	enter(func(w *world) {
		out.zone, out.currency = w.zone, w.currency
		out.b = append(out.b, `{"data":`...)
		err = e.run(w, c, out)
	})
	if err != nil {
		return refused(v, err)
	}
	out.finish()
	return jsonAnswer(http.StatusOK, out.b)
}

// finish closes a successful envelope.
func (w *wire) finish() {
	if w.page != nil && !w.v.PaginationInData && !w.v.NoPagination {
		w.page.write(w)
	}
	switch {
	case w.v.NoSuccessCodes:
	case w.v.NullSuccessCodes:
		w.null("error_message")
		w.null("error_code")
	default:
		w.text("error_message", "")
		w.b = append(w.b, `"error_code":0,`...)
	}
	w.trim()
	w.b = append(w.b, '}')
}

// refused returns the envelope of an error; its data is an empty list.
func refused(v Variants, err error) answer {
	no := refusal{http.StatusInternalServerError, codeInvalid, "Internal error."}
	errors.As(err, &no)
	status := no.status
	if v.Errors200 && (status == http.StatusNotFound || status == http.StatusBadRequest) {
		status = http.StatusOK
	}
	out := &wire{}
	out.b = append(out.b, `{"data":[],`...)
	out.text("error_message", no.message)
	out.int("error_code", int64(no.code))
	out.trim()
	return jsonAnswer(status, append(out.b, '}'))
}

func limitedAnswer(v Variants) answer {
	if v.HTML429 {
		return htmlAnswer(http.StatusTooManyRequests, page429)
	}
	return refused(v, refusal{http.StatusTooManyRequests, codeLimit, "Too many requests."})
}

// sameKey compares two keys in constant time. It returns false if no key is set.
func sameKey(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// splitID replaces the one numeric segment of a path by {id}. It keeps a doubled slash or prefix, so that such a path
// matches no route.
func splitID(path string) (route string, id int64) {
	parts := strings.Split(path, "/")
	if len(parts) < 3 {
		return path, 0
	}
	n, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || n < 0 {
		return path, 0
	}
	parts[2] = "{id}"
	return strings.Join(parts, "/"), n
}

func (p *Panel) currentVariants() Variants {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.variants
}

func (p *Panel) currentKey() string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.adminKey
}
