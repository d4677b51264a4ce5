package panel

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"syscall"
)

// MaxBody is how much of an answer is read at most, in bytes after decompression.
const MaxBody = 16 << 20

// request is one call, as the method of an endpoint describes it.
type request struct {
	op     string // for errors and the log: "GET /orders"
	method string
	path   string // appended to the base URL
	query  url.Values
	body   []byte
	form   bool  // body is a form of the User API, otherwise JSON
	write  bool  // changes data on the panel
	one    bool  // names one object, so that a 404 means that this object is missing
	err    error // the body could not be built, or the call is invalid
}

func get(path string, q url.Values) request {
	return request{op: "GET " + path, method: http.MethodGet, path: adminPath + path, query: q}
}

func post(path string, body any) request {
	b, err := json.Marshal(body)
	return request{op: "POST " + path, method: http.MethodPost, path: adminPath + path, body: b, write: true, err: err}
}

// about marks a request as one about a single object.
func (r request) about(id int64) request {
	r.one = true
	if id <= 0 && r.err == nil {
		r.err = fmt.Errorf("%d is not an id", id)
	}
	return r
}

// exchange sends a request once and reads the answer. It uses the RoundTripper directly, not an http.Client: a client
// would follow a redirect with a key in its header, and wrap errors in a text that shows the URL.
func (c *Client) exchange(ctx context.Context, r request) (answer, error) {
	if r.err != nil {
		return answer{}, c.notMade(r, ErrRefused, r.err.Error())
	}
	if r.write && !c.mayWrite {
		return answer{}, c.notMade(r, ErrRefused, "a test may write to this machine only")
	}
	if err := ctx.Err(); err != nil {
		return answer{}, c.lost(ctx, r, 0, err, false)
	}
	limited, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	var sent sentTrace
	req, err := c.build(httptrace.WithClientTrace(limited, sent.hooks()), r)
	if err != nil {
		return answer{}, c.notMade(r, ErrRefused, "the call could not be built")
	}
	transport := c.reads
	if req.Close {
		transport = c.writes
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return answer{}, c.lost(ctx, r, 0, timedOut(limited, err), sent.maybe())
	}
	defer func() { _ = res.Body.Close() }()
	hold, done := c.holdOf(ctx)
	defer done()
	body, tooBig, err := readBody(limited, res, hold)
	if tooBig {
		hold.Release()
		return answer{status: res.StatusCode, header: res.Header, tooBig: true, noRoom: errors.Is(err, errNoRoom), head: body}, nil
	}
	if err != nil {
		return answer{}, c.lost(ctx, r, res.StatusCode, timedOut(limited, err), true)
	}
	return answer{status: res.StatusCode, header: res.Header, body: body}, nil
}

// build makes the HTTP request. Every POST uses its own connection and has a body that cannot be rewound, so that
// net/http never sends it a second time.
func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	if r.form {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		req.Header.Set("X-Api-Key", c.adminKey)
	}
	if r.method == http.MethodPost {
		if !r.form {
			req.Header.Set("Content-Type", "application/json")
		}
		req.Body = io.NopCloser(bytes.NewReader(r.body))
		req.ContentLength = int64(len(r.body))
		req.Close = true
	}
	return req, nil
}

// sentTrace detects whether a request may have left this machine. It has not if the transport asked for a connection
// and got none.
type sentTrace struct{ asked, got atomic.Bool }

func (t *sentTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	}
}

func (t *sentTrace) maybe() bool { return t.got.Load() || !t.asked.Load() }

var errTimeout = errors.New("no answer in time")

// timedOut replaces an error that our own time limit caused.
func timedOut(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errTimeout) {
		return errTimeout
	}
	return err
}

// notMade returns the error of a call that was not sent.
func (c *Client) notMade(r request, class error, words string) error {
	return &Error{Op: r.op, Class: class, Words: c.words(words)}
}

// shape returns the error of an answer with a valid envelope and invalid content.
func (c *Client) shape(r request, status int, words string) error {
	return &Error{Op: r.op, Class: ErrShape, Status: status, Words: c.words(words), Sent: true}
}

// lost returns the error of a call without a complete answer. status is the status of an answer that broke off.
func (c *Client) lost(ctx context.Context, r request, status int, err error, sent bool) error {
	e := &Error{Op: r.op, Class: ErrDown, Status: status, Words: reason(err), Sent: sent, cause: ctx.Err()}
	switch {
	case errors.Is(e.cause, context.DeadlineExceeded):
		e.Words = "the call ran out of time"
	case e.cause != nil:
		e.Words = "the call was cancelled"
	case errors.Is(err, errTimeout):
		e.Words = fmt.Sprintf("no answer within %v", c.timeout)
	}
	return e
}

// reason translates a network error. It never passes the text of a foreign error on, because that text may contain
// data from the panel.
func reason(err error) string {
	var (
		blocked *blockedAddressError
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		host    x509.HostnameError
		record  tls.RecordHeaderError
		network net.Error
	)
	switch {
	case errors.As(err, &blocked):
		return blocked.Error()
	case errors.As(err, &dns) && dns.IsNotFound:
		return "its name does not exist"
	case errors.As(err, &dns):
		return "its name could not be looked up"
	case errors.As(err, &cert) || errors.As(err, &host):
		return "its certificate is not valid"
	case errors.As(err, &record):
		return "it does not speak https on this port"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refuses connections"
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return "it closed the connection before its answer was complete"
	case errors.As(err, &network) && network.Timeout():
		return "no connection or answer in time"
	}
	return "the connection failed"
}
