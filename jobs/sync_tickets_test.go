package jobs

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// readings returns how often a conversation was read.
func (s shop) readings(ticket int64) (n int) {
	for _, c := range s.Calls() {
		if strings.HasSuffix(c.Path, fmt.Sprint("/tickets/", ticket)) {
			n++
		}
	}
	return n
}

func (b *bench) look(v models.Viewer, s shop, ticket int64) {
	b.Helper()
	if _, err := b.db.Watch(b.Context(), v, models.Tickets, models.Key{PanelID: s.id, ID: ticket}); err != nil {
		b.Fatal(err)
	}
}

func TestTwoWhoLookAtATicketCostOneReadAndAPageThatNobodySeesNone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 20)
	id := s.OpenTicket("ayse", "Refill", "where is my order")
	modelstest.Staff(t, b.db, "colleague", models.RoleAgent, true)
	colleague := modelstest.Viewer(t, b.db, "colleague")
	b.sync()
	minute := func(looking ...models.Viewer) int {
		s.ResetCounters()
		for second := range 60 {
			if second%10 == 0 { // as often as their pages report it
				for _, v := range looking {
					b.look(v, s, id)
				}
			}
			b.run(s.key(models.Tickets))
			b.clock.turn(time.Second)
		}
		return s.readings(id)
	}
	if alone, both := minute(b.owner), minute(b.owner, colleague); alone != 12 || both != 12 {
		t.Errorf("read %d times in a minute for one and %d for two, want 12 and 12", alone, both)
	}
	minute() // a report stays valid for half a minute
	if hidden := minute(); hidden != 0 {
		t.Errorf("read %d times in a minute while no page is in sight, want never", hidden)
	}
}

func TestAnOpenTicketIsReadAgainToTheMoment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 20)
	id := s.OpenTicket("ayse", "Refill", "where is my order")
	b.sync()
	b.look(b.owner, s, id)
	b.clock.turn(time.Second)
	var again *againError
	err := b.worker.syncStream(t.Context(), target{PanelID: s.id, Resource: models.Tickets})
	if !errors.As(err, &again) || again.wait.Round(time.Second) != ticketsLive {
		t.Errorf("got %v, want to come back in %v", err, ticketsLive)
	}
	if err := b.worker.syncStream(t.Context(), target{PanelID: s.id, Resource: models.Orders}); err != nil {
		t.Errorf("a stream that nobody looks at: got %v, want nothing more to do", err)
	}
}

func TestLiveReadsThatWaitForACallGoOnWithTheTicketsThatAreLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 20)
	var tickets []int64
	for range 3 {
		tickets = append(tickets, s.OpenTicket("ayse", "Refill", "where is my order"))
	}
	b.sync()
	for _, id := range tickets {
		b.look(b.owner, s, id)
	}
	s.ResetCounters()
	b.worker.limiter = newLimiter(b.client, Rules{Limit: 2})
	eventually(t, "all are read", func() bool {
		err := b.worker.syncStream(t.Context(), target{PanelID: s.id, Resource: models.Tickets})
		var early *noTurnError
		var again *againError
		if err != nil && !errors.As(err, &early) && !errors.As(err, &again) {
			t.Fatal(err)
		}
		b.exec("UPDATE streams SET turn_at = NULL") // the clock stands still, so no ticket is due twice
		return s.readings(tickets[0]) > 0 && s.readings(tickets[1]) > 0 && s.readings(tickets[2]) > 0
	})
	for _, id := range tickets {
		if n := s.readings(id); n != 1 {
			t.Errorf("ticket %d was read %d times, want once", id, n)
		}
	}
}

func TestConversationsThatWaitToBeReadHoldUpNoOpenTicket(t *testing.T) {
	t.Parallel()
	var b *bench
	slow := &before{method: http.MethodGet, do: func() { b.clock.turn(2 * time.Second) }}
	b = newBench(t, func(o *Options) { o.Transport = slow })
	s := b.shop("alpha", 20)
	id := s.OpenTicket("ayse", "Refill", "where is my order")
	b.sync()
	for range ticketsPerTurn {
		s.OpenTicket("ben", "Refund", "give it back")
	}
	b.later(time.Minute)
	b.exec("UPDATE tickets SET messages_at = NULL WHERE id <> $1", id)
	s.ResetCounters()
	for range 6 { // ten seconds each
		b.look(b.owner, s, id)
		b.run(s.key(models.Tickets))
	}
	unread := 0
	for _, c := range s.Calls() {
		switch {
		case strings.HasSuffix(c.Path, fmt.Sprint("/tickets/", id)):
			unread = 0
		case strings.Contains(c.Path, "/tickets/"):
			unread++
		}
		if unread > 3 {
			t.Fatal("more than three conversations, of two seconds each, were read before the open ticket was read again")
		}
	}
	if n := s.readings(id); n < 3 {
		t.Errorf("the open ticket was read %d times, want it read again and again", n)
	}
}
