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

// answer is the panel's answer before it is classified.
type answer struct {
	status int
	header http.Header
	body   []byte // empty if the answer was too large
	tooBig bool
	noRoom bool   // the budget was full; the size compared with MaxBody is unknown
	head   []byte // the beginning of an answer that was too large
}

// json returns the body if it is valid JSON, and records its parts. It allows a byte order mark, because PHP files
// saved by some editors begin with one.
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

// webPage reports whether the body is HTML, regardless of its content type.
func (a answer) webPage() bool {
	return bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
}

func (a answer) redirect() bool { return a.status >= 300 && a.status < 400 }

// verdict is the result of reading a body of one of the two APIs.
type verdict struct {
	object bool   // the body is a JSON object
	code   int64  // the panel's error code
	failed bool   // the body reports an error without a code
	words  string // the panel's words
	badKey bool   // the words mention the key
	fault  error  // why the body is unusable
}

// judge returns nil for a successful answer, otherwise the matching *Error.
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

// classify applies the rules of the protocol in order: first the status alone, then a body that is not a JSON object,
// and last the content of the object.
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

// describe describes an unusable answer in our words.
func (a answer) describe(fault error) string {
	if a.redirect() {
		return "it redirects" + redirectHost(a.header) + ", but Masterpanel does not follow redirects: enter the new address in the panel's settings"
	}
	if a.webPage() {
		by := ""
		if strings.EqualFold(a.header.Get("Server"), "cloudflare") || a.header.Get("Cf-Ray") != "" {
			by = " by Cloudflare"
		}
		return "answered with a web page" + by + " instead of data"
	}
	if fault != nil {
		return "the answer cannot be used: " + fault.Error()
	}
	return ""
}

// redirectHost returns the host that a redirect leads to, without path and query.
func redirectHost(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return " to " + cut(u.Hostname(), 100)
}

// retryAfter reads Retry-After as seconds or as a date. It compares a date with the answer's own Date header, because
// the panel's clock wrote both.
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
