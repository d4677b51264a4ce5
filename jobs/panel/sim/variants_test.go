package sim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// with returns a still panel with two orders of one customer and a closed ticket.
func with(v Variants) *Panel {
	o := quiet(0)
	o.Variants = v
	p := New(o)
	p.AddOrder(OrderSpec{ID: 1001, User: "customer1", Charge: Unit, Mode: Manual})
	p.AddOrder(OrderSpec{ID: 1002, User: "customer1", Charge: Unit, Mode: Auto, Status: InProgress})
	return p
}

func TestEachVariantShowsOnTheWire(t *testing.T) {
	for name, c := range map[string]struct {
		v            Variants
		path         string
		has, without string
	}{
		"default":          {Variants{}, "/orders?limit=1", `]},"pagination":{`, `null,"error_code"`},
		"NullSuccessCodes": {Variants{NullSuccessCodes: true}, "/orders", `,"error_message":null,"error_code":null}`, `"error_code":0`},
		"NoSuccessCodes":   {Variants{NoSuccessCodes: true}, "/orders", `"limit":100}}`, "error_code"},
		"PaginationInData": {Variants{PaginationInData: true}, "/orders", `],"pagination":{`, `]},"pagination"`},
		"NoPagination":     {Variants{NoPagination: true}, "/orders", `"count":2`, "pagination"},
		"NullPageHrefs":    {Variants{NullPageHrefs: true}, "/orders", `"next_page_href":null`, `"next_page_href":""`},
		"CountIsTotal":     {Variants{CountIsTotal: true}, "/orders?limit=1", `"count":2`, `"id":1001`},
		"IgnoreFilters":    {Variants{IgnoreFilters: true}, "/orders?ids=1001&user=x&created_to=5", `"id":1002`, "zzz"},
		"MoneyAsNumber":    {Variants{MoneyAsNumber: true}, "/orders", `"value":1.00,`, `"value":"`},
		"NoFormatted":      {Variants{NoFormatted: true}, "/orders", `"currency_code"`, "formatted"},
		"NumbersAsStrings": {Variants{NumbersAsStrings: true}, "/orders", `"id":"1001"`, `"id":1001`},
		"ProviderNA":       {Variants{ProviderNA: true}, "/orders?ids=1001", `"provider":"N/A"`, `"provider":null`},
		"RichActions":      {Variants{RichActions: true}, "/orders/1002", `"change_status":["inprogress"`, "zzz"},
	} {
		got := ask(t, with(c.v), c.path, nil).raw
		if !strings.Contains(got, c.has) || strings.Contains(got, c.without) {
			t.Errorf("%s: got %s, want %s and not %s", name, got, c.has, c.without)
		}
	}
}

func TestVariantsOfErrors(t *testing.T) {
	p := with(Variants{Errors200: true})
	refusedWith(t, ask(t, p, "/nothing", nil), http.StatusOK, codeNotFound)
	refusedWith(t, ask(t, p, "/orders/change-status", object{}), http.StatusOK, codeInvalid)
	refusedWith(t, serve(t, p, "GET", adminBase+"/orders", "wrong", ""), http.StatusUnauthorized, codeKey)
	p.SetVariants(Variants{UserAPI401: true})
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v2", nil))
	if w.Code != http.StatusUnauthorized || w.Body.String() != `{"error":"Invalid API key"}` {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestVariantsOfWrites(t *testing.T) {
	p := with(Variants{BothIDLists: true, UpdateErrorMessage: true, TicketAddID: true, RefuseClosedReply: true, BareCancelTasks: true})
	got := into[bulk](t, ask(t, p, "/orders/cancel", object{"ids": "1002,5"}))
	if fmt.Sprint(got.IDs) != "[1002 5]" || fmt.Sprint(got.Skipped) != "[5]" {
		t.Errorf("BothIDLists: got %+v", got)
	}
	if raw := ask(t, p, "/orders/update", object{"orders": []object{{"id": 1001, "remains": 1}}}).raw; !strings.Contains(raw, `"error_message":"Remains update is not allowed"`) {
		t.Errorf("UpdateErrorMessage: got %s", raw)
	}
	if data := into[object](t, ask(t, p, "/tickets/add", object{"username": "customer1", "subject": "s", "message": "m"})); data["id"] == nil {
		t.Errorf("TicketAddID: got %v", data)
	}
	for _, closed := range []string{TicketClosed, TicketLocked} {
		id := p.OpenTicket("customer1", "Other", "hi")
		p.SetTicket(id, func(tk *Ticket) { tk.Status = closed })
		refusedWith(t, ask(t, p, fmt.Sprintf("/tickets/%d/reply", id), object{"staff_name": "k", "message": "m"}), 400, codeInvalid)
	}
	p.AskCancel(1001)
	if raw := ask(t, p, "/cancel/pull", object{}).raw; !strings.HasPrefix(raw, `{"data":[{"id":1001,"remains":`) {
		t.Errorf("BareCancelTasks: got %s", raw)
	}
}

func TestPaymentExtras(t *testing.T) {
	p := with(Variants{PaymentExtras: true})
	p.AddPayment(PaymentSpec{User: "customer1", Method: "Bonus"})
	row := listed(t, p, "/payments").List[0]
	if row["risk_level"] == nil || row["mode"] != Manual || row["last_update_timestamp"] == nil {
		t.Errorf("got %v", row)
	}
}
