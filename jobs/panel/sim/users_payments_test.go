package sim

import (
	"fmt"
	"slices"
	"testing"
)

func TestUsersAreFoundByExactNameMailAndID(t *testing.T) {
	p := New(quiet(600))
	all := p.Users()
	u := all[20]
	for _, query := range []string{"username=" + u.Username, "email=" + u.Email, fmt.Sprintf("ids=%d", u.ID)} {
		if got := ids(listed(t, p, "/users?"+query).List); !slices.Equal(got, []int64{u.ID}) {
			t.Errorf("%s: got %v, want %d", query, got, u.ID)
		}
	}
	if got := listed(t, p, "/users?search="+u.Username); got.Count != len(all) {
		t.Errorf("an unknown filter: got %d of %d", got.Count, len(all))
	}
	if got := listed(t, p, "/users?username="+u.Username[:3]); got.Count != 0 {
		t.Errorf("part of a name: got %d", got.Count)
	}
	if got := ids(listed(t, p, "/users?sort=created-at-asc").List); got[0] != all[0].ID {
		t.Errorf("oldest first: got %d, want %d", got[0], all[0].ID)
	}
}

func TestAUserOnTheWire(t *testing.T) {
	p := New(quiet(0))
	p.AddUser(UserSpec{Username: "customer1", Email: "c1@example.com", Discount: 5})
	p.AddPayment(PaymentSpec{User: "customer1", Amount: 12*Unit + Unit/2})
	row := listed(t, p, "/users?username=customer1").List[0]
	if row["last_auth"] != nil || row["last_auth_timestamp"] != nil || row["status"] != "active" || fmt.Sprint(row["custom_rates"]) != "[]" {
		t.Errorf("got %v", row)
	}
	if row["balance"].(map[string]any)["value"] != "12.50" || row["discount"].(map[string]any)["formatted"] != "5%" {
		t.Errorf("got %v", row)
	}
}

func TestAUserIsAddedOnce(t *testing.T) {
	p := New(quiet(0))
	body := object{"username": "new", "email": "new@example.com", "password": "secret"}
	id := into[object](t, ask(t, p, "/users/add", body))["id"]
	if u, ok := p.User("new"); !ok || float64(u.ID) != id || u.Email != "new@example.com" {
		t.Errorf("got %+v", u)
	}
	refusedWith(t, ask(t, p, "/users/add", body), 400, codeInvalid)
	refusedWith(t, ask(t, p, "/users/add", object{"username": "x", "email": "x"}), 400, codeInvalid)
}

func TestAPaymentIsCreditedEachTime(t *testing.T) {
	p := New(quiet(0))
	p.AddUser(UserSpec{Username: "customer1", Email: "c1@example.com"})
	body := object{"username": "customer1", "amount": 10.05, "method": "Bonus", "memo": "mp-17", "affiliate_commission": false}
	got := into[object](t, ask(t, p, "/payments/add", body))
	if got["memo"] != "mp-17" || got["amount"].(map[string]any)["value"] != "10.05" || got["payment_id"] == nil {
		t.Errorf("got %v", got)
	}
	body["amount"] = "10.05"
	got = into[object](t, ask(t, p, "/payments/add", body))
	if balance := got["user"].(map[string]any)["balance"].(map[string]any)["value"]; balance != "20.10" {
		t.Errorf("balance after two: got %v", balance)
	}
	soundBooks(t, p)
}

func TestAPaymentNeedsAUserAMethodAndAnAmount(t *testing.T) {
	p := New(quiet(0))
	p.AddUser(UserSpec{Username: "customer1"})
	for _, body := range []object{
		{"username": "nobody", "amount": 1, "method": "Bonus"},
		{"username": "customer1", "amount": 1, "method": "bonus"},
		{"username": "customer1", "amount": 1, "method": " Bonus"},
		{"username": "customer1", "amount": -1, "method": "Bonus"},
		{"username": "customer1", "amount": 0, "method": "Bonus"},
		{"username": "customer1", "amount": "1e9", "method": "Bonus"},
		{"username": "customer1", "amount": "0.000001", "method": "Bonus"},
		{"username": "customer1", "method": "Bonus"},
		{"amount": 1, "method": "Bonus"},
	} {
		refusedWith(t, ask(t, p, "/payments/add", body), 400, codeInvalid)
	}
	refusedWith(t, serve(t, p, "POST", adminBase+"/payments/add", adminKey, "username=customer1"), 400, codeInvalid)
	if got := len(p.Payments()); got != 0 {
		t.Errorf("got %d payments", got)
	}
}

func TestPaymentsAreFiltered(t *testing.T) {
	p := New(quiet(2000))
	all := p.Payments()
	u, _ := p.User(all[10].User)
	for query, keep := range map[string]func(Payment) bool{
		"username=" + u.Username:   func(pay Payment) bool { return pay.User == u.Username },
		"user_email=" + u.Email:    func(pay Payment) bool { return pay.User == u.Username },
		"payment_status=expired":   func(pay Payment) bool { return pay.Status == PaymentExpired },
		"status=expired":           func(Payment) bool { return true },
		"created_from=99999999999": func(Payment) bool { return true },
	} {
		var want []int64
		for _, pay := range all {
			if keep(pay) {
				want = append(want, pay.ID)
			}
		}
		var got []int64
		for _, row := range listed(t, p, "/payments?limit=1000&sort=created-at-asc&"+query).List {
			got = append(got, int64(row["payment_id"].(float64)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %d, want %d", query, len(got), len(want))
		}
	}
}

func TestTheBalanceFollowsAPaymentsStatus(t *testing.T) {
	p := New(quiet(0))
	id := p.AddPayment(PaymentSpec{User: "customer1", Amount: 5 * Unit, Status: PaymentWaiting})
	soundBooksOf(t, p, "customer1", 0)
	p.SetPayment(id, PaymentCompleted)
	soundBooksOf(t, p, "customer1", 5*Unit)
	p.SetPayment(id, PaymentFailed)
	soundBooksOf(t, p, "customer1", 0)
}

func TestMoneyIsExact(t *testing.T) {
	for text, want := range map[string]Money{"0": 0, "1": Unit, "0.03": 3000, "12.5": 1_250_000, "0.27819": 27_819, "1.500000": 150_000, "999999999999": 999_999_999_999 * Unit} {
		if got, ok := parseMoney(text); !ok || got != want {
			t.Errorf("%s: got %d %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", ".", "-1", "+1", "1e5", "0.000001", "1,5", "0x1", " 1", "1000000000000"} {
		if got, ok := parseMoney(text); ok {
			t.Errorf("%q: got %d, want a refusal", text, got)
		}
	}
	for m, want := range map[Money]string{0: "0.00", Unit: "1.00", 27_819: "0.27819", -50_000: "-0.50", 1_234_500: "12.345"} {
		if got := m.String(); got != want {
			t.Errorf("%d: got %s, want %s", int64(m), got, want)
		}
	}
}
