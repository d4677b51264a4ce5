package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

type object = map[string]any

type bulk struct {
	IDs     []int64 `json:"ids"`
	Status  string  `json:"status"`
	Skipped []int64 `json:"skipped_ids"`
}

func status(t testing.TB, p *Panel, id int64) string {
	t.Helper()
	o, ok := p.Order(id)
	if !ok {
		t.Fatalf("no order %d", id)
	}
	return o.Status
}

func TestPullHandsOutEachPendingManualOrderOnce(t *testing.T) {
	p := New(quiet(0))
	a := p.AddOrder(OrderSpec{Mode: Manual})
	p.AddOrder(OrderSpec{Mode: Auto})
	p.AddOrder(OrderSpec{Mode: Manual, Status: InProgress})
	p.AddOrder(OrderSpec{Mode: Manual, Created: start.Add(-91 * 24 * time.Hour)})
	b := p.AddOrder(OrderSpec{Mode: Manual})
	first := into[rows](t, ask(t, p, "/orders/pull", object{"limit": 1}))
	if got := ids(first.List); !slices.Equal(got, []int64{a}) || first.List[0]["status"] != Pending {
		t.Errorf("first pull: got %v", first.List)
	}
	if got := status(t, p, a); got != Processing {
		t.Errorf("after the pull: got %s", got)
	}
	if got := into[rows](t, ask(t, p, "/orders/pull", object{"service_ids": "0"})); got.Count != 0 {
		t.Errorf("another service: got %d", got.Count)
	}
	service := fmt.Sprint(serviceOf(p, b))
	if got := ids(into[rows](t, ask(t, p, "/orders/pull", object{"service_ids": service})).List); !slices.Equal(got, []int64{b}) {
		t.Errorf("second pull: got %v, want %d", got, b)
	}
	if got := into[rows](t, ask(t, p, "/orders/pull", object{})); got.Count != 0 {
		t.Errorf("third pull: got %d", got.Count)
	}
}

func TestUpdateAnswersItemByItemUnder200(t *testing.T) {
	p := New(quiet(0))
	pending := p.AddOrder(OrderSpec{Quantity: 1000})
	moving := p.AddOrder(OrderSpec{Quantity: 1000, Status: InProgress})
	ended := p.AddOrder(OrderSpec{Quantity: 1000, Status: Canceled})
	part := p.AddOrder(OrderSpec{User: "payer", Quantity: 1000, Charge: 10 * Unit, Status: InProgress})
	type result struct {
		Orders []struct {
			ID      int64  `json:"id"`
			Success bool   `json:"success"`
			Message string `json:"message"`
			Code    int    `json:"error_code"`
		} `json:"orders"`
	}
	got := into[result](t, ask(t, p, "/orders/update", object{"orders": []object{
		{"id": pending, "remains": 5},
		{"id": moving, "remains": 40, "start_count": 1200},
		{"id": ended, "status": "completed"},
		{"id": 1, "status": "completed"},
		{"id": part, "status": "partial", "remains": 250},
		{"id": pending, "status": "in_progress", "remains": "900"},
		{"id": moving, "remains": 1001},
		{"id": moving, "status": "nonsense"},
	}})).Orders
	for i, want := range []string{"Remains update is not allowed", "", "Status update is not allowed", "Order not found", "", "", "Remains is invalid", "Status update is not allowed"} {
		if got[i].Message != want || got[i].Success != (want == "") || (got[i].Code == 0) != (want == "") {
			t.Errorf("item %d: got %+v, want %q", i, got[i], want)
		}
	}
	if o, _ := p.Order(moving); o.Remains != 40 || *o.StartCount != 1200 {
		t.Errorf("moving: got %+v", o)
	}
	if o, _ := p.Order(part); o.Status != Partial || o.Remains != 250 || o.Charge != 7*Unit+Unit/2 {
		t.Errorf("partial: got %+v", o)
	}
	if o, _ := p.Order(pending); o.Status != InProgress || o.Remains != 900 {
		t.Errorf("pending: got %+v", o)
	}
	soundBooksOf(t, p, "payer", -(7*Unit + Unit/2))
}

func soundBooksOf(t testing.TB, p *Panel, username string, balance Money) {
	t.Helper()
	if u, _ := p.User(username); u.Balance != balance {
		t.Errorf("%s: got balance %s, want %s", username, u.Balance, balance)
	}
}

func TestChangeStatusRefusesWhatHasItsOwnEndpoint(t *testing.T) {
	p := New(quiet(0))
	a, b := p.AddOrder(OrderSpec{}), p.AddOrder(OrderSpec{Status: Canceled})
	for _, to := range []string{Canceled, Partial, "nonsense", ""} {
		refusedWith(t, ask(t, p, "/orders/change-status", object{"ids": fmt.Sprint(a), "status": to}), 400, codeInvalid)
	}
	for _, list := range []any{fmt.Sprintf("%d, %d,99", a, b), []int64{a, b, 99}, []string{fmt.Sprint(a), fmt.Sprint(b), "99"}} {
		got := into[bulk](t, ask(t, p, "/orders/change-status", object{"ids": list, "status": Completed}))
		if !slices.Equal(got.IDs, []int64{a}) || !slices.Equal(got.Skipped, []int64{b, 99}) || got.Status != Completed {
			t.Errorf("ids as %v: got %+v", list, got)
		}
		into[bulk](t, ask(t, p, "/orders/change-status", object{"ids": a, "status": Pending}))
	}
	if o, _ := p.Order(a); o.Remains != o.Quantity {
		t.Errorf("back to pending: remains %d of %d", o.Remains, o.Quantity)
	}
}

func TestCancelGivesTheWholeChargeBack(t *testing.T) {
	p := New(quiet(0))
	p.AddPayment(PaymentSpec{User: "payer", Amount: 20 * Unit})
	a := p.AddOrder(OrderSpec{User: "payer", Charge: 12_34567, Status: InProgress})
	done := p.AddOrder(OrderSpec{User: "payer", Charge: 3 * Unit, Status: Completed})
	soundBooksOf(t, p, "payer", 20*Unit-12_34567-3*Unit)
	got := into[bulk](t, ask(t, p, "/orders/cancel", object{"ids": fmt.Sprintf("%d,%d", a, done), "cancel_reason": "wrong link"}))
	if !slices.Equal(got.IDs, []int64{a}) || !slices.Equal(got.Skipped, []int64{done}) {
		t.Errorf("got %+v", got)
	}
	soundBooksOf(t, p, "payer", 17*Unit)
	if o, _ := p.Order(a); o.Status != Canceled || o.CancelReason != "wrong link" || o.Charge != 0 {
		t.Errorf("got %+v", o)
	}
	soundBooks(t, p)
}

func TestSetPartialGivesTheRemainingShareBack(t *testing.T) {
	p := New(quiet(0))
	a := p.AddOrder(OrderSpec{User: "payer", Quantity: 300, Charge: Unit, Status: InProgress})
	path := fmt.Sprintf("/orders/%d/set-partial", a)
	for _, body := range []object{{}, {"remains": 0}, {"remains": 301}, {"remains": "x"}} {
		refusedWith(t, ask(t, p, path, body), 400, codeInvalid)
	}
	into[object](t, ask(t, p, path, object{"remains": 100}))
	soundBooksOf(t, p, "payer", -66667)
	refusedWith(t, ask(t, p, path, object{"remains": 50}), 400, codeInvalid)
	refusedWith(t, ask(t, p, "/orders/1/set-partial", object{"remains": 50}), 404, codeNotFound)
}

func TestEditLinkNeedsAnOpenOrder(t *testing.T) {
	p := New(quiet(0))
	a, done := p.AddOrder(OrderSpec{}), p.AddOrder(OrderSpec{Status: Completed})
	p.Advance(time.Minute)
	into[object](t, ask(t, p, fmt.Sprintf("/orders/%d/edit-link", a), object{"link": "https://x.com/new"}))
	if o, _ := p.Order(a); o.Link != "https://x.com/new" || o.Updated != start.Unix()+60 {
		t.Errorf("got %+v", o)
	}
	refusedWith(t, ask(t, p, fmt.Sprintf("/orders/%d/edit-link", done), object{"link": "x"}), 400, codeInvalid)
	refusedWith(t, ask(t, p, fmt.Sprintf("/orders/%d/edit-link", a), object{}), 400, codeInvalid)
}

func TestAFailedOrderIsResent(t *testing.T) {
	p := New(quiet(0))
	failed, open := p.AddOrder(OrderSpec{Mode: Auto, Status: Failed}), p.AddOrder(OrderSpec{Mode: Auto})
	got := into[bulk](t, ask(t, p, "/orders/resend", object{"ids": []int64{failed, open}}))
	if !slices.Equal(got.IDs, []int64{failed}) || status(t, p, failed) != Pending {
		t.Errorf("got %+v", got)
	}
}

func TestACancelRequestIsAnsweredByTheProviderLater(t *testing.T) {
	o := quiet(0)
	o.Rates.Progress = 1000 * time.Hour
	p := New(o)
	var list []int64
	for range 30 {
		id := p.AddOrder(OrderSpec{Mode: Auto, Status: InProgress, ExternalID: "1", Quantity: 1000, Remains: ptr(int64(400))})
		p.SetService(serviceOf(p, id), func(s *Service) { s.Cancel = true })
		list = append(list, id)
	}
	got := into[bulk](t, ask(t, p, "/orders/request-cancel", object{"ids": list}))
	if len(got.IDs) != 30 || status(t, p, list[0]) != InProgress {
		t.Fatalf("got %+v", got)
	}
	if again := into[bulk](t, ask(t, p, "/orders/request-cancel", object{"ids": list})); len(again.Skipped) != 30 {
		t.Errorf("asked twice: got %+v", again)
	}
	p.Advance(time.Hour)
	ended := 0
	for _, id := range list {
		if status(t, p, id) == Partial {
			ended++
		}
	}
	if ended < 12 || ended > 28 {
		t.Errorf("%d of 30 ended as partial, want about 21", ended)
	}
}

func TestCancelTasksAreHandedOutOnceAndFinished(t *testing.T) {
	p := New(quiet(0))
	a, b := p.AddOrder(OrderSpec{Mode: Manual, Status: InProgress, Quantity: 100}), p.AddOrder(OrderSpec{Mode: Manual})
	p.AskCancel(a)
	p.AskCancel(b)
	pulled := into[rows](t, ask(t, p, "/cancel/pull", object{"limit": 100})).List
	if len(pulled) != 2 || pulled[0]["order_id"] != float64(a) || pulled[0]["remains"] != 100.0 {
		t.Fatalf("got %v", pulled)
	}
	if again := into[rows](t, ask(t, p, "/cancel/pull", object{})); again.Count != 0 {
		t.Errorf("pulled twice: got %v", again.List)
	}
	into[object](t, ask(t, p, "/orders/update", object{"orders": []object{{"id": a, "status": "partial", "remains": 60}}}))
	got := into[bulk](t, ask(t, p, "/cancel/reject", object{"ids": []any{pulled[0]["id"], pulled[1]["id"]}}))
	if len(got.IDs) != 1 || len(got.Skipped) != 1 {
		t.Errorf("reject: got %+v", got)
	}
	if tasks := p.Cancels(); tasks[0].Status != TaskCompleted || tasks[1].Status != TaskRejected {
		t.Errorf("got %+v", tasks)
	}
}

func TestRefillTasksAreHandedOutAndResolved(t *testing.T) {
	p := New(quiet(0))
	task := p.AskRefill(p.AddOrder(OrderSpec{Mode: Manual, Status: Completed}))
	if got := ids(into[rows](t, ask(t, p, "/refill/pull", object{})).List); !slices.Equal(got, []int64{task}) {
		t.Errorf("got %v, want %d", got, task)
	}
	refusedWith(t, ask(t, p, "/refill/change-status", object{"ids": task, "status": "nonsense"}), 400, codeInvalid)
	got := into[bulk](t, ask(t, p, "/refill/change-status", object{"refill_id": task, "status": TaskCompleted}))
	if !slices.Equal(got.IDs, []int64{task}) || p.Refills()[0].Status != TaskCompleted {
		t.Errorf("got %+v and %+v", got, p.Refills())
	}
}
