package panel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"masterpanel/jobs/panel"
)

const (
	adminKey    = "canary-admin-5f3a9c"
	servicesKey = "canary-services-81d2"
)

// seen is a request as a panel received it.
type seen struct {
	method, path, query, body string
	header                    http.Header
}

// shop is a panel that answers with a test's handler and records the requests.
type shop struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

func newShop(t testing.TB, handler http.HandlerFunc) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		s.mu.Lock()
		s.seen = append(s.seen, seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header})
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// answering returns a shop that gives the same answer to every request.
func answering(t testing.TB, status int, body string) *shop {
	t.Helper()
	return newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func (s *shop) calls() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// only returns the single request that the shop received.
func (s *shop) only(t testing.TB) seen {
	t.Helper()
	all := s.calls()
	if len(all) != 1 {
		t.Fatalf("the panel received %d requests, want 1", len(all))
	}
	return all[0]
}

// client returns a client for a shop. change may adjust its configuration.
func client(t testing.TB, base string, change ...func(*panel.Config)) *panel.Client {
	t.Helper()
	transport := panel.NewTransport(true)
	t.Cleanup(transport.CloseIdleConnections)
	cfg := panel.Config{BaseURL: base, AdminKey: adminKey, ServicesKey: servicesKey, AllowPrivate: true, Transport: transport}
	for _, f := range change {
		f(&cfg)
	}
	c, err := panel.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ok wraps data in the envelope of a success.
func ok(data string) string {
	return `{"data":` + data + `,"error_message":"","error_code":0}`
}

// line formats values on one line, separated by blanks.
func line(values ...any) string { return strings.TrimSpace(fmt.Sprintln(values...)) }

// do is a call whose result a test ignores.
type do func(context.Context, *panel.Client) error

func drop[T any](_ T, err error) error { return err }

// everyWrite returns each call that changes data on a panel.
func everyWrite() map[string]do {
	n := int64(5)
	return map[string]do{
		"pull orders": func(ctx context.Context, c *panel.Client) error { return drop(c.PullOrders(ctx, nil, 1)) },
		"update orders": func(ctx context.Context, c *panel.Client) error {
			return drop(c.UpdateOrders(ctx, []panel.OrderUpdate{{ID: 1, Remains: &n}}))
		},
		"change status": func(ctx context.Context, c *panel.Client) error {
			return drop(c.ChangeStatus(ctx, []int64{1}, "completed"))
		},
		"cancel":         func(ctx context.Context, c *panel.Client) error { return drop(c.Cancel(ctx, []int64{1}, "")) },
		"request cancel": func(ctx context.Context, c *panel.Client) error { return drop(c.RequestCancel(ctx, []int64{1})) },
		"resend":         func(ctx context.Context, c *panel.Client) error { return drop(c.Resend(ctx, []int64{1})) },
		"set partial":    func(ctx context.Context, c *panel.Client) error { return c.SetPartial(ctx, 1, 5) },
		"edit link":      func(ctx context.Context, c *panel.Client) error { return c.EditLink(ctx, 1, "https://x.example") },
		"pull cancels":   func(ctx context.Context, c *panel.Client) error { return drop(c.PullCancels(ctx, nil, 1)) },
		"reject cancels": func(ctx context.Context, c *panel.Client) error { return drop(c.RejectCancels(ctx, []int64{1})) },
		"pull refills":   func(ctx context.Context, c *panel.Client) error { return drop(c.PullRefills(ctx, nil, 1)) },
		"change refill status": func(ctx context.Context, c *panel.Client) error {
			return drop(c.ChangeRefillStatus(ctx, []int64{1}, "completed"))
		},
		"add payment": func(ctx context.Context, c *panel.Client) error { return drop(c.AddPayment(ctx, payment("5"))) },
		"add user": func(ctx context.Context, c *panel.Client) error {
			return drop(c.AddUser(ctx, panel.UserNew{Username: "u", Email: "u@example.com", Password: "long enough 1"}))
		},
		"reply": func(ctx context.Context, c *panel.Client) error { return c.Reply(ctx, 255, "huseyin", "hello") },
		"add ticket": func(ctx context.Context, c *panel.Client) error {
			return drop(c.AddTicket(ctx, panel.TicketNew{Username: "u", Subject: "s", Message: "m"}))
		},
		"user api refill":  func(ctx context.Context, c *panel.Client) error { return drop(c.Refill(ctx, 1)) },
		"user api refills": func(ctx context.Context, c *panel.Client) error { return drop(c.Refills(ctx, []int64{1})) },
		"user api cancel":  func(ctx context.Context, c *panel.Client) error { return drop(c.CancelOrders(ctx, []int64{1})) },
	}
}

// everyRead returns each call that only reads.
func everyRead() map[string]do {
	return map[string]do{
		"orders": func(ctx context.Context, c *panel.Client) error {
			return drop(decoded(c.Orders(ctx, panel.OrderQuery{User: "secret-user"})))
		},
		"order": func(ctx context.Context, c *panel.Client) error { return drop(c.Order(ctx, 1)) },
		"tickets": func(ctx context.Context, c *panel.Client) error {
			return drop(decoded(c.Tickets(ctx, panel.TicketQuery{})))
		},
		"ticket": func(ctx context.Context, c *panel.Client) error { return drop(c.Ticket(ctx, 1)) },
		"users": func(ctx context.Context, c *panel.Client) error {
			return drop(decoded(c.Users(ctx, panel.UserQuery{})))
		},
		"payments": func(ctx context.Context, c *panel.Client) error {
			return drop(decoded(c.Payments(ctx, panel.PaymentQuery{})))
		},
		"services":        func(ctx context.Context, c *panel.Client) error { return drop(decoded(c.Services(ctx))) },
		"status":          func(ctx context.Context, c *panel.Client) error { return drop(c.Status(ctx, 1)) },
		"statuses":        func(ctx context.Context, c *panel.Client) error { return drop(c.Statuses(ctx, []int64{1})) },
		"refill status":   func(ctx context.Context, c *panel.Client) error { return drop(c.RefillStatus(ctx, 1)) },
		"refill statuses": func(ctx context.Context, c *panel.Client) error { return drop(c.RefillStatuses(ctx, []int64{1})) },
		"balance":         func(ctx context.Context, c *panel.Client) error { return drop(c.Balance(ctx)) },
	}
}

// whole is a page with all its records decoded.
type whole[T any] struct {
	panel.Page[T]
	Items []T
	Bad   []panel.BadRecord
}

// decoded decodes the page that a call returned.
func decoded[T any](p panel.Page[T], err error) (whole[T], error) {
	if err != nil {
		return whole[T]{}, err
	}
	if ids := p.IDs(); len(ids) != len(p.Records) {
		panic("as many ids as records")
	}
	items, bad := p.All()
	return whole[T]{p, items, bad}, nil
}
