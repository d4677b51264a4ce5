package panel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"masterpanel/jobs/panel"
)

// fuzzAnswer lets the fuzzer choose a panel's answer to a call. For every answer, the call must end with a result or
// with an *Error of a known class.
func fuzzAnswer(f *testing.F, seeds []string, call do) {
	for _, s := range seeds {
		f.Add(200, []byte(s))
		f.Add(404, []byte(s))
	}
	for _, s := range []string{``, `<html>`, `{"data":[],"error_message":"Page not found.","error_code":100}`, `{"error":"Incorrect request"}`, `[`, `{"data":`, `null`} {
		f.Add(200, []byte(s))
		f.Add(503, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		// The loopback address allows writes. The transport dials no connection.
		c := client(t, "http://127.0.0.1:1", func(cfg *panel.Config) {
			cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
			})
		})
		err := call(t.Context(), c)
		if err == nil {
			if status < 200 || status > 299 {
				t.Errorf("%d %q is a success", status, body)
			}
			return
		}
		e := asError(t, err)
		if !knownClass(e.Class) || e.Sentence() == "" || len([]rune(e.Words)) > 300 {
			t.Errorf("%d %q: %v", status, body, err)
		}
	})
}

func knownClass(class error) bool {
	for _, known := range []error{panel.ErrKey, panel.ErrLimited, panel.ErrGone, panel.ErrRefused, panel.ErrDown, panel.ErrShape} {
		if errors.Is(class, known) {
			return true
		}
	}
	return false
}

// all makes several calls and returns the first error.
func all(calls ...do) do {
	return func(ctx context.Context, c *panel.Client) error {
		var first error
		for _, call := range calls {
			if err := call(ctx, c); err != nil && first == nil {
				first = err
			}
		}
		return first
	}
}

func FuzzDecodeLists(f *testing.F) {
	r := everyRead()
	fuzzAnswer(f, []string{
		ok(`{"count":1,"list":[` + orderSample + `]}`), ok(`{"count":1,"list":[` + pulledSample + `]}`), ok(`{"list":[` + ticketSample + `]}`), ok(emptyList),
		`{"data":{"count":"1","list":[{"id":"1","balance":{"value":1e5},"custom_rates":[{}]}],"pagination":{"limit":1}},"error_code":null}`,
		ok(`[{"payment_id":31,"user":{"username":"customer1","balance":{"value":"9"}},"amount":5,"discount":{"formatted":"5%"}}]`),
	}, all(r["orders"], r["users"], r["payments"], r["tickets"]))
}

func FuzzDecodeOrder(f *testing.F) {
	fuzzAnswer(f, []string{ok(orderSample), ok(pulledSample), ok(`{"id":1,"actions":[]}`)}, everyRead()["order"])
}

func FuzzDecodeTicket(f *testing.F) {
	fuzzAnswer(f, []string{ok(ticketSample), ok(`{"id":1,"messages":[]}`)}, everyRead()["ticket"])
}

func FuzzDecodeUserAPI(f *testing.F) {
	r, w := everyRead(), everyWrite()
	fuzzAnswer(f, []string{
		`[{"service":1,"name":"Followers","type":"Default","rate":"0.90","min":"50","max":"10000","refill":true}]`,
		`{"charge":"0.27819","start_count":"3572","status":"Partial","remains":"157","currency":"USD"}`,
		`{"1":{"status":"Partial"},"10":{"error":"Incorrect order ID"}}`, `{"balance":"100.84292","currency":"USD"}`,
		`[{"order":1,"refill":1},{"order":3,"refill":{"error":"Incorrect order ID"}}]`, `[{"refill":1,"status":"Completed"}]`,
		`[{"order":9,"cancel":{"error":"Incorrect order ID"}},{"order":1,"cancel":1}]`, `{"refill":"1"}`, `{"status":"Completed"}`,
	}, all(r["services"], r["status"], r["statuses"], r["refill status"], r["refill statuses"], r["balance"],
		w["user api refill"], w["user api refills"], w["user api cancel"]))
}

func FuzzDecodeWrites(f *testing.F) {
	var calls []do
	for name, call := range everyWrite() {
		if name != "user api refill" && name != "user api refills" && name != "user api cancel" {
			calls = append(calls, call)
		}
	}
	fuzzAnswer(f, []string{
		ok(`{"ids":[1],"status":"completed","skipped_ids":[2]}`), ok(`{"ids":"1,2"}`), ok(`[]`), ok(`{"ticket_id":255}`),
		ok(`{"orders":[{"id":1,"success":true},{"id":2,"success":false,"message":"Remains update is not allowed","error_code":1}]}`),
		ok(`{"payment_id":1,"user":{"username":"u","balance":{"value":"1"}},"amount":{"value":"5"},"memo":"m"}`), ok(`{"list":[{"order_id":1,"remains":2}]}`),
	}, all(calls...))
}
