package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

type ticketDetail struct {
	ID       int64          `json:"id"`
	User     map[string]any `json:"user"`
	Subject  string         `json:"subject"`
	Status   string         `json:"status"`
	Assignee *string        `json:"assignee"`
	IsRead   bool           `json:"is_read"`
	Created  int64          `json:"created_timestamp"`
	Updated  int64          `json:"last_update_timestamp"`
	Messages []struct {
		Message string `json:"message"`
		Sender  string `json:"sender_name"`
		IsStaff bool   `json:"is_staff"`
		Created int64  `json:"created_timestamp"`
	} `json:"messages"`
}

func detail(t testing.TB, p *Panel, id int64) ticketDetail {
	t.Helper()
	return into[ticketDetail](t, ask(t, p, fmt.Sprintf("/tickets/%d", id), nil))
}

func TestAReplyIsAppendedAndAnswersTheTicket(t *testing.T) {
	p := New(quiet(0))
	id := p.OpenTicket("customer1", "Orders - Refill", "<b>please</b>")
	p.Advance(time.Minute)
	path := fmt.Sprintf("/tickets/%d/reply", id)
	want := fmt.Sprintf(`{"data":{"ticket_id":%d},"error_message":"","error_code":0}`, id)
	for range 2 {
		if got := ask(t, p, path, object{"staff_name": "kainat", "message": "done"}).raw; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	got := detail(t, p, id)
	if got.Status != TicketAnswered || !got.IsRead || got.Updated != start.Unix()+60 || got.Created != start.Unix() {
		t.Errorf("got %+v", got)
	}
	if len(got.Messages) != 3 || got.Messages[0].Message != "<b>please</b>" || got.Messages[0].IsStaff || got.Messages[0].Sender != "customer1" {
		t.Fatalf("messages: got %+v, want the customer's and the same reply twice", got.Messages)
	}
	if m := got.Messages[2]; !m.IsStaff || m.Sender != "kainat" || m.Message != "done" {
		t.Errorf("reply: got %+v", m)
	}
	for _, body := range []object{{}, {"message": "x"}, {"staff_name": "x"}} {
		refusedWith(t, ask(t, p, path, body), 400, codeInvalid)
	}
	refusedWith(t, ask(t, p, "/tickets/1/reply", object{"staff_name": "k", "message": "m"}), 404, codeNotFound)
}

func TestACustomersMessageMakesTheTicketPendingAndUnread(t *testing.T) {
	p := New(quiet(0))
	id := p.OpenTicket("customer1", "Other", "hi")
	p.StaffSays(id, "kainat", "hello")
	p.CustomerSays(id, "thanks")
	if got := detail(t, p, id); got.Status != TicketPending || got.IsRead || len(got.Messages) != 3 {
		t.Errorf("got %+v", got)
	}
	if got := detail(t, p, id); got.IsRead {
		t.Error("reading the detail marked the ticket read")
	}
}

func TestTicketsAreListedByLastUpdateWithoutMessages(t *testing.T) {
	p := New(quiet(0))
	var want []int64
	for i := range 3 {
		want = append(want, p.OpenTicket(fmt.Sprintf("customer%d", i), "Other", "hi"))
		p.Advance(time.Second)
	}
	p.StaffSays(want[0], "kainat", "hello")
	got := listed(t, p, "/tickets")
	if order := ids(got.List); !slices.Equal(order, []int64{want[0], want[2], want[1]}) {
		t.Errorf("got %v", order)
	}
	if got.List[0]["messages"] != nil || got.List[0]["user"].(map[string]any)["username"] != "customer0" {
		t.Errorf("got %v", got.List[0])
	}
	if got := ids(listed(t, p, "/tickets?status=answered").List); !slices.Equal(got, want[:1]) {
		t.Errorf("by status: got %v", got)
	}
	if got := ids(listed(t, p, "/tickets?user=customer1").List); !slices.Equal(got, want[1:2]) {
		t.Errorf("by user: got %v", got)
	}
}

func TestStaffOpensATicketForACustomer(t *testing.T) {
	p := New(quiet(0))
	p.AddUser(UserSpec{Username: "customer1", Email: "c1@example.com"})
	body := object{"username": "customer1", "subject": "Hello", "message": "text", "staff_name": "huseyin"}
	id := int64(into[object](t, ask(t, p, "/tickets/add", body))["ticket_id"].(float64))
	if got := detail(t, p, id); got.Status != TicketAnswered || got.Subject != "Hello" || got.Messages[0].Sender != "huseyin" {
		t.Errorf("got %+v", got)
	}
	into[object](t, ask(t, p, "/tickets/add", object{"user_email": "C1@example.com", "subject": "s", "message": "m"}))
	refusedWith(t, ask(t, p, "/tickets/add", object{"username": "nobody", "subject": "s", "message": "m"}), 400, codeInvalid)
	refusedWith(t, ask(t, p, "/tickets/add", object{"username": "customer1", "subject": "s"}), 400, codeInvalid)
}
