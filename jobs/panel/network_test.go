package panel_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/jobs/panel"
)

// cutOff sends raw bytes and closes the connection.
func cutOff(w http.ResponseWriter, raw string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, raw)
	_ = conn.Close()
}

func TestAWriteIsNeverSentTwice(t *testing.T) {
	for name, call := range everyWrite() {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(w, ok(`[]`))
					return
				}
				cutOff(w, "")
			})
			c := client(t, s.URL)
			if _, err := c.Tickets(t.Context(), panel.TicketQuery{}); err != nil { // leaves a kept connection behind
				t.Fatal(err)
			}
			e := asError(t, call(t.Context(), c))
			if n := len(s.calls()) - 1; n != 1 {
				t.Errorf("the panel received it %d times", n)
			}
			if e.Class != panel.ErrDown || !e.Sent || e.Status != 0 {
				t.Errorf("got %v, sent %v, want ErrDown, sent", e, e.Sent)
			}
		})
	}
}

func TestWritesTakeAConnectionOfTheirOwn(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, ok(`[]`))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := client(t, s.URL)
	for range 3 {
		if _, err := c.Tickets(t.Context(), panel.TicketQuery{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("three reads opened %d connections, want 1", n)
	}
	for range 3 {
		if err := c.EditLink(t.Context(), 1, "x"); !errors.Is(err, panel.ErrShape) { // the answer is a list, which does not name the order
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 4 {
		t.Errorf("three writes after it opened %d connections, want 3", n-1)
	}
}

func TestAnAnswerThatBreaksOffMayHaveBeenApplied(t *testing.T) {
	for _, raw := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"data\":",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"dat",
		"HTTP/1.1 200 O",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nnogz.",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10) + "\r\n\r\n",
	} {
		s := newShop(t, func(w http.ResponseWriter, _ *http.Request) { cutOff(w, raw) })
		err := client(t, s.URL).Reply(t.Context(), 255, "huseyin", "hello")
		if e := asError(t, err); e.Class != panel.ErrDown || !e.Sent {
			t.Errorf("%.60q: %v, sent %v, want ErrDown, sent", raw, err, e.Sent)
		}
	}
}

func TestWhatNeverLeftWasNotSent(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	plain := answering(t, http.StatusOK, "")
	tests := []struct{ name, base, words string }{
		{"refused", "http://" + closed.Addr().String(), "it refuses connections"},
		{"untrusted certificate", untrusted.URL, "its certificate is not valid"},
		{"no https", strings.Replace(plain.URL, "http://", "https://", 1), "it does not speak https on this port"},
	}
	for _, tt := range tests {
		err := client(t, tt.base).Reply(t.Context(), 1, "a", "b")
		if e := asError(t, err); e.Class != panel.ErrDown || e.Sent || e.Words != tt.words {
			t.Errorf("%s: %v, sent %v, want ErrDown, not sent: %s", tt.name, err, e.Sent, tt.words)
		}
	}
	_, err = client(t, "https://does-not-exist.invalid").Orders(t.Context(), panel.OrderQuery{})
	if e := asError(t, err); e.Class != panel.ErrDown || e.Sent || !strings.HasPrefix(e.Words, "its name") {
		t.Errorf("a name that does not exist: %v, sent %v, want ErrDown, not sent", err, e.Sent)
	}
}

// waiting returns a shop that sends a beginning and then stalls until the client disconnects.
func waiting(t testing.TB, beginning string) *shop {
	return newShop(t, func(w http.ResponseWriter, r *http.Request) {
		if beginning != "" {
			_, _ = io.WriteString(w, beginning)
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
}

func TestTimeoutsAreNamed(t *testing.T) {
	for _, beginning := range []string{"", " ", `{"data":`} {
		s := waiting(t, beginning)
		c := client(t, s.URL, func(cfg *panel.Config) { cfg.Timeout = 40 * time.Millisecond })
		err := c.Reply(t.Context(), 1, "a", "b")
		e := asError(t, err)
		if e.Class != panel.ErrDown || !e.Sent || e.Words != "no answer within 40ms" || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %q: %v, sent %v, want ErrDown within 40ms", beginning, err, e.Sent)
		}
	}
}

func TestTheCallersContextEndsACall(t *testing.T) {
	s := waiting(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
	defer cancel()
	err := client(t, s.URL).Reply(ctx, 1, "a", "b")
	if e := asError(t, err); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, panel.ErrDown) || !e.Sent {
		t.Errorf("got %v, want DeadlineExceeded, sent", err)
	}
	err = client(t, s.URL).Reply(ctx, 1, "a", "b")
	if e := asError(t, err); e.Sent {
		t.Errorf("got %v, sent, want a call that was not made", err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	err = client(t, s.URL).Reply(gone, 1, "a", "b")
	if e := asError(t, err); !errors.Is(err, context.Canceled) || e.Sent || e.Sentence() != "The call stopped before the panel answered: the call was cancelled" {
		t.Errorf("got %v, %q", err, e.Sentence())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		other := answering(t, http.StatusOK, ok(`[]`))
		s := newShop(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/adminapi/v2/orders?x=1", status)
		})
		c := client(t, s.URL)
		for name, err := range map[string]error{
			"read":     drop(c.Orders(t.Context(), panel.OrderQuery{})),
			"write":    drop(c.AddPayment(t.Context(), payment("5"))),
			"user api": drop(c.Services(t.Context())),
		} {
			e := asError(t, err)
			if e.Class != panel.ErrShape || e.Status != status || !e.Sent || !strings.HasPrefix(e.Words, "it redirects to 127.0.0.1, ") {
				t.Errorf("%d, %s: %v, want ErrShape that names the host", status, name, err)
			}
		}
		if n := len(other.calls()); n != 0 {
			t.Errorf("%d: %d requests followed it", status, n)
		}
	}
}

func TestBodiesAreCutOffAfterDecompression(t *testing.T) {
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		blanks := strings.Repeat(" ", 1<<20)
		for range 64 {
			if _, err := io.WriteString(z, blanks); err != nil {
				return // the client stopped reading
			}
		}
		_, _ = io.WriteString(z, ok(`[]`))
		_ = z.Close()
	})
	_, err := client(t, s.URL).Orders(t.Context(), panel.OrderQuery{})
	if e := asError(t, err); e.Class != panel.ErrShape || e.Words != "the answer cannot be used: it is larger than 16 MiB" {
		t.Errorf("got %v, want ErrShape", err)
	}
}

func TestAnEndlessBodyIsNotReadToItsEnd(t *testing.T) {
	sent := make(chan int, 1)
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk, total := []byte(strings.Repeat(" ", 64<<10)), 0
		for total < 20*panel.MaxBody {
			n, err := w.Write(chunk)
			if total += n; err != nil {
				break
			}
		}
		sent <- total
	})
	_, err := client(t, s.URL).Orders(t.Context(), panel.OrderQuery{})
	if e := asError(t, err); e.Class != panel.ErrShape {
		t.Errorf("got %v, want ErrShape", err)
	}
	if got := <-sent; got > 4*panel.MaxBody { // the limit leaves room for data in socket buffers
		t.Errorf("the client took %d MiB", got>>20)
	}
}

func TestCompressedAnswersAreRead(t *testing.T) {
	s := newShop(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("Accept-Encoding %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, ok(`{"count":1,"list":[`+orderSample+`]}`))
		_ = z.Close()
	})
	p, err := decoded(client(t, s.URL).Orders(t.Context(), panel.OrderQuery{}))
	if err != nil || len(p.Items) != 1 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestABodyOfTheLargestSizeIsRead(t *testing.T) {
	body := ok(`[]`)
	s := answering(t, http.StatusOK, strings.Repeat(" ", panel.MaxBody-len(body))+body)
	if _, err := client(t, s.URL).Orders(t.Context(), panel.OrderQuery{}); err != nil {
		t.Error(err)
	}
}

func TestErrorsPrintTheCallAndTheWords(t *testing.T) {
	s := answering(t, http.StatusForbidden, `{"data":[],"error_message":"No","error_code":3}`)
	_, err := client(t, s.URL).Order(t.Context(), 12)
	if got, want := fmt.Sprint(err), "GET /orders/12: key refused (403) code 3: No"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
