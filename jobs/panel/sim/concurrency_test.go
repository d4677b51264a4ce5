package sim

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestManyCallersAndALivingWorldAtOnce(t *testing.T) {
	p := New(alive(300))
	p.AddUser(UserSpec{Username: "customer1"})
	ticket := p.OpenTicket("customer1", "Other", "hi")
	p.Fail(Fault{Kind: JSON500, Path: "/adminapi/v2/users", Chance: 0.2})
	jobs := []func(i int){
		func(int) { p.Advance(20 * time.Second) },
		func(i int) { ask(t, p, fmt.Sprintf("/orders?limit=50&offset=%d", i), nil) },
		func(int) { ask(t, p, "/tickets", nil) },
		func(int) {
			ask(t, p, fmt.Sprintf("/tickets/%d/reply", ticket), object{"staff_name": "k", "message": "m"})
		},
		func(int) { ask(t, p, "/payments/add", object{"username": "customer1", "amount": 1, "method": "Bonus"}) },
		func(int) { ask(t, p, "/users", nil); p.Users() },
		func(int) { userCall(t, p, "services") },
		func(i int) { p.SetVariants(Variants{CountIsTotal: i%2 == 0}); p.Orders(); p.Calls() },
	}
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Go(func() {
			for i := range 40 {
				job(i)
			}
		})
	}
	wg.Wait()
	soundBooks(t, p)
	replies := 0
	tk, _ := p.Ticket(ticket)
	for _, m := range tk.Messages {
		if m.Sender == "k" {
			replies++
		}
	}
	if replies != 40 {
		t.Errorf("got %d replies, want 40", replies)
	}
}
