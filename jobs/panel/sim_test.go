package panel_test

import (
	"context"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/jobs/panel/sim"
)

// newWorld serves a simulated panel without a rate limit.
func newWorld(t testing.TB, v sim.Variants) (*sim.Panel, *panel.Client) {
	t.Helper()
	p := sim.New(sim.Options{Seed: 7, Name: "one", AdminKey: adminKey, ServicesKey: servicesKey, Orders: 300, RateLimit: -1,
		Start: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Rates: sim.Still(), Variants: v})
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return p, client(t, s.URL)
}

// walk reads a list to its end and returns the number of its items.
func walk[T any](t testing.TB, fetch func(limit, offset int) (panel.Page[T], error)) (n int) {
	t.Helper()
	for more := true; more; {
		p, err := decoded(fetch(50, n))
		if err != nil || len(p.Bad) > 0 {
			t.Fatalf("%v, bad records %+v", err, p.Bad)
		}
		n, more = n+len(p.Items), p.More
	}
	return n
}

// TestEveryListIsReadWholeInEveryVariant turns on each variant of the simulated panel alone, and compares the
// client's results with the panel's own data.
func TestEveryListIsReadWholeInEveryVariant(t *testing.T) {
	variants := reflect.TypeFor[sim.Variants]()
	for i := range variants.NumField() {
		t.Run(variants.Field(i).Name, func(t *testing.T) {
			var v sim.Variants
			reflect.ValueOf(&v).Elem().Field(i).SetBool(true)
			p, c := newWorld(t, v)
			ctx := t.Context()
			got := line(
				walk(t, func(limit, offset int) (panel.Page[panel.Order], error) {
					return c.Orders(ctx, panel.OrderQuery{Ascending: true, Limit: limit, Offset: offset})
				}),
				walk(t, func(limit, offset int) (panel.Page[panel.User], error) {
					return c.Users(ctx, panel.UserQuery{Limit: limit, Offset: offset})
				}),
				walk(t, func(limit, offset int) (panel.Page[panel.Payment], error) {
					return c.Payments(ctx, panel.PaymentQuery{Limit: limit, Offset: offset})
				}),
				walk(t, func(limit, offset int) (panel.Page[panel.Ticket], error) {
					return c.Tickets(ctx, panel.TicketQuery{Limit: limit, Offset: offset})
				}),
				walk(t, func(_, _ int) (panel.Page[panel.Service], error) { return c.Services(ctx) }))
			if want := line(len(p.Orders()), len(p.Users()), len(p.Payments()), len(p.Tickets()), len(p.Services())); got != want {
				t.Errorf("read %s, want %s", got, want)
			}
		})
	}
}

func TestWritesArriveOnTheSimulatedPanel(t *testing.T) {
	p, c := newWorld(t, sim.Variants{})
	ctx := t.Context()
	ticket, user := p.Tickets()[0], p.Users()[0]

	before := len(ticket.Messages)
	if err := c.Reply(ctx, ticket.ID, "huseyin", "on its way"); err != nil {
		t.Fatal(err)
	}
	d, err := c.Ticket(ctx, ticket.ID)
	if err != nil || len(d.Messages) != before+1 || d.Messages[before].SenderName != "huseyin" || !d.Messages[before].IsStaff {
		t.Errorf("got %+v, %v, want the reply at the end", d.Messages, err)
	}

	payments := len(p.Payments())
	m := payment("0.10")
	m.Username, m.Method = user.Username, p.Methods()[0]
	receipt, err := c.AddPayment(ctx, m)
	if err != nil || receipt.ID == 0 || receipt.Amount.Amount.String() != "0.1" || len(p.Payments()) != payments+1 {
		t.Errorf("got %+v, %v", receipt, err)
	}

	const unknown = 999_999_999
	id := p.AddOrder(sim.OrderSpec{User: user.Username, Mode: sim.Manual})
	res, err := c.ChangeStatus(ctx, []int64{id, unknown}, "completed")
	if o, _ := p.Order(id); err != nil || o.Status != sim.Completed || line(res) != line(panel.BulkResult{Done: []int64{id}, Skipped: []int64{unknown}}) {
		t.Errorf("got %+v, %v, order %s", res, err, o.Status)
	}
}

func TestAPoisonedPageIsReadWhole(t *testing.T) {
	p, c := newWorld(t, sim.Variants{})
	p.Fail(sim.Fault{Kind: sim.PoisonRecord})
	page, err := decoded(c.Orders(t.Context(), panel.OrderQuery{Limit: 10}))
	if err != nil || len(page.Bad) != 0 || len(page.Items) != 10 || !page.More {
		t.Errorf("%d items, %d bad, %v, want 10 and 0", len(page.Items), len(page.Bad), err)
	}
}

func TestFaultsOfTheSimulatedPanelHaveMeanings(t *testing.T) {
	tests := []struct {
		kind  sim.FaultKind
		class error
	}{
		{sim.CloudflareHTML403, panel.ErrDown}, {sim.CloudflareHTML503, panel.ErrDown}, {sim.HTML502, panel.ErrDown}, {sim.JSON500, panel.ErrDown},
		{sim.Unauthorized, panel.ErrKey}, {sim.Garbage, panel.ErrShape}, {sim.EmptyBody, panel.ErrShape}, {sim.NotAnObject, panel.ErrShape},
		{sim.TooManyRequests, panel.ErrLimited}, {sim.GzipBomb, panel.ErrShape}, {sim.Redirect, panel.ErrShape}, {sim.DropConnection, panel.ErrDown},
		{sim.ApplyThenDrop, panel.ErrDown}, {sim.TruncatedJSON, panel.ErrShape}, {sim.CutOff, panel.ErrDown},
	}
	p, c := newWorld(t, sim.Variants{})
	for _, tt := range tests {
		p.Fail(sim.Fault{Kind: tt.kind, Size: 2 * panel.MaxBody, Location: "https://other.example/"})
		for name, call := range map[string]do{
			"read": func(ctx context.Context, c *panel.Client) error { return drop(c.Orders(ctx, panel.OrderQuery{})) },
			"write": func(ctx context.Context, c *panel.Client) error {
				return c.Reply(ctx, p.Tickets()[0].ID, "huseyin", "hello")
			},
		} {
			if e := asError(t, call(t.Context(), c)); e.Class != tt.class || !e.Sent {
				t.Errorf("fault %d, %s: %v, want %v", tt.kind, name, e, tt.class)
			}
		}
		p.Heal()
	}
}
