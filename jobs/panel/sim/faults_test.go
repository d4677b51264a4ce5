package sim

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// online serves the panel over a real connection.
func online(t testing.TB, p *Panel) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return s
}

// fetch sends one request over the network and reads the whole answer.
func fetch(ctx context.Context, s *httptest.Server, method, path, body string) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.URL+adminBase+path, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("X-Api-Key", adminKey)
	r.Header.Set("Accept-Encoding", "identity")
	client := *s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp, raw, err
}

func TestFaultsThatAnswerInsteadOfThePanel(t *testing.T) {
	p := New(quiet(20))
	s := online(t, p)
	for _, c := range []struct {
		fault  Fault
		status int
		body   string
	}{
		{Fault{Kind: CloudflareHTML403}, 403, "<!DOCTYPE html>"},
		{Fault{Kind: CloudflareHTML503}, 503, "<!DOCTYPE html>"},
		{Fault{Kind: HTML502}, 502, "502 Bad Gateway"},
		{Fault{Kind: JSON500}, 500, `{"data":[],"error_message":`},
		{Fault{Kind: Unauthorized}, 401, `{"data":[],"error_message":`},
		{Fault{Kind: Garbage}, 200, "<oops"},
		{Fault{Kind: EmptyBody}, 200, ""},
		{Fault{Kind: TooManyRequests, RetryAfter: 3 * time.Second}, 429, `"error_code":103`},
		{Fault{Kind: Redirect, Location: "https://elsewhere.example/"}, 302, ""},
	} {
		c.fault.Count = 1
		p.Fail(c.fault)
		resp, raw, err := fetch(t.Context(), s, "GET", "/orders", "")
		if err != nil || resp.StatusCode != c.status || !strings.Contains(string(raw), c.body) {
			t.Errorf("fault %d: got %v %s %v, want %d %s", c.fault.Kind, resp, raw, err, c.status, c.body)
			continue
		}
		if got := resp.Header.Get("Retry-After"); c.fault.RetryAfter > 0 && got != "3" {
			t.Errorf("Retry-After: got %q", got)
		}
		if got := resp.Header.Get("Location"); got != c.fault.Location {
			t.Errorf("Location: got %q", got)
		}
		if resp, _, err := fetch(t.Context(), s, "GET", "/orders", ""); err != nil || resp.StatusCode != 200 {
			t.Errorf("after fault %d: got %v %v", c.fault.Kind, resp, err)
		}
	}
}

func TestAnswersThatAreNoObject(t *testing.T) {
	p := New(quiet(1))
	p.Fail(Fault{Kind: NotAnObject})
	seen := map[string]bool{}
	for range 6 {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("GET", adminBase+"/orders", nil))
		if !json.Valid(w.Body.Bytes()) || strings.HasPrefix(w.Body.String(), "{") {
			t.Errorf("got %s", w.Body)
		}
		seen[w.Body.String()] = true
	}
	if len(seen) != 6 {
		t.Errorf("got %v, want six kinds", seen)
	}
}

func TestADroppedConnectionAppliesOnlyWhatItSays(t *testing.T) {
	p := New(quiet(0))
	s := online(t, p)
	id := p.OpenTicket("customer1", "Other", "hi")
	path := fmt.Sprintf("/tickets/%d/reply", id)
	for _, c := range []struct {
		kind     FaultKind
		messages int
	}{{DropConnection, 1}, {ApplyThenDrop, 2}} {
		p.Fail(Fault{Kind: c.kind, Method: "POST", Path: "/adminapi/v2/tickets", Count: 1})
		if resp, _, err := fetch(t.Context(), s, "POST", path, `{"staff_name":"k","message":"m"}`); err == nil {
			t.Errorf("fault %d: got an answer %v", c.kind, resp)
		}
		if tk, _ := p.Ticket(id); len(tk.Messages) != c.messages {
			t.Errorf("fault %d: got %d messages, want %d", c.kind, len(tk.Messages), c.messages)
		}
	}
	if calls := p.Calls(); len(calls) != 2 || calls[0].Status != 0 || calls[1].Status != 0 {
		t.Errorf("got calls %+v", calls)
	}
}

func TestAHangEndsWithTheCaller(t *testing.T) {
	for kind, messages := range map[FaultKind]int{Hang: 1, ApplyThenHang: 2} {
		synctest.Test(t, func(t *testing.T) {
			p := New(quiet(0))
			id := p.OpenTicket("customer1", "Other", "hi")
			p.Fail(Fault{Kind: kind})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			r := httptest.NewRequestWithContext(ctx, "POST", fmt.Sprintf("%s/tickets/%d/reply", adminBase, id), strings.NewReader(`{"staff_name":"k","message":"m"}`))
			r.Header.Set("X-Api-Key", adminKey)
			began := time.Now()
			aborted(t, func() { p.ServeHTTP(httptest.NewRecorder(), r) })
			if took := time.Since(began); took != 30*time.Second {
				t.Errorf("fault %d: hung for %v", kind, took)
			}
			if tk, _ := p.Ticket(id); len(tk.Messages) != messages {
				t.Errorf("fault %d: got %d messages, want %d", kind, len(tk.Messages), messages)
			}
		})
	}
}

// aborted checks that the handler ends the connection.
func aborted(t testing.TB, serve func()) {
	t.Helper()
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("got %v, want the connection aborted", err)
		}
	}()
	serve()
}

func TestHalfAnAnswer(t *testing.T) {
	p := New(quiet(20))
	s := online(t, p)
	p.Fail(Fault{Kind: TruncatedJSON, Count: 1})
	_, raw, err := fetch(t.Context(), s, "GET", "/orders", "")
	if err != nil || json.Valid(raw) || !strings.HasPrefix(string(raw), `{"data":`) {
		t.Errorf("truncated: got %d bytes, %v", len(raw), err)
	}
	p.Fail(Fault{Kind: CutOff, Count: 1})
	if _, raw, err := fetch(t.Context(), s, "GET", "/orders", ""); err == nil {
		t.Errorf("cut off: got %d bytes and no error", len(raw))
	}
}

func TestASlowBodyArrivesByteByByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(quiet(0))
		p.Fail(Fault{Kind: SlowBody, Delay: 2 * time.Second})
		began := time.Now()
		got := ask(t, p, "/orders", nil)
		if want := time.Duration(len(got.raw)) * 2 * time.Second; time.Since(began) != want || got.status != 200 {
			t.Errorf("%d bytes took %v, want %v", len(got.raw), time.Since(began), want)
		}
	})
}

func TestFloodsAreAsLargeAsAsked(t *testing.T) {
	p := New(quiet(0))
	for _, kind := range []FaultKind{GzipBomb, HugeBody} {
		p.Heal()
		p.Fail(Fault{Kind: kind, Size: 8 << 20})
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("GET", adminBase+"/orders", nil))
		var body io.Reader = w.Body
		sent := w.Body.Len()
		if kind == GzipBomb {
			unpacked, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = unpacked
			if sent > 64<<10 {
				t.Errorf("the bomb has %d bytes on the wire", sent)
			}
		}
		n, err := io.Copy(io.Discard, body)
		if err != nil || n < 8<<20 {
			t.Errorf("fault %d: got %d bytes, %v", kind, n, err)
		}
	}
}

func TestPoisonSpoilsTwoRecordsAndLeavesTheRest(t *testing.T) {
	p := New(quiet(0))
	for range 5 {
		p.AddOrder(OrderSpec{User: "customer1"})
	}
	clean := listed(t, p, "/orders").List
	p.Fail(Fault{Kind: PoisonRecord, Path: "/adminapi/v2/orders"})
	got := listed(t, p, "/orders").List
	for i := range got {
		same := fmt.Sprint(got[i]) == fmt.Sprint(clean[i])
		if spoiled := i == 0 || i == 2; same == spoiled {
			t.Errorf("record %d: got %v", i, got[i])
		}
	}
	if got[0]["user"] != "customer1\x00" {
		t.Errorf("the first: got %q", got[0]["user"])
	}
	if _, wrong := got[2]["user"].(string); wrong || got[2]["id"] != clean[2]["id"] {
		t.Errorf("the middle one: got %v", got[2])
	}
	if raw := poison([]byte(`[{"service":1,"name":"a"}]`)); !bytes.Contains(raw, []byte(`"service":1`)) || bytes.Contains(raw, []byte(`"name":"a"`)) {
		t.Errorf("a bare array: got %s", raw)
	}
	if raw := poison([]byte("no JSON")); string(raw) != "no JSON" {
		t.Errorf("got %s", raw)
	}
}

func TestFaultsMatchByMethodPathCountAndChance(t *testing.T) {
	p := New(quiet(0))
	p.AddUser(UserSpec{Username: "customer1"})
	p.Fail(Fault{Kind: JSON500, Method: "POST", Path: "/adminapi/v2/payments", Count: 2})
	pay := object{"username": "customer1", "amount": 1, "method": "Bonus"}
	var got []int
	for range 3 {
		got = append(got, ask(t, p, "/payments", nil).status, ask(t, p, "/payments/add", pay).status)
	}
	if fmt.Sprint(got) != "[200 500 200 500 200 200]" {
		t.Errorf("got %v", got)
	}
	p.Fail(Fault{Kind: JSON500, Chance: 0.1})
	failed := 0
	for range 1000 {
		if ask(t, p, "/users", nil).status == 500 {
			failed++
		}
	}
	if failed < 60 || failed > 150 {
		t.Errorf("%d of 1000 failed, want about 100", failed)
	}
	p.Heal()
	if got := ask(t, p, "/users", nil); got.status != 200 {
		t.Errorf("after Heal: got %d", got.status)
	}
}
