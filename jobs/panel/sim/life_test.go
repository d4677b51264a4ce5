package sim

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestManySmallStepsAreOneLargeStep(t *testing.T) {
	small, large := New(alive(500)), New(alive(500))
	for range 6 * 60 * 4 {
		small.Advance(15 * time.Second)
	}
	large.Advance(6 * time.Hour)
	if fingerprint(t, small) != fingerprint(t, large) {
		t.Error("the worlds differ")
	}
}

func TestTheWorldLivesAtTheStatedPace(t *testing.T) {
	p := New(alive(2000))
	orders, users, payments, messages := len(p.Orders()), len(p.Users()), len(p.Payments()), spoken(p)
	p.Advance(24 * time.Hour)
	within := func(what string, got, want int) {
		t.Helper()
		if got < want*7/10 || got > want*15/10 {
			t.Errorf("got %d %s in a day, want about %d", got, what, want)
		}
	}
	within("orders", len(p.Orders())-orders, 5760)
	within("users", len(p.Users())-users, 576)
	within("payments", len(p.Payments())-payments, 1600)
	if got := spoken(p) - messages; got < 1200 {
		t.Errorf("got %d messages in a day", got)
	}
}

func spoken(p *Panel) (n int) {
	for _, tk := range p.Tickets() {
		n += len(tk.Messages)
	}
	return n
}

func TestLifeKeepsItsInvariants(t *testing.T) {
	p := New(alive(2000))
	for range 8 {
		before := p.Orders()
		p.Advance(90 * time.Minute)
		for _, was := range before {
			is, _ := p.Order(was.ID)
			if was.Final() && (is.Status != was.Status || is.Remains != was.Remains || is.Charge != was.Charge || is.Updated != was.Updated) {
				t.Fatalf("final order changed: %+v to %+v", was, is)
			}
			if is.Status == InProgress && was.Status == InProgress && is.Remains > was.Remains {
				t.Fatalf("remains grew: %+v to %+v", was, is)
			}
		}
		soundBooks(t, p)
	}
}

// soundBooks checks every order's numbers and every customer's balance.
func soundBooks(t testing.TB, p *Panel) {
	t.Helper()
	charged, paid := map[string]Money{}, map[string]Money{}
	last := Order{}
	for _, o := range p.Orders() {
		charged[o.User] += o.Charge
		if o.Remains < 0 || o.Remains > o.Quantity || o.Charge < 0 || o.Updated < o.Created {
			t.Fatalf("impossible order %+v", o)
		}
		if o.Status == Completed && o.Remains != 0 || o.Status == Canceled && o.Charge != 0 {
			t.Fatalf("impossible end %+v", o)
		}
		if o.Created < last.Created || o.ID <= last.ID {
			t.Fatalf("order %d after %d", o.ID, last.ID)
		}
		last = o
	}
	for _, pay := range p.Payments() {
		if pay.Status == PaymentCompleted {
			paid[pay.User] += pay.Amount
		}
	}
	for _, u := range p.Users() {
		if u.Spent != charged[u.Username] || u.Balance != paid[u.Username]-charged[u.Username] {
			t.Fatalf("%s: balance %s spent %s, paid %s charged %s", u.Username, u.Balance, u.Spent, paid[u.Username], charged[u.Username])
		}
	}
}

func TestAStillPanelOnlyTurnsItsClock(t *testing.T) {
	p := New(quiet(500))
	before := fingerprint(t, p)
	p.Advance(48 * time.Hour)
	if fingerprint(t, p) != before {
		t.Error("something happened by itself")
	}
	if got, want := p.Now(), start.Add(48*time.Hour); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	p.Advance(-time.Hour)
	if got, want := p.Now(), start.Add(48*time.Hour); !got.Equal(want) {
		t.Errorf("after a negative step: got %v, want %v", got, want)
	}
}

func TestACustomerAnswersAStaffReply(t *testing.T) {
	o := alive(0)
	o.Rates = Still()
	o.Rates.Talk = 1000 * time.Hour
	p := New(o)
	var tickets []int64
	for range 40 {
		id := p.OpenTicket("somebody", "Other", "hello")
		p.StaffSays(id, "kainat", "hi")
		tickets = append(tickets, id)
	}
	p.Advance(20 * time.Minute)
	answered := 0
	for _, id := range tickets {
		if tk, _ := p.Ticket(id); tk.Status == TicketPending && len(tk.Messages) == 3 && !tk.Messages[2].Staff {
			answered++
		}
	}
	if answered < 8 || answered > 32 {
		t.Errorf("%d of 40 customers answered, want about half", answered)
	}
}

func TestRunFollowsTheWallClockAtItsSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(quiet(0))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		p.Run(ctx, 60)
		got := p.Now().Sub(start)
		if got < 9*time.Minute+40*time.Second || got > 10*time.Minute {
			t.Errorf("got %v in ten seconds at speed 60, want about ten minutes", got)
		}
	})
}

func TestASkewedClockStampsThePast(t *testing.T) {
	p := New(quiet(50))
	p.SetSkew(-time.Hour)
	o, _ := p.Order(p.AddOrder(OrderSpec{}))
	if got, want := o.Created, start.Add(-time.Hour).Unix(); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
	got := listed(t, p, "/orders?limit=1000")
	for i := 1; i < len(got.List); i++ {
		if got.List[i]["created_timestamp"].(float64) > got.List[i-1]["created_timestamp"].(float64) {
			t.Fatalf("row %d is newer than the one before", i)
		}
	}
}

func TestAProvidersRefillEndsByItself(t *testing.T) {
	o := quiet(0)
	o.Rates.Progress = 1000 * time.Hour
	p := New(o)
	for range 20 {
		p.AskRefill(p.AddOrder(OrderSpec{Mode: Auto, Status: Completed}))
	}
	manual := p.AskRefill(p.AddOrder(OrderSpec{Mode: Manual, Status: Completed}))
	p.Advance(2 * time.Hour)
	got := map[string]int{}
	for _, task := range p.Refills() {
		if task.ID == manual && task.Status != TaskPending {
			t.Errorf("the manual one is %s by itself", task.Status)
		}
		got[task.Status]++
	}
	if got[TaskCompleted] < 10 || got[TaskCompleted]+got[TaskRejected] != 20 {
		t.Errorf("got %v, want 20 ended, most of them completed", got)
	}
}
