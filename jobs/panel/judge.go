package panel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const maxAfter = 24 * time.Hour

// answer is what a panel sent back, before anybody judged it.
type answer struct {
	status int
	header http.Header
	body   []byte // empty if it was longer than MaxBody
	tooBig bool
	noRoom bool   // tooBig for the budget at this time, not for MaxBody
	head   []byte // the beginning of one that was too large
}

// json returns the body if it is valid JSON, and notes its parts. A byte order mark is
// allowed: PHP files saved by some editors begin with one.
func (a answer) json(into *parts) (json.RawMessage, error) {
	body := bytes.TrimSpace(bytes.TrimPrefix(a.body, []byte("\xef\xbb\xbf")))
	switch {
	case a.noRoom:
		return nil, errNoRoom
	case a.tooBig:
		return nil, fmt.Errorf("it is larger than %d MiB", MaxBody>>20)
	case len(body) == 0:
		return nil, errors.New("it is empty")
	case a.webPage():
		return nil, errors.New("it is a web page")
	case !validInto(body, into):
		return nil, errNotJSON
	}
	return body, nil
}

// object returns the members of the body if it is a JSON object, and the parts of its data.
func (a answer) object() (fields map[string]json.RawMessage, data *parts, err error) {
	all := answerParts()
	body, err := a.json(all)
	if err != nil {
		return nil, nil, err
	}
	fields, err = all.members(body)
	return fields, all.inner, err
}

// webPage says whether the answer is HTML, whatever it calls itself.
func (a answer) webPage() bool {
	return bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
}

func (a answer) redirect() bool { return a.status >= 300 && a.status < 400 }

// verdict is what the reader of one of the two APIs found in a body.
type verdict struct {
	object bool   // the body is a JSON object
	code   int64  // the panel's error code
	failed bool   // the body says that it is an error, without a code
	words  string // the panel's words
	badKey bool   // the words speak of the key
	fault  error  // why the body cannot be used
}

// judge returns nil for a good answer and otherwise the *Error that it means.
func (c *Client) judge(r request, a answer, v verdict) error {
	class := classify(r, a, v)
	if class == nil {
		return nil
	}
	text := v.words
	if text == "" || !v.object || a.redirect() {
		text = a.describe(v.fault)
	}
	return &Error{Op: r.op, Class: class, Status: a.status, Code: v.code, Words: c.words(text), After: retryAfter(a.header), Sent: true,
		TooBig: a.tooBig && class == ErrShape, NoRoom: a.noRoom, FirstID: firstID(a.head)}
}

// classify orders the rules of the wire: what the status alone decides, what a body
// that is no JSON object means, and last what the object says.
func classify(r request, a answer, v verdict) error {
	switch {
	case a.status == http.StatusTooManyRequests:
		return ErrLimited
	case a.status >= 500:
		return ErrDown
	case a.redirect():
		return ErrShape
	case !v.object && a.status == http.StatusUnauthorized && !a.webPage():
		return ErrKey
	case !v.object && (a.status == http.StatusUnauthorized || a.status == http.StatusForbidden):
		return ErrDown // a challenge of a CDN, not the panel
	case !v.object:
		return ErrShape
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || v.badKey:
		return ErrKey
	case (a.status == http.StatusNotFound || v.code == codeNotFound) && r.one:
		return ErrGone
	case a.status >= 400 || v.code != 0 || v.failed:
		return ErrRefused
	case v.fault != nil || a.status < 200:
		return ErrShape
	}
	return nil
}

// describe says in our words what came instead of an answer.
func (a answer) describe(fault error) string {
	if a.redirect() {
		return "it redirects" + redirectHost(a.header) + ", which is not followed: set the address that it leads to"
	}
	if a.webPage() {
		by := ""
		if strings.EqualFold(a.header.Get("Server"), "cloudflare") || a.header.Get("Cf-Ray") != "" {
			by = " by Cloudflare"
		}
		return "answered with a web page" + by + " instead of data"
	}
	if fault != nil {
		return "what it answered cannot be used: " + fault.Error()
	}
	return ""
}

// redirectHost names where a redirect leads, without path and query.
func redirectHost(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return " to " + cut(u.Hostname(), 100)
}

// retryAfter reads seconds, or a date, which is compared with the answer's own Date:
// the panel's clock, not ours, is what it was written by.
func retryAfter(h http.Header) time.Duration {
	s := h.Get("Retry-After")
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		return min(max(time.Duration(n)*time.Second, 0), maxAfter)
	}
	until, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), maxAfter)
}
