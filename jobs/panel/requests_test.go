package panel_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel"
)

// payment returns a payment with the amount, a decimal number.
func payment(amount string) panel.PaymentNew {
	return panel.PaymentNew{Username: "customer1", Amount: decimal.RequireFromString(amount), Method: " Bonus ", Memo: "ref 7"}
}

const (
	emptyList = `{"count":0,"list":[]}`
	pageOf100 = "limit=100&offset=0"
)

// TestAdminAPIRequests checks the method, path, query and body of every endpoint of the Admin API.
func TestAdminAPIRequests(t *testing.T) {
	n := func(i int64) *int64 { return &i }
	tests := []struct {
		name, method, path, query, body string
		data                            string
		call                            do
	}{
		{"orders", "GET", "/orders", "include=last_update&" + pageOf100 + "&sort=date-desc", "", emptyList,
			func(ctx context.Context, c *panel.Client) error { return drop(c.Orders(ctx, panel.OrderQuery{})) }},
		{"orders with every filter", "GET", "/orders",
			"ids=1,2&external_order_ids=a,b&user=customer1&order_status=in_progress&mode=manual&service_ids=171,172&creation_type=api" +
				"&provider=provider.example&ip_address=203.0.113.7&link=https://x.example/?a=1%26b&created_from=1740830400&created_to=1740916800" +
				"&sort=date-asc&include=last_update&limit=1000&offset=2000", "", emptyList,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.Orders(ctx, panel.OrderQuery{
					IDs: []int64{1, 2}, ExternalIDs: []string{"a", "b"}, User: "customer1", Status: "in_progress", Mode: "manual",
					ServiceIDs: []int64{171, 172}, CreationType: "api", Provider: "provider.example", IPAddress: "203.0.113.7",
					Link: "https://x.example/?a=1&b", CreatedFrom: time.Unix(1740830400, 0), CreatedTo: time.Unix(1740916800, 0),
					Ascending: true, Limit: 5000, Offset: 2000,
				}))
			}},
		{"order", "GET", "/orders/550039", "", "", orderSample,
			func(ctx context.Context, c *panel.Client) error { return drop(c.Order(ctx, 550039)) }},
		{"pull orders", "POST", "/orders/pull", "", `{"service_ids":"171,172","limit":50}`, emptyList,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.PullOrders(ctx, []int64{171, 172}, 50))
			}},
		{"pull orders of all services", "POST", "/orders/pull", "", `{"limit":100}`, emptyList,
			func(ctx context.Context, c *panel.Client) error { return drop(c.PullOrders(ctx, nil, 0)) }},
		{"update orders", "POST", "/orders/update", "",
			`{"orders":[{"id":1,"status":"in_progress","remains":0,"start_count":1200},{"id":2,"status":"canceled","cancel_reason":"why"}]}`,
			`{"orders":[{"id":1,"success":true},{"id":2,"success":true}]}`,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.UpdateOrders(ctx, []panel.OrderUpdate{
					{ID: 1, Status: "in_progress", Remains: n(0), StartCount: n(1200)}, {ID: 2, Status: "canceled", CancelReason: "why"},
				}))
			}},
		{"change status", "POST", "/orders/change-status", "", `{"ids":"1,2","status":"completed"}`, `{"ids":[1,2]}`,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.ChangeStatus(ctx, []int64{1, 2}, "completed"))
			}},
		{"cancel", "POST", "/orders/cancel", "", `{"ids":"1","cancel_reason":"out of stock"}`, `{"ids":[1]}`,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.Cancel(ctx, []int64{1}, "out of stock"))
			}},
		{"request cancel", "POST", "/orders/request-cancel", "", `{"ids":"1"}`, `{"ids":[1]}`,
			func(ctx context.Context, c *panel.Client) error { return drop(c.RequestCancel(ctx, []int64{1})) }},
		{"resend", "POST", "/orders/resend", "", `{"ids":"1"}`, `{"ids":[1]}`,
			func(ctx context.Context, c *panel.Client) error { return drop(c.Resend(ctx, []int64{1})) }},
		{"set partial", "POST", "/orders/9/set-partial", "", `{"remains":400}`, `{"id":9}`,
			func(ctx context.Context, c *panel.Client) error { return c.SetPartial(ctx, 9, 400) }},
		{"edit link", "POST", "/orders/9/edit-link", "", `{"link":"https://x.example/p"}`, `{"order_id":"9"}`,
			func(ctx context.Context, c *panel.Client) error { return c.EditLink(ctx, 9, "https://x.example/p") }},
		{"pull cancels", "POST", "/cancel/pull", "", `{"service_ids":"7","limit":1000}`, emptyList,
			func(ctx context.Context, c *panel.Client) error { return drop(c.PullCancels(ctx, []int64{7}, 9999)) }},
		{"reject cancels", "POST", "/cancel/reject", "", `{"ids":"1,2"}`, `[]`,
			func(ctx context.Context, c *panel.Client) error { return drop(c.RejectCancels(ctx, []int64{1, 2})) }},
		{"pull refills", "POST", "/refill/pull", "", `{"limit":10}`, emptyList,
			func(ctx context.Context, c *panel.Client) error { return drop(c.PullRefills(ctx, nil, 10)) }},
		{"change refill status", "POST", "/refill/change-status", "", `{"ids":"3","status":"completed"}`, `[]`,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.ChangeRefillStatus(ctx, []int64{3}, "completed"))
			}},
		{"payments", "GET", "/payments", "username=u&user_email=e@x.example&payment_status=waiting&sort=created-at-asc&limit=10&offset=20", "", emptyList,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.Payments(ctx, panel.PaymentQuery{Username: "u", UserEmail: "e@x.example", Status: "waiting", Ascending: true, Limit: 10, Offset: 20}))
			}},
		{"add payment", "POST", "/payments/add", "", `{"username":"customer1","amount":0.1,"method":" Bonus ","memo":"ref 7"}`, `{"payment_id":1}`,
			func(ctx context.Context, c *panel.Client) error { return drop(c.AddPayment(ctx, payment("0.10"))) }},
		{"add payment with commission", "POST", "/payments/add", "",
			`{"username":"customer1","amount":123456789012345678.123456789,"method":" Bonus ","memo":"ref 7","affiliate_commission":true}`, `{}`,
			func(ctx context.Context, c *panel.Client) error {
				p := payment("123456789012345678.123456789")
				p.AffiliateCommission = true
				return drop(c.AddPayment(ctx, p))
			}},
		{"users", "GET", "/users", "ids=1,2&username=u&email=e@x.example&sort=created-at-desc&" + pageOf100, "", emptyList,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.Users(ctx, panel.UserQuery{IDs: []int64{1, 2}, Username: "u", Email: "e@x.example", Offset: -5}))
			}},
		{"add user", "POST", "/users/add", "", `{"username":"u","email":"u@x.example","password":"p"}`, `{"id":4,"username":"U"}`,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.AddUser(ctx, panel.UserNew{Username: "u", Email: "u@x.example", Password: "p"}))
			}},
		{"tickets", "GET", "/tickets", "user=customer1&status=pending&limit=5&offset=10", "", emptyList,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.Tickets(ctx, panel.TicketQuery{User: "customer1", Status: "pending", Limit: 5, Offset: 10}))
			}},
		{"ticket", "GET", "/tickets/255", "", "", ticketSample,
			func(ctx context.Context, c *panel.Client) error { return drop(c.Ticket(ctx, 255)) }},
		{"reply", "POST", "/tickets/255/reply", "", `{"staff_name":"Admin","message":"a \u003cb\u003e\n\"ö\""}`, `{"ticket_id":255}`,
			func(ctx context.Context, c *panel.Client) error { return c.Reply(ctx, 255, "Admin", "a <b>\n\"ö\"") }},
		{"add ticket", "POST", "/tickets/add", "", `{"username":"u","subject":"s","message":"m","staff_name":"Admin"}`, `{"ticket_id":9}`,
			func(ctx context.Context, c *panel.Client) error {
				return drop(c.AddTicket(ctx, panel.TicketNew{Username: "u", Subject: "s", Message: "m", StaffName: "Admin"}))
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := answering(t, http.StatusOK, ok(tt.data))
			if err := tt.call(t.Context(), client(t, s.URL+"/admin/adminapi/v2/")); err != nil {
				t.Fatal(err)
			}
			got := s.only(t)
			if got.method != tt.method || got.path != "/adminapi/v2"+tt.path || got.body != tt.body {
				t.Errorf("got  %s %s %s\nwant %s %s %s", got.method, got.path, got.body, tt.method, "/adminapi/v2"+tt.path, tt.body)
			}
			checkQuery(t, got.query, tt.query)
			checkAdminHeader(t, got)
		})
	}
}

func checkQuery(t testing.TB, got, want string) {
	t.Helper()
	g, err := url.ParseQuery(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := url.ParseQuery(want)
	if err != nil {
		t.Fatal(err)
	}
	if g.Encode() != w.Encode() {
		t.Errorf("query %s\nwant  %s", g.Encode(), w.Encode())
	}
}

func checkAdminHeader(t testing.TB, got seen) {
	t.Helper()
	wantType := ""
	if got.method == http.MethodPost {
		wantType = "application/json"
	}
	for name, want := range map[string]string{
		"X-Api-Key": adminKey, "Accept": "application/json", "Content-Type": wantType, "Idempotency-Key": "", "X-Idempotency-Key": "",
	} {
		if have := got.header.Get(name); have != want {
			t.Errorf("header %s = %q, want %q", name, have, want)
		}
	}
	if got.header.Get("User-Agent") == "" {
		t.Error("no user agent")
	}
}

// TestUserAPIRequests checks the form of every action of the User API.
func TestUserAPIRequests(t *testing.T) {
	tests := []struct {
		name, form, answer string
		call               do
	}{
		{"services", "action=services", `[]`, func(ctx context.Context, c *panel.Client) error { return drop(c.Services(ctx)) }},
		{"balance", "action=balance", `{"balance":"1"}`, func(ctx context.Context, c *panel.Client) error { return drop(c.Balance(ctx)) }},
		{"status", "action=status&order=1", `{"status":"Partial"}`, func(ctx context.Context, c *panel.Client) error { return drop(c.Status(ctx, 1)) }},
		{"statuses", "action=status&orders=1,10,100", `{}`,
			func(ctx context.Context, c *panel.Client) error { return drop(c.Statuses(ctx, []int64{1, 10, 100})) }},
		{"refill", "action=refill&order=1", `{"refill":"1"}`, func(ctx context.Context, c *panel.Client) error { return drop(c.Refill(ctx, 1)) }},
		{"refills", "action=refill&orders=1,2", `[]`, func(ctx context.Context, c *panel.Client) error { return drop(c.Refills(ctx, []int64{1, 2})) }},
		{"refill status", "action=refill_status&refill=1", `{"status":"Completed"}`,
			func(ctx context.Context, c *panel.Client) error { return drop(c.RefillStatus(ctx, 1)) }},
		{"refill statuses", "action=refill_status&refills=1,2", `[]`,
			func(ctx context.Context, c *panel.Client) error { return drop(c.RefillStatuses(ctx, []int64{1, 2})) }},
		{"cancel", "action=cancel&orders=9,2", `[]`, func(ctx context.Context, c *panel.Client) error { return drop(c.CancelOrders(ctx, []int64{9, 2})) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := answering(t, http.StatusOK, tt.answer)
			if err := tt.call(t.Context(), client(t, s.URL)); err != nil {
				t.Fatal(err)
			}
			got := s.only(t)
			if got.method != "POST" || got.path != "/api/v2" || got.query != "" {
				t.Errorf("got %s %s?%s, want POST /api/v2", got.method, got.path, got.query)
			}
			if ct := got.header.Get("Content-Type"); ct != "application/x-www-form-urlencoded" {
				t.Errorf("content type %q", ct)
			}
			if got.header.Get("X-Api-Key") != "" {
				t.Error("the admin key went to the User API")
			}
			checkQuery(t, got.body, tt.form+"&key="+servicesKey)
		})
	}
}

func TestCallsThatMakeNoSenseAreNotMade(t *testing.T) {
	many := make([]int64, panel.MaxIDs+1)
	texts := make([]string, panel.MaxIDs+1)
	for i := range many {
		many[i], texts[i] = int64(i+1), "x"
	}
	s := answering(t, http.StatusOK, ok(`[]`))
	c, ctx := client(t, s.URL), t.Context()
	bare := client(t, s.URL, func(cfg *panel.Config) { cfg.AdminKey, cfg.ServicesKey = "", "" })
	for name, err := range map[string]error{
		"bulk without ids":                drop(c.Cancel(ctx, nil, "")),
		"bulk with too many ids":          drop(c.Resend(ctx, many)),
		"bulk with a bad id":              drop(c.Resend(ctx, []int64{1, 0})),
		"update of nothing":               drop(c.UpdateOrders(ctx, nil)),
		"statuses of too many":            drop(c.Statuses(ctx, many)),
		"orders by too many ids":          drop(c.Orders(ctx, panel.OrderQuery{IDs: many})),
		"orders by too many external ids": drop(c.Orders(ctx, panel.OrderQuery{ExternalIDs: texts})),
		"users by too many ids":           drop(c.Users(ctx, panel.UserQuery{IDs: many})),
		"order 0":                         drop(c.Order(ctx, 0)),
		"reply to ticket -1":              c.Reply(ctx, -1, "a", "b"),
		"payment of nothing":              drop(c.AddPayment(ctx, payment("0"))),
	} {
		if e := asError(t, err); e.Class != panel.ErrRefused || e.Sent || e.Words == "" {
			t.Errorf("%s: %v, want it refused before it is sent", name, err)
		}
	}
	for name, err := range map[string]error{
		"no admin key":    drop(bare.Orders(ctx, panel.OrderQuery{})),
		"no services key": drop(bare.Services(ctx)),
	} {
		if e := asError(t, err); e.Class != panel.ErrKey || e.Sent {
			t.Errorf("%s: %v, want ErrKey, not sent", name, err)
		}
	}
	if n := len(s.calls()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
