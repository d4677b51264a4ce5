package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnOrderOnTheWireHasTheDocumentedTypes(t *testing.T) {
	p := New(quiet(0))
	o := Order{ID: 550039}
	p.AddOrder(OrderSpec{
		ID: o.ID, User: "customer1", Mode: Auto, Quantity: 1000, Charge: 5 * Unit, Status: InProgress, Remains: ptr(int64(400)),
		StartCount: ptr(int64(1200)), ExternalID: "88120455", CreationType: "new_order_form", Link: "@name", IP: "203.0.113.7",
	})
	row := listed(t, p, "/orders").List[0]
	want := map[string]any{
		"id": 550039.0, "external_id": "88120455", "user": "customer1", "creation_type": "new_order_form", "link": "@name",
		"start_count": 1200.0, "quantity": 1000.0, "status": "in_progress", "remains": 400.0, "is_autocomplete": false,
		"is_active_autocomplete": false, "mode": "auto", "ip_address": "203.0.113.7", "created_timestamp": float64(start.Unix()),
		"created": start.In(p.world.zone).Format(time.DateTime),
	}
	for name, value := range want {
		if row[name] != value {
			t.Errorf("%s: got %v, want %v", name, row[name], value)
		}
	}
	money := row["charge"].(map[string]any)
	if money["value"] != "5.00" || money["currency_code"] != p.Currency() || money["formatted"] != symbol(p.Currency())+"5.00" {
		t.Errorf("charge: got %v", money)
	}
	for _, name := range []string{"provider", "provider_charge", "provider_currency_charge", "service_id", "service_name", "service_type"} {
		if row[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if _, ok := row["last_update"]; ok {
		t.Error("a list row has last_update without being asked")
	}
	if row := listed(t, p, "/orders?include=last_update").List[0]; row["last_update_timestamp"] != float64(start.Unix()) {
		t.Errorf("with include=last_update: got %v", row["last_update_timestamp"])
	}
}

func TestAManualPendingOrderIsNullWhereNobodyAnswered(t *testing.T) {
	p := New(quiet(0))
	p.AddOrder(OrderSpec{Mode: Manual})
	row := listed(t, p, "/orders").List[0]
	for _, name := range []string{"external_id", "start_count", "provider", "provider_charge", "provider_currency_charge"} {
		if value, there := row[name]; !there || value != nil {
			t.Errorf("%s: got %v, want null", name, value)
		}
	}
	if got := fmt.Sprint(row["order_buttons"]); got != "[]" && row["service_type"] != "custom_comments" {
		t.Errorf("order_buttons: got %v", got)
	}
}

func TestTheEnvelopeOfSuccessAndOfNothing(t *testing.T) {
	p := New(quiet(0))
	want := `{"data":{"count":0,"list":[]},"pagination":{"prev_page_href":"","next_page_href":"","offset":0,"limit":100},"error_message":"","error_code":0}`
	if got := ask(t, p, "/orders", nil).raw; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestUnknownPathsAreNotFound(t *testing.T) {
	p := New(quiet(10))
	for _, path := range []string{
		"/services", "/providers", "/orders/status", "/orders/", "/orders/x", "/orders/-1", "//orders", "/adminapi/v2/orders", "/orders/999999999",
		"/tickets/999999999", "/orders/1/set-partial", "",
	} {
		refusedWith(t, ask(t, p, path, nil), http.StatusNotFound, codeNotFound)
	}
	refusedWith(t, ask(t, p, "/orders", map[string]any{}), http.StatusNotFound, codeNotFound)
	refusedWith(t, serve(t, p, "GET", "/admin/adminapi/v2/orders", adminKey, ""), http.StatusNotFound, codeNotFound)
	if got := ask(t, p, "/nothing", nil).raw; got != `{"data":[],"error_message":"Page not found.","error_code":100}` {
		t.Errorf("got %s", got)
	}
}

func TestOnlyTheKeyOpens(t *testing.T) {
	p := New(quiet(10))
	for _, key := range []string{"", "wrong", servicesKey, adminKey + " x"} {
		refusedWith(t, serve(t, p, "GET", adminBase+"/orders", key, ""), http.StatusUnauthorized, codeKey)
	}
	refusedWith(t, serve(t, p, "GET", adminBase+"/orders?apikey="+adminKey, "", ""), http.StatusUnauthorized, codeKey)
	p.SetKey("new")
	refusedWith(t, ask(t, p, "/orders", nil), http.StatusUnauthorized, codeKey)
	if got := serve(t, p, "GET", adminBase+"/orders", "new", ""); got.status != http.StatusOK {
		t.Errorf("the new key: got %d", got.status)
	}
}

func TestPagesCoverEveryOrderOnce(t *testing.T) {
	p := New(quiet(2345))
	for _, sort := range []string{"date-desc", "date-asc", "nonsense", ""} {
		var got []int64
		for offset := 0; ; offset += 1000 {
			page := listed(t, p, fmt.Sprintf("/orders?sort=%s&limit=1000&offset=%d", sort, offset))
			got = append(got, ids(page.List)...)
			if page.Count != len(page.List) {
				t.Fatalf("count %d of %d rows", page.Count, len(page.List))
			}
			if len(page.List) < 1000 {
				break
			}
		}
		var want []int64
		for _, o := range p.Orders() {
			want = append(want, o.ID)
		}
		if sort != "date-asc" {
			slices.Reverse(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("sort=%s: got %d ids, want %d in order", sort, len(got), len(want))
		}
	}
}

func TestLimitsAreClamped(t *testing.T) {
	p := New(quiet(1100))
	for limit, want := range map[string]int{"": 100, "0": 100, "-5": 100, "x": 100, "7": 7, "1000": 1000, "5000": 1000} {
		if got := listed(t, p, "/orders?limit="+limit); len(got.List) != want {
			t.Errorf("limit=%s: got %d rows, want %d", limit, len(got.List), want)
		}
	}
	if got := listed(t, p, "/orders?offset=1095"); len(got.List) != 5 {
		t.Errorf("the last page: got %d rows, want 5", len(got.List))
	}
	if got := listed(t, p, "/orders?offset=9999999"); len(got.List) != 0 {
		t.Errorf("past the end: got %d rows", len(got.List))
	}
}

func TestPaginationPointsToTheNeighbours(t *testing.T) {
	p := New(quiet(250))
	got := ask(t, p, "/orders?limit=100&offset=100&sort=date-asc", nil).Pagination
	if got["prev_page_href"] != "/adminapi/v2/orders?limit=100&offset=0&sort=date-asc" ||
		got["next_page_href"] != "/adminapi/v2/orders?limit=100&offset=200&sort=date-asc" {
		t.Errorf("got %v", got)
	}
	last := ask(t, p, "/orders?limit=100&offset=200", nil).Pagination
	if last["next_page_href"] != "" || last["offset"] != 200.0 {
		t.Errorf("the last page: got %v", last)
	}
}

func TestEveryOrderFilterKeepsWhatItSays(t *testing.T) {
	p := New(quiet(3000))
	all := p.Orders()
	some := all[len(all)/2]
	service := p.world.services.byID[some.ServiceID]
	from, to := all[500].Created, all[900].Created
	modeOf := func(o Order) string { return p.world.services.byID[o.ServiceID].Mode() }
	providerOf := func(o Order) string { return p.world.services.byID[o.ServiceID].Provider }
	provider := p.world.profile.providers[0]
	for query, keep := range map[string]func(Order) bool{
		fmt.Sprintf("ids=%d,%d,999999999,x", some.ID, all[3].ID): func(o Order) bool { return o.ID == some.ID || o.ID == all[3].ID },
		"user=" + some.User:                                          func(o Order) bool { return o.User == some.User },
		"order_status=in_progress":                                   func(o Order) bool { return o.Status == InProgress },
		"mode=manual":                                                func(o Order) bool { return modeOf(o) == Manual },
		fmt.Sprintf("service_ids=%d,5", service.ID):                  func(o Order) bool { return o.ServiceID == service.ID || o.ServiceID == 5 },
		"creation_type=mass_order":                                   func(o Order) bool { return o.CreationType == "mass_order" },
		"provider=" + provider:                                       func(o Order) bool { return providerOf(o) == provider },
		"ip_address=" + some.IP:                                      func(o Order) bool { return o.IP == some.IP },
		fmt.Sprintf("created_from=%d&created_to=%d", from, to):       func(o Order) bool { return o.Created >= from && o.Created <= to },
		"order_status=partial&creation_type=api":                     func(o Order) bool { return o.Status == Partial && o.CreationType == "api" },
		"status=completed&order_state=x":                             func(Order) bool { return true },
		"order_status=nonsense":                                      func(Order) bool { return false },
		fmt.Sprintf("ids=%d&created_to=%d", some.ID, some.Created-1): func(Order) bool { return false },
	} {
		var want []int64
		for _, o := range all {
			if keep(o) {
				want = append(want, o.ID)
			}
		}
		got := ids(listed(t, p, "/orders?sort=date-asc&limit=1000&"+query).List)
		if !slices.Equal(got, want[:min(len(want), 1000)]) {
			t.Errorf("%s: got %d rows, want %d", query, len(got), len(want))
		}
	}
}

func TestOrdersAreFoundByLinkAndProviderOrder(t *testing.T) {
	p := New(quiet(100))
	a := p.AddOrder(OrderSpec{Mode: Auto, ExternalID: "77001", Link: "https://x.com/a?b=c&d=e"})
	b := p.AddOrder(OrderSpec{Mode: Auto, ExternalID: "77002"})
	if got := ids(listed(t, p, "/orders?external_order_ids=77001,%2077002&sort=date-asc").List); !slices.Equal(got, []int64{a, b}) {
		t.Errorf("by provider order: got %v", got)
	}
	if got := ids(listed(t, p, "/orders?link=https%3A%2F%2Fx.com%2Fa%3Fb%3Dc%26d%3De").List); !slices.Equal(got, []int64{a}) {
		t.Errorf("by link: got %v", got)
	}
}

func TestTheDetailSaysWhatMayBeDone(t *testing.T) {
	p := New(quiet(0))
	auto := OrderSpec{Mode: Auto, Status: InProgress, ExternalID: "5"}
	open := p.AddOrder(auto)
	failed := p.AddOrder(OrderSpec{Mode: Auto, Status: Failed})
	done := p.AddOrder(OrderSpec{Status: Completed})
	p.SetService(serviceOf(p, open), func(s *Service) { s.Cancel = true })
	p.SetService(serviceOf(p, done), func(s *Service) { s.Refill = true })
	for id, want := range map[int64]string{
		open:   `{"refill":false,"resend":false,"cancel_and_refund":true,"request_cancel":true}`,
		failed: `{"refill":false,"resend":true,"cancel_and_refund":true,"request_cancel":false}`,
		done:   `{"refill":true,"resend":false,"cancel_and_refund":false,"request_cancel":false}`,
	} {
		data := into[map[string]json.RawMessage](t, ask(t, p, fmt.Sprintf("/orders/%d", id), nil))
		if got := string(data["actions"]); got != want {
			t.Errorf("%d: got %s, want %s", id, got, want)
		}
		if data["last_update_timestamp"] == nil || data["provider_response"] == nil {
			t.Errorf("%d: no last update or provider response", id)
		}
	}
}

func serviceOf(p *Panel, order int64) int64 {
	o, _ := p.Order(order)
	return o.ServiceID
}

func TestCustomCommentsComeAsOrderButtons(t *testing.T) {
	p := New(quiet(0))
	var service int64
	for _, s := range p.Services() {
		if s.Type == typeComments {
			service = s.ID
		}
	}
	p.AddOrder(OrderSpec{ServiceID: service, Comments: []string{"nice <b>", `so "good"`}})
	got := ask(t, p, "/orders", nil).raw
	want := `"order_buttons":[{"title":"Comments","service_type":"custom_comments","type":"comments","user_data":["nice <b>","so \"good\""]}]`
	if !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
}

func TestAnOrderChangedByHandKeepsItsPlaceInTime(t *testing.T) {
	p := New(quiet(100))
	a, b := p.AddOrder(OrderSpec{}), p.AddOrder(OrderSpec{})
	p.Advance(time.Minute)
	if !p.SetOrder(a, func(o *Order) { o.Status, o.Remains, o.ID = InProgress, 1, 5 }) || p.SetOrder(5, func(*Order) {}) {
		t.Fatal("SetOrder does not tell which orders there are")
	}
	if o, _ := p.Order(a); o.ID != a || o.Status != InProgress || o.Updated != start.Unix()+60 {
		t.Errorf("got %+v", o)
	}
	p.SetOrder(b, func(o *Order) { o.Created -= 365 * 86_400 })
	if got := ids(listed(t, p, "/orders?sort=date-asc&limit=1").List); got[0] != b {
		t.Errorf("the oldest: got %d, want %d", got[0], b)
	}
	if got := listed(t, p, fmt.Sprintf("/orders?ids=%d", b)); got.Count != 1 {
		t.Errorf("by id: got %d rows", got.Count)
	}
	if got := len(p.Orders()); got != 102 {
		t.Errorf("got %d orders, want 102", got)
	}
}
