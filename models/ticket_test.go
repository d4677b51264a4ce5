package models_test

import (
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestATicketWaitsSinceTheFirstUnansweredMessage(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	status := "pending"
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	key := models.Key{PanelID: p.ID, ID: 255}
	var messages []models.TicketMessage
	say := func(staff bool, minute int) {
		messages = append(messages, models.TicketMessage{PanelID: p.ID, TicketID: key.ID, Position: len(messages),
			Sender: "x", IsStaff: staff, Body: "<b>hello</b>", CreatedAt: start.Add(time.Duration(minute) * time.Minute)})
	}
	put := func() (models.Ticket, bool) {
		t.Helper()
		ticket := models.Ticket{Key: key, UserName: "anna", Subject: "Orders - Refill", Status: status, CreatedAt: start,
			UpdatedAt: messages[len(messages)-1].CreatedAt, Mirrored: models.Mirrored{Raw: []byte(`{"id":255}`)}}
		ticket.Raw = []byte(`{"id":255,"u":"` + ticket.UpdatedAt.String() + `"}`)
		if _, err := db.PutTickets(t.Context(), p.ID, []models.Ticket{ticket}, modelstest.Now(t)); err != nil {
			t.Fatal(err)
		}
		toRead, err := db.TicketsToRead(t.Context(), p.ID, 10)
		if err != nil {
			t.Fatal(err)
		}
		changed, err := db.PutTicket(t.Context(), ticket, messages, modelstest.Now(t))
		if err != nil || changed != (len(toRead) == 1) {
			t.Fatalf("%d tickets were to be read, but changed is %v, %v", len(toRead), changed, err)
		}
		stored, storedMessages, err := db.Ticket(t.Context(), owner, key)
		if err != nil || len(storedMessages) != len(messages) {
			t.Fatalf("got %d messages, %v, want %d", len(storedMessages), err, len(messages))
		}
		return stored, changed
	}

	say(false, 0)
	say(false, 5) // a further message does not change it
	if got, _ := put(); got.WaitingSince == nil || !got.WaitingSince.Equal(start) {
		t.Errorf("waiting since %v, want %v", got.WaitingSince, start)
	}
	if _, changed := put(); changed {
		t.Error("the same again counts as changed")
	}
	say(true, 10)
	if got, _ := put(); got.WaitingSince != nil {
		t.Errorf("answered, but waiting since %v", got.WaitingSince)
	}
	say(false, 20)
	if got, _ := put(); got.WaitingSince == nil || !got.WaitingSince.Equal(start.Add(20*time.Minute)) {
		t.Errorf("waiting since %v, want minute 20", got.WaitingSince)
	}
	status = "closed"
	say(false, 30)
	if got, _ := put(); got.WaitingSince != nil {
		t.Errorf("closed, but waiting since %v", got.WaitingSince)
	}
}
