package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// wantMirror compares all data of a panel with the mirror, field by field.
func (b *bench) wantMirror(s shop) {
	b.Helper()
	services := map[int64]sim.Service{}
	for i, service := range s.Services() {
		services[service.ID] = service
		b.wantService(s, i, service)
	}
	for _, o := range s.Orders() {
		b.wantOrder(s, o, services[o.ServiceID])
	}
	for _, p := range s.Payments() {
		b.wantPayment(s, p)
	}
	for _, u := range s.Users() {
		b.wantUser(s, u)
	}
	for _, t := range s.Tickets() {
		b.wantTicket(s, t)
	}
	for table, want := range map[string]int{"orders": len(s.Orders()), "payments": len(s.Payments()), "users": len(s.Users()),
		"tickets": len(s.Tickets()), "services": len(s.Services())} {
		if got := b.count("SELECT count(*) FROM "+table+" WHERE panel_id = $1", s.id); got != want {
			b.Errorf("%s: got %d rows, want %d", table, got, want)
		}
		if got := b.count("SELECT cached FROM streams WHERE panel_id = $1 AND resource = $2", s.id, table); got != want {
			b.Errorf("%s: got %d cached, want %d", table, got, want)
		}
	}
}

// same compares the printed forms of two rows.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func money(m sim.Money) string { return decimal.RequireFromString(m.String()).String() }

func cost(d decimal.NullDecimal) string {
	if !d.Valid {
		return "unknown"
	}
	return d.Decimal.String()
}

func number(n *int64) string {
	if n == nil {
		return "none"
	}
	return fmt.Sprint(*n)
}

func moment(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.Unix()
}

func (b *bench) wantOrder(s shop, o sim.Order, service sim.Service) {
	b.Helper()
	got := must(b.db.Order(b.Context(), b.owner, models.Key{PanelID: s.id, ID: o.ID}))(b)
	wantCost, currency := "unknown", ""
	if service.Provider != "" {
		wantCost, currency = money(o.Cost), s.Currency()
	}
	same(b, fmt.Sprint("order ", o.ID),
		[]any{got.UserName, cost(got.Charge), got.Currency, cost(got.Cost), got.CostCurrency, got.Link, number(got.StartCount), *got.Quantity,
			got.ServiceID, got.ServiceName, got.Status, number(got.Remains), got.Mode, got.Source, got.Provider, got.ExternalID,
			got.CreatedAt.Unix(), moment(got.UpdatedAt)},
		[]any{o.User, money(o.Charge), s.Currency(), wantCost, currency, o.Link, number(o.StartCount), o.Quantity,
			o.ServiceID, service.Name, o.Status, o.Remains, service.Mode(), o.CreationType, service.Provider, o.ExternalID,
			o.Created, o.Updated})
}

func (b *bench) wantPayment(s shop, p sim.Payment) {
	b.Helper()
	got := must(b.db.Payment(b.Context(), b.owner, models.Key{PanelID: s.id, ID: p.ID}))(b)
	user, _ := s.User(p.User)
	same(b, fmt.Sprint("payment ", p.ID),
		[]any{got.UserName, cost(got.Amount), got.Currency, cost(got.UserBalance), got.Method, got.Status, got.Memo, got.CreatedAt.Unix()},
		[]any{p.User, money(p.Amount), s.Currency(), money(user.Balance), p.Method, p.Status, p.Memo, p.Created})
}

func (b *bench) wantUser(s shop, u sim.User) {
	b.Helper()
	got := must(b.db.User(b.Context(), b.owner, models.Key{PanelID: s.id, ID: u.ID}))(b)
	same(b, "user "+u.Username,
		[]any{got.Username, got.Email, cost(got.Balance), cost(got.Spent), got.Currency, got.Status, got.Discount, got.CreatedAt.Unix(), moment(got.LastAuthAt)},
		[]any{u.Username, u.Email, money(u.Balance), money(u.Spent), s.Currency(), u.Status, fmt.Sprint(u.Discount, "%"), u.Created, u.LastAuth})
}

func (b *bench) wantTicket(s shop, t sim.Ticket) {
	b.Helper()
	got, messages, err := b.db.Ticket(b.Context(), b.owner, models.Key{PanelID: s.id, ID: t.ID})
	if err != nil {
		b.Fatal(err)
	}
	same(b, fmt.Sprint("ticket ", t.ID),
		[]any{got.UserID, got.UserName, got.Subject, got.Status, got.Assignee, got.IsRead, got.CreatedAt.Unix(), got.UpdatedAt.Unix(), got.MessageCount},
		[]any{t.UserID, t.User, t.Subject, t.Status, t.Assignee, t.Read, t.Created, t.Updated, len(t.Messages)})
	for i, m := range messages {
		same(b, fmt.Sprintf("message %d of ticket %d", i, t.ID),
			[]any{m.Sender, m.IsStaff, m.Body, m.CreatedAt.Unix()},
			[]any{t.Messages[i].Sender, t.Messages[i].Staff, t.Messages[i].HTML, t.Messages[i].Created})
	}
}

func (b *bench) wantService(s shop, position int, want sim.Service) {
	b.Helper()
	var name, category, kind string
	var at int
	var low, high int64
	var refill, cancel, gone bool
	err := b.sql.QueryRowContext(b.Context(), `SELECT position, name, category, type, min, max, refill, cancel, gone_at IS NOT NULL
		FROM services WHERE panel_id = $1 AND id = $2`, s.id, want.ID).
		Scan(&at, &name, &category, &kind, &low, &high, &refill, &cancel, &gone)
	if err != nil {
		b.Fatal(err)
	}
	same(b, fmt.Sprint("service ", want.ID),
		[]any{name, category, kind, low, high, refill, cancel, gone},
		[]any{want.Name, want.Category, want.Type, want.Min, want.Max, want.Refill, want.Cancel, false})
	if at != position {
		b.Errorf("service %d: got position %d, want %d", want.ID, at, position)
	}
}
