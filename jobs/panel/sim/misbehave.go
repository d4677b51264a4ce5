package sim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	page403 = `<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1><noscript>Enable JavaScript and cookies to continue</noscript></body></html>`
	page429 = `<!DOCTYPE html><html><head><title>429 Too Many Requests</title></head><body><center><h1>429 Too Many Requests</h1></center><hr><center>nginx</center></body></html>`
	page502 = `<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>`
)

// misbehave answers a call as the fault requires, or not at all.
func (p *Panel) misbehave(w http.ResponseWriter, r *http.Request, f Fault) {
	if a, ok := p.standIn(f); ok {
		if f.Kind == Redirect {
			w.Header().Set("Location", f.Location)
		}
		if f.Kind == TooManyRequests && f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
		}
		p.send(w, r, a)
		return
	}
	switch f.Kind {
	case GzipBomb, HugeBody:
		p.record(r, http.StatusOK)
		flood(w, f)
	case Hang:
		p.hang(r)
	case DropConnection:
		p.drop(w, r)
	case ApplyThenHang:
		p.answer(r)
		p.hang(r)
	case ApplyThenDrop:
		p.answer(r)
		p.drop(w, r)
	case EmptySuccess, ApplyThenEmpty, ForeignSuccess, ApplyThenForeign, SuccessWithoutEffect, LandLate:
		p.lie(w, r, f)
	default:
		p.spoil(w, r, f)
	}
}

// standIn returns the answer that replaces the panel's.
func (p *Panel) standIn(f Fault) (a answer, ok bool) {
	switch f.Kind {
	case CloudflareHTML403:
		return htmlAnswer(http.StatusForbidden, page403), true
	case CloudflareHTML503:
		return htmlAnswer(http.StatusServiceUnavailable, page403), true
	case HTML502:
		return htmlAnswer(http.StatusBadGateway, page502), true
	case JSON500:
		return refused(Variants{}, refusal{http.StatusInternalServerError, codeInvalid, "Internal server error."}), true
	case Unauthorized:
		return refused(Variants{}, refusal{http.StatusUnauthorized, codeKey, "Unauthorized."}), true
	case Garbage:
		return jsonAnswer(http.StatusOK, []byte("\xff\xfe{\"data\":\x00\x01 <oops")), true
	case EmptyBody:
		return jsonAnswer(http.StatusOK, nil), true
	case NotAnObject:
		return jsonAnswer(http.StatusOK, p.faults.otherJSON()), true
	case TooManyRequests:
		return limitedAnswer(p.currentVariants()), true
	case Redirect:
		return htmlAnswer(http.StatusFound, ""), true
	}
	return a, false
}

// otherJSON returns JSON values that are not objects, one per call in turn.
func (l *faults) otherJSON() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	values := []string{`[]`, `"ok"`, `17`, `true`, `null`, `[{"id":1}]`}
	return []byte(values[l.taken%len(values)])
}

// hang gives no answer until the caller closes the connection. It reads the body first, because net/http notices a
// closed connection only then.
func (p *Panel) hang(r *http.Request) {
	p.record(r, 0)
	_, _ = io.Copy(io.Discard, r.Body) // an error means that the caller has closed the connection already
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// drop ends the connection without an answer.
func (p *Panel) drop(w http.ResponseWriter, r *http.Request) {
	p.record(r, 0)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // the connection is shared, as in HTTP/2: the server ends the stream
		panic(http.ErrAbortHandler)
	}
	conn.Close()
}

// spoil takes the panel's answer and damages it.
func (p *Panel) spoil(w http.ResponseWriter, r *http.Request, f Fault) {
	if f.Kind == EndlessList {
		p.send(w, r, p.endless(r))
		return
	}
	a := p.answer(r)
	half := len(a.body) / 2
	switch f.Kind {
	case PoisonRecord:
		a.body = poison(a.body)
		p.send(w, r, a)
	case HalfBad:
		a.body = halfBad(a.body)
		p.send(w, r, a)
	case TruncatedJSON:
		a.body = a.body[:half]
		p.send(w, r, a)
	case CutOff:
		p.record(r, a.status)
		startBody(w, a)
		w.Write(a.body[:half])
		panic(http.ErrAbortHandler)
	case SlowBody:
		p.record(r, a.status)
		startBody(w, a)
		trickle(w, r, a.body, f.Delay)
	}
}

func startBody(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
}

func trickle(w http.ResponseWriter, r *http.Request, body []byte, delay time.Duration) {
	out := http.NewResponseController(w)
	for i := range body {
		select {
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		case <-time.After(delay):
		}
		w.Write(body[i : i+1])
		if out.Flush() != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// flood writes an envelope without an end, until f.Size bytes are sent or the caller closes the connection.
func flood(w http.ResponseWriter, f Fault) {
	w.Header().Set("Content-Type", "application/json")
	begin, chunk := []byte(`{"data":{"count":1,"list":[{"id":1,"link":"`), bytes.Repeat([]byte("a"), 1<<20)
	size := int64(len(chunk))
	if f.Kind == GzipBomb { // a gzip body may consist of several members, so one is compressed and sent repeatedly
		w.Header().Set("Content-Encoding", "gzip")
		begin, chunk = packed(begin), packed(chunk)
	}
	_, err := w.Write(begin)
	for sent := int64(0); sent < f.Size && err == nil; sent += size {
		_, err = w.Write(chunk)
	}
}

func packed(text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(text)
	w.Close()
	return out.Bytes()
}
