package jobs

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
)

func TestATicketThatIsDeletedOnItsPanelStaysAsItWasReadAndTroublesNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	key := models.Key{PanelID: o.at.id, ID: o.ticket}
	o.at.DeleteTicket(o.ticket)
	for range 3 { // staff have it open all the time
		if _, err := o.db.Watch(t.Context(), o.owner, models.Tickets, key); err != nil {
			t.Fatal(err)
		}
		o.later(10 * time.Second)
	}
	ticket, messages, err := o.db.Ticket(t.Context(), o.owner, key)
	if err != nil || ticket.GoneAt == nil || len(messages) != 1 || ticket.Queue != models.QueueWaiting {
		t.Errorf("got %+v with %d messages, %v; want it gone, with its message, and waiting until somebody decides", ticket, len(messages), err)
	}
	if got := o.state(o.at.key(models.Tickets)); got != "idle: " {
		t.Errorf("the stream is %q", got)
	}
	o.at.OpenTicket("ben", "Another", "Hello")
	o.later(time.Minute)
	if n := o.count("SELECT count(*) FROM ticket_messages WHERE body = 'Hello' AND sender = 'ben'"); n != 1 {
		t.Error("what came after it is not read")
	}
}

func TestAReplyToATicketThatIsGoneIsRefusedInPlainWordsAndItsTextComesBack(t *testing.T) {
	t.Parallel()
	for _, when := range []string{http.MethodGet, http.MethodPost} { // deleted before the read, and before the write
		deleting := &before{method: when, do: func() {}}
		o := newOffice(t, func(options *Options) { options.Transport = deleting })
		o.sync()
		key := models.Key{PanelID: o.at.id, ID: o.ticket}
		a, err := o.db.Reply(t.Context(), o.owner, models.NewReply{Ticket: key, Message: "It is on its way.", Key: "k", Done: true})
		if err != nil {
			t.Fatal(err)
		}
		deleting.do = func() { o.at.DeleteTicket(o.ticket) }
		o.work()
		if got := o.now(a); got.State != models.ActionRefused || !strings.HasPrefix(got.Words, "The panel no longer has it") {
			t.Errorf("%s: got %s (%s)", when, got.State, got.Words)
		}
		if draft, err := o.db.Draft(t.Context(), o.owner, key); err != nil || draft != "It is on its way." {
			t.Errorf("%s: the draft is %q, %v; want what was typed", when, draft, err)
		}
		if ticket, _, err := o.db.Ticket(t.Context(), o.owner, key); err != nil || ticket.Queue != models.QueueWaiting {
			t.Errorf("%s: it stands in %q, %v; want it back among those that wait", when, ticket.Queue, err)
		}
	}
}

// before calls do before every call with a method.
type before struct {
	method string
	do     func()
}

func (b *before) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == b.method {
		b.do()
	}
	return http.DefaultTransport.RoundTrip(r)
}
