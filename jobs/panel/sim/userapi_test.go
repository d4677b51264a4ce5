package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestServicesAreABareArrayWithTheSamplesTypes(t *testing.T) {
	p := New(quiet(10))
	var list []struct {
		Service  int64
		Name     string
		Type     string
		Category string
		Rate     string
		Min, Max string
		Refill   *bool
		Cancel   *bool
	}
	if err := json.Unmarshal([]byte(userCall(t, p, "services")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(p.Services()) || list[0].Service == 0 || list[0].Refill == nil || list[0].Cancel == nil {
		t.Errorf("got %d services, the first %+v", len(list), list[0])
	}
}

func TestTheUserAPIOpensForItsKeyInTheFormOnly(t *testing.T) {
	p := New(quiet(10))
	if got := userCall(t, p, "balance", "key", adminKey); got != `{"error":"Incorrect API key"}` {
		t.Errorf("the admin key: got %s", got)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v2?action=balance&key="+servicesKey, nil))
	if got := w.Body.String(); got != `{"error":"Incorrect API key"}` {
		t.Errorf("the key in the query: got %s", got)
	}
	if got := userCall(t, p, "nonsense"); got != `{"error":"Incorrect request"}` {
		t.Errorf("an unknown action: got %s", got)
	}
	p.SetServicesKey("")
	if got := userCall(t, p, "balance", "key", ""); !strings.Contains(got, "error") {
		t.Errorf("no key set: got %s", got)
	}
}

func TestStatusOfOneAndOfMany(t *testing.T) {
	p := New(quiet(0))
	mine := p.AddOrder(OrderSpec{User: p.Owner(), Quantity: 300, Charge: 27819, Status: InProgress, Remains: ptr(int64(157)), StartCount: ptr(int64(3572))})
	other := p.AddOrder(OrderSpec{User: "somebody"})
	want := fmt.Sprintf(`{"charge":"0.27819","start_count":"3572","status":"In progress","remains":"157","currency":%q}`, p.Currency())
	if got := userCall(t, p, "status", "order", fmt.Sprint(mine)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := userCall(t, p, "status", "order", fmt.Sprint(other)); got != `{"error":"Incorrect order ID"}` {
		t.Errorf("somebody else's: got %s", got)
	}
	got := userCall(t, p, "status", "orders", fmt.Sprintf("%d,%d,x\"y", mine, other))
	wantMany := fmt.Sprintf(`{"%d":%s,"%d":{"error":"Incorrect order ID"},"x\"y":{"error":"Incorrect order ID"}}`, mine, want, other)
	if got != wantMany {
		t.Errorf("got %s, want %s", got, wantMany)
	}
	if got := userCall(t, p, "status", "orders", strings.Repeat("1,", 100)+"1"); got != `{"error":"Incorrect request"}` {
		t.Errorf("101 ids: got %s", got)
	}
}

func TestAddChargesTheOwner(t *testing.T) {
	p := New(quiet(0))
	p.AddPayment(PaymentSpec{User: p.Owner(), Amount: 100_000 * Unit})
	s := plainService(p)
	id := fmt.Sprint(s.ID)
	var added struct{ Order int64 }
	body := userCall(t, p, "add", "service", id, "link", "https://x.com/a", "quantity", fmt.Sprint(s.Min))
	if err := json.Unmarshal([]byte(body), &added); err != nil || added.Order == 0 {
		t.Fatalf("got %s: %v", body, err)
	}
	if o, ok := p.Order(added.Order); !ok || o.Quantity != s.Min || o.CreationType != "api" || o.Charge != s.price(s.Rate, s.Min) {
		t.Errorf("got %+v", o)
	}
	for want, pairs := range map[string][]string{
		"error.incorrect_service_id":  {"service", "0"},
		"neworder.error.link":         {"service", id, "quantity", "100"},
		"neworder.error.quantity":     {"service", id, "link", "x"},
		"neworder.error.min_quantity": {"service", id, "link", "x", "quantity", fmt.Sprint(s.Min - 1)},
		"neworder.error.max_quantity": {"service", id, "link", "x", "quantity", fmt.Sprint(s.Max + 1)},
		"Incorrect request":           {"service", id, "link", "x", "quantity", "100", "runs", "3"},
	} {
		if got := userCall(t, p, "add", pairs...); got != `{"error":"`+want+`"}` {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	soundBooks(t, p)
}

func plainService(p *Panel) Service {
	for _, s := range p.Services() {
		if s.Type == typeDefault && s.Min > 1 {
			return s
		}
	}
	panic("the catalogue has no plain service")
}

func TestAddNeedsFunds(t *testing.T) {
	p := New(quiet(0))
	s := plainService(p)
	got := userCall(t, p, "add", "service", fmt.Sprint(s.ID), "link", "x", "quantity", fmt.Sprint(s.Min))
	if got != `{"error":"neworder.error.not_enough_funds"}` {
		t.Errorf("got %s", got)
	}
	p.SetVariants(Variants{UserAPISentences: true})
	got = userCall(t, p, "add", "service", fmt.Sprint(s.ID), "link", "x", "quantity", fmt.Sprint(s.Min))
	if got != `{"error":"Not enough funds on balance"}` {
		t.Errorf("in sentences: got %s", got)
	}
}

func TestRefillAndItsStatus(t *testing.T) {
	p := New(quiet(0))
	a := p.AddOrder(OrderSpec{User: p.Owner(), Status: Completed})
	p.SetService(serviceOf(p, a), func(s *Service) { s.Refill = true })
	var one struct{ Refill string }
	if err := json.Unmarshal([]byte(userCall(t, p, "refill", "order", fmt.Sprint(a))), &one); err != nil || one.Refill == "" {
		t.Fatalf("got %+v: %v", one, err)
	}
	if got := userCall(t, p, "refill", "order", fmt.Sprint(a)); got != `{"error":"Refill is not available"}` {
		t.Errorf("asked twice: got %s", got)
	}
	if got := userCall(t, p, "refill", "orders", "3"); got != `[{"order":3,"refill":{"error":"Incorrect order ID"}}]` {
		t.Errorf("multiple: got %s", got)
	}
	b := p.AddOrder(OrderSpec{User: p.Owner(), Status: Completed, ServiceID: serviceOf(p, a)})
	if got, want := userCall(t, p, "refill", "orders", fmt.Sprint(b)), fmt.Sprintf(`[{"order":%d,"refill":%d}]`, b, p.Refills()[1].ID); got != want {
		t.Errorf("multiple: got %s, want %s", got, want)
	}
	ask(t, p, "/refill/change-status", object{"ids": one.Refill, "status": TaskRejected})
	if got := userCall(t, p, "refill_status", "refill", one.Refill); got != `{"status":"Rejected"}` {
		t.Errorf("got %s", got)
	}
	want := `[{"refill":` + one.Refill + `,"status":"Rejected"},{"refill":2,"status":{"error":"Refill not found"}}]`
	if got := userCall(t, p, "refill_status", "refills", one.Refill+",2"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCancelHasOnlyTheMultipleForm(t *testing.T) {
	p := New(quiet(0))
	a := p.AddOrder(OrderSpec{User: p.Owner(), Mode: Manual})
	p.SetService(serviceOf(p, a), func(s *Service) { s.Cancel = true })
	want := fmt.Sprintf(`[{"order":9,"cancel":{"error":"Incorrect order ID"}},{"order":%d,"cancel":1}]`, a)
	if got := userCall(t, p, "cancel", "orders", fmt.Sprintf("9,%d", a)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := p.Cancels(); len(got) != 1 || got[0].Order != a {
		t.Errorf("got %+v", got)
	}
}

func TestBalance(t *testing.T) {
	p := New(quiet(0))
	p.AddPayment(PaymentSpec{User: p.Owner(), Amount: 100_84292})
	if got, want := userCall(t, p, "balance"), fmt.Sprintf(`{"balance":"100.84292","currency":%q}`, p.Currency()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAddTakesTheFieldsOfEachType(t *testing.T) {
	p := New(quiet(0))
	p.AddPayment(PaymentSpec{User: p.Owner(), Amount: 1_000_000 * Unit})
	byType := map[string]Service{}
	for _, s := range p.Services() {
		byType[s.Type] = s
	}
	for serviceType, pairs := range map[string][]string{
		typePackage:    {},
		typeComments:   {"comments", "one\r\n\ntwo\nthree\nfour\nfive"},
		typeLikes:      {"quantity", "500", "username", "somebody"},
		typePoll:       {"quantity", "500", "answer_number", "2"},
		typeWebTraffic: {"quantity", "1000", "country", "WW", "device", "1", "type_of_traffic", "3"},
	} {
		service := fmt.Sprint(byType[serviceType].ID)
		if got := userCall(t, p, "add", append(pairs, "service", service, "link", "https://x.com/a")...); !strings.HasPrefix(got, `{"order":`) {
			t.Errorf("%s: got %s", serviceType, got)
		}
		if len(pairs) > 0 {
			short := append(slices.Clone(pairs[:len(pairs)-2]), "service", service, "link", "https://x.com/a")
			if got := userCall(t, p, "add", short...); !strings.HasPrefix(got, `{"error":`) {
				t.Errorf("%s without %s: got %s", serviceType, pairs[len(pairs)-2], got)
			}
		}
	}
	for _, o := range p.Orders() {
		if s := p.world.services.byID[o.ServiceID]; s.Type == typeComments && (o.Quantity != 5 || len(o.Comments) != 5) {
			t.Errorf("comments: got %+v", o)
		} else if s.Type == typePackage && (o.Quantity != 1 || o.Charge != s.Rate) {
			t.Errorf("package: got %+v", o)
		}
	}
	soundBooks(t, p)
}
