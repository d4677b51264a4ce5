package sim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	adminKey    = "admin-key"
	servicesKey = "services-key"
)

var start = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// quiet returns the options of a panel without a rate limit and without automatic events.
func quiet(orders int) Options {
	return Options{Seed: 7, Name: "quiet", AdminKey: adminKey, ServicesKey: servicesKey, Orders: orders, Start: start, RateLimit: -1, Rates: Still()}
}

// alive returns the options of a panel without a rate limit that runs at the default speed.
func alive(orders int) Options {
	o := quiet(orders)
	o.Rates = Rates{}
	return o
}

// reply is a parsed answer of the Admin API.
type reply struct {
	status       int
	raw          string
	Data         json.RawMessage `json:"data"`
	Pagination   map[string]any  `json:"pagination"`
	ErrorMessage any             `json:"error_message"`
	ErrorCode    any             `json:"error_code"`
}

type rows struct {
	Count int              `json:"count"`
	List  []map[string]any `json:"list"`
}

// ask sends one request directly to the panel. A nil body means GET.
func ask(t testing.TB, p *Panel, path string, body any) reply {
	t.Helper()
	method, sent := http.MethodGet, ""
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		method, sent = http.MethodPost, string(raw)
	}
	return serve(t, p, method, adminBase+path, adminKey, sent)
}

func serve(t testing.TB, p *Panel, method, path, key, body string) reply {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Api-Key", key)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	got := reply{status: w.Code, raw: w.Body.String()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, got.raw)
		}
	}
	return got
}

// listed requests a list and reads its rows.
func listed(t testing.TB, p *Panel, path string) rows {
	t.Helper()
	return into[rows](t, ask(t, p, path, nil))
}

// into reads the data of a successful answer.
func into[T any](t testing.TB, got reply) (data T) {
	t.Helper()
	if got.status != http.StatusOK {
		t.Fatalf("got status %d: %s", got.status, got.raw)
	}
	if err := json.Unmarshal(got.Data, &data); err != nil {
		t.Fatalf("%v in %s", err, got.raw)
	}
	return data
}

// refusedWith checks an error's status, envelope and code.
func refusedWith(t testing.TB, got reply, status, code int) {
	t.Helper()
	if got.status != status || string(got.Data) != "[]" || got.ErrorCode != float64(code) || got.ErrorMessage == "" {
		t.Errorf("got %d %s, want %d with data [] and code %d", got.status, got.raw, status, code)
	}
}

// userCall sends one User API call and returns the body.
func userCall(t testing.TB, p *Panel, action string, pairs ...string) string {
	t.Helper()
	f := url.Values{"key": {servicesKey}, "action": {action}}
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "/api/v2", strings.NewReader(f.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if !json.Valid(w.Body.Bytes()) {
		t.Fatalf("%s: not JSON: %s", action, w.Body)
	}
	return w.Body.String()
}

// ids returns the ids of listed rows, in order.
func ids(list []map[string]any) []int64 {
	got := make([]int64, len(list))
	for i, row := range list {
		got[i] = int64(row["id"].(float64))
	}
	return got
}

func ptr[T any](v T) *T { return &v }

// fingerprint returns all data of a panel as text.
func fingerprint(t testing.TB, p *Panel) string {
	t.Helper()
	raw, err := json.Marshal([]any{p.Orders(), p.Users(), p.Payments(), p.Tickets(), p.Services(), p.Refills(), p.Cancels()})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
