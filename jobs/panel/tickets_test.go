package panel_test

import (
	"net/http"
	"strings"
	"testing"

	"masterpanel/jobs/panel"
)

const ticketSample = `{
  "id":255,"user":{"id":17,"username":"customer1"},
  "subject":"Orders - Refill","status":"pending","assignee":null,"is_read":false,
  "created":"2025-03-01 12:00:00","created_timestamp":1740830400,
  "last_update":"2025-03-01 12:05:00","last_update_timestamp":1740830700,
  "messages":[
    {"message":"<div><b>Orders - Refill</b></div><div><b>Order ID</b>: 550039</div><hr>please refill",
     "sender_name":"customer1","is_staff":false,
     "created":"2025-03-01 12:00:00","created_timestamp":1740830400,
     "attachments":[{"name":"a.png","url":"https://x.example/a.png","size":"12"},"odd",{"size":[]},{}]},
    {"message":["not","a","text"],"sender_name":"customer1"},
    {"message":"done","sender_name":"support","is_staff":true,"created_timestamp":1740830700,"files":[{"name":"b.txt"}]}]}`

func TestTicketIsReadWithItsMessages(t *testing.T) {
	s := answering(t, http.StatusOK, ok(ticketSample))
	d, err := client(t, s.URL).Ticket(t.Context(), 255)
	if err != nil {
		t.Fatal(err)
	}
	got := line(d.ID, d.UserID, d.Username, d.Subject, d.Status, d.Assignee, d.IsRead, d.Created.Unix(), d.LastUpdate.Unix(), len(d.Messages))
	if want := line(255, 17, "customer1", "Orders - Refill", "pending", "", false, 1740830400, 1740830700, 3); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	first, last := d.Messages[0], d.Messages[2]
	got = line(first.Position, first.HTML, first.SenderName, first.IsStaff, first.Created.Unix(), first.Attachments)
	want := line(0, "<div><b>Orders - Refill</b></div><div><b>Order ID</b>: 550039</div><hr>please refill",
		"customer1", false, 1740830400, []panel.Attachment{{Name: "a.png", URL: "https://x.example/a.png", Size: 12}})
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if last.Position != 2 || !last.IsStaff || last.HTML != "done" || len(last.Attachments) != 1 || len(last.Raw) == 0 {
		t.Errorf("got %+v, want the third message of the panel", last)
	}
	if odd := d.Messages[1]; odd.Position != 1 || odd.SenderName != "customer1" || odd.HTML != "" || line(odd.Misread) != "[message]" {
		t.Errorf("got %+v, want its place, its sender and the name of what was not understood", odd)
	}
}

func TestAMessageOfAnotherShapeKeepsItsPlace(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"id":255,"messages":["just text",null,[1],{"message":{"text":"inner"},"is_staff":{},"created_timestamp":[]},{}]}`))
	d, err := client(t, s.URL).Ticket(t.Context(), 255)
	if err != nil || len(d.Messages) != 5 {
		t.Fatalf("got %+v, %v, want five messages", d, err)
	}
	for i, want := range []string{"just text []", " [message]", " [message]", "inner [is_staff created_timestamp]", " []"} {
		m := d.Messages[i]
		if got := m.HTML + " " + strings.Trim(line(m.Misread), "\n"); got != want || m.Position != i {
			t.Errorf("message %d: got %q at %d, want %q", i, got, m.Position, want)
		}
	}
}

func TestTicketRowWithABareUserName(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"count":1,"list":[{"id":"255","user":"customer1","assignee":"huseyin","is_read":1}]}`))
	p, err := decoded(client(t, s.URL).Tickets(t.Context(), panel.TicketQuery{}))
	if err != nil || len(p.Items) != 1 {
		t.Fatalf("got %+v, %v", p, err)
	}
	if r := p.Items[0]; r.ID != 255 || r.Username != "customer1" || r.UserID != 0 || r.Assignee != "huseyin" || !r.IsRead {
		t.Errorf("got %+v", r)
	}
}

func TestTicketAnswersThatAreNotBelieved(t *testing.T) {
	for _, data := range []string{`[]`, `{}`, `{"id":255}`, `{"id":255,"messages":null}`, `{"id":256,"messages":[]}`} {
		s := answering(t, http.StatusOK, ok(data))
		_, err := client(t, s.URL).Ticket(t.Context(), 255)
		if e := asError(t, err); e.Class != panel.ErrShape {
			t.Errorf("%s: %v, want ErrShape", data, err)
		}
	}
}

func TestReplyAnswers(t *testing.T) {
	tests := []struct {
		body  string
		class error
	}{
		{`{"data":{"ticket_id":255},"error_message":null,"error_code":null}`, nil},
		{ok(`{"ticket_id":"255"}`), nil},
		{ok(`[]`), panel.ErrShape},
		{ok(`{}`), panel.ErrShape},
		{ok(`{"count":0,"list":[]}`), panel.ErrShape},
		{ok(`{"id":255}`), panel.ErrShape},
		{ok(`{"ticket_id":256}`), panel.ErrShape},
		{ok(`{"ticket_id":{}}`), panel.ErrShape},
		{ok(`{"ticket_id":255,"ticket_id":255}`), panel.ErrShape},
		{`{"data":[],"error_message":"Ticket is closed","error_code":7}`, panel.ErrRefused},
		{`{"data":[],"error_message":"Page not found.","error_code":100}`, panel.ErrGone},
		{`ok`, panel.ErrShape},
	}
	for _, tt := range tests {
		s := answering(t, http.StatusOK, tt.body)
		err := client(t, s.URL).Reply(t.Context(), 255, "huseyin", "hello")
		if tt.class == nil {
			if err != nil {
				t.Errorf("%s: %v", tt.body, err)
			}
			continue
		}
		if e := asError(t, err); e.Class != tt.class || !e.Sent {
			t.Errorf("%s: %v, want %v", tt.body, err, tt.class)
		}
	}
}

func TestAddTicketNeedsAnID(t *testing.T) {
	for data, want := range map[string]int64{`{"ticket_id":9}`: 9, `{"id":"9"}`: 9, `{"ticket_id":9,"id":3}`: 9, `[]`: 0, `{}`: 0, `{"ticket_id":-9}`: 0,
		`{"count":0,"list":[]}`: 0, `{"ticket_id":9,"user":"other"}`: 9, `{"ticket_id":9,"email":"other@x.example"}`: 0, `{"ticket_id":9,"user_email":"A@x.example"}`: 9} {
		s := answering(t, http.StatusOK, ok(data))
		got, err := client(t, s.URL).AddTicket(t.Context(), panel.TicketNew{UserEmail: "a@x.example", Subject: "s", Message: "m"})
		if want == 0 {
			if e := asError(t, err); e.Class != panel.ErrShape || !e.Sent {
				t.Errorf("%s: %v, want ErrShape", data, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", data, got, err, want)
		}
	}
}
