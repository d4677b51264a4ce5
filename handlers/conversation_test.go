package handlers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAConversationOfFiveThousandMessagesShowsItsEndAndOnDemandAllOfIt(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	began := modelstest.Now(t).Add(-24 * time.Hour).Truncate(time.Second)
	messages := make([]models.TicketMessage, 5000)
	for i := range messages {
		messages[i] = models.TicketMessage{Sender: "anna", IsStaff: i%2 == 0, Body: fmt.Sprintf("message no. %d.", i), CreatedAt: began.Add(time.Duration(i) * time.Second)}
	}
	s.talk(panel, "pending", messages...)
	path := fmt.Sprintf("/tickets/%d/7", panel.ID)
	count := func(path string) int { return strings.Count(s.get(path).Body, `class="message-head"`) }
	if got := count(path); got != mostMessages {
		t.Errorf("got %d messages, want %d", got, mostMessages)
	}
	s.get(path).expect(t, 200, "Show 4,700 earlier messages", "message no. 4999.", `name="seen" value="5000"`)
	if got := count(path + "?all=1"); got != 5000 {
		t.Errorf("all: got %d messages, want 5000", got)
	}
}

func TestMessagesThatNobodyAnsweredAreAllShown(t *testing.T) {
	t.Parallel()
	since := modelstest.Now(t)
	messages := make([]models.TicketMessage, 1000)
	for i := range messages {
		messages[i] = models.TicketMessage{Position: i, IsStaff: i < 100, CreatedAt: since.Add(time.Duration(i-100) * time.Second)}
	}
	if got := latest(models.Ticket{WaitingSince: &since}, messages); len(got) != 900 || got[0].Position != 100 {
		t.Errorf("got %d messages from %d, want the 900 that wait", len(got), got[0].Position)
	}
}

func TestEqualMessagesOfOneSecondAreEachShown(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	at := modelstest.Now(t).Truncate(time.Second)
	same := models.TicketMessage{Sender: "anna", Body: "where is it?", CreatedAt: at}
	s.talk(panel, "pending", same, same, same)
	body := s.get(fmt.Sprintf("/tickets/%d/7", panel.ID)).Body
	if got := strings.Count(body, `id="tickets-message-`); got != 3 {
		t.Errorf("got %d messages, want 3", got)
	}
}
