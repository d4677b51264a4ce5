package models_test

import (
	"errors"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// conversation stores ticket 7 with the given messages.
func (a *archive) conversation(messages ...models.TicketMessage) {
	a.Helper()
	key := models.Key{PanelID: a.panel.ID, ID: 7}
	for i := range messages {
		m := &messages[i]
		m.PanelID, m.TicketID, m.Position = key.PanelID, key.ID, i
		if m.CreatedAt.IsZero() {
			m.CreatedAt = a.now()
		}
	}
	a.turn(time.Second)
	t := models.Ticket{Key: key, UserName: "anna", Status: "pending", UpdatedAt: a.now()}
	if _, err := a.db.PutTicket(a.Context(), t, messages, a.now()); err != nil {
		a.Fatal(err)
	}
}

func (a *archive) reply(v models.Viewer, key, text string, seen *models.Seen) (models.PanelAction, error) {
	return a.db.Reply(a.Context(), v, models.NewReply{Ticket: models.Key{PanelID: a.panel.ID, ID: 7}, Message: text, Key: key, Seen: seen})
}

func TestAReplyToATicketThatHasChangedIsHeldUntilTheNewIsSeen(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	a.conversation(models.TicketMessage{Sender: "anna", Body: "where is it"})
	seen := models.Seen{Messages: 1}
	a.conversation(models.TicketMessage{Sender: "anna", Body: "where is it"}, models.TicketMessage{Sender: "anna", Body: "forget it"})
	var changed *models.Collision
	if _, err := a.reply(a.owner, "k", "It is on its way", &seen); !errors.As(err, &changed) || len(changed.Messages) != 1 || changed.Messages[0].Body != "forget it" {
		t.Fatalf("got %v, want the message that was not seen", err)
	}
	if _, err := a.reply(a.owner, "k", "It is on its way", &changed.Now); err != nil {
		t.Errorf("sent anyway: %v", err)
	}
}

func TestOfTwoWhoAnswerAtOnceTheSecondIsToldOfTheFirst(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	modelstest.Staff(t, a.db, "other", models.RoleAgent, true)
	other, seen := modelstest.Viewer(t, a.db, "other"), models.Seen{Messages: 1}
	first, err := a.reply(other, "k", "Hello from other", &seen)
	if err != nil {
		t.Fatal(err)
	}
	var changed *models.Collision
	if _, err := a.reply(a.owner, "k", "Hello from owner", &seen); !errors.As(err, &changed) || len(changed.Replies) != 1 || changed.Replies[0].ID != first.ID {
		t.Fatalf("got %v, want the reply of the other", err)
	}
	if again, err := a.reply(other, "k", "Hello from other", &seen); err != nil || again.ID != first.ID {
		t.Errorf("the first form again: got %d, %v, want the first reply %d", again.ID, err, first.ID)
	}
}

func TestOnesOwnReplyIsNoNewsToOneself(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	a.conversation(models.TicketMessage{Sender: "anna", Body: "hi"})
	seen := models.Seen{Messages: 1}
	if _, err := a.reply(a.owner, "k1", "We look at it & tell you.", &seen); err != nil {
		t.Fatal(err)
	}
	a.conversation(models.TicketMessage{Sender: "anna", Body: "hi"}, models.TicketMessage{Sender: "owner", IsStaff: true, Body: "<p>We look at it &amp; tell you.</p>"})
	if _, err := a.reply(a.owner, "k2", "One more thing", &seen); err != nil {
		t.Errorf("got %v, want it accepted", err)
	}
}

func TestAReplyIsShownOnceWhateverThePanelMadeOfItsText(t *testing.T) {
	t.Parallel()
	a := models.PanelAction{Username: "demo", Payload: models.ActionPayload{Message: "Hello\n\n1 < 2"}, Before: &models.Sight{Copies: 1}}
	copies := func(n int) []models.TicketMessage {
		var all []models.TicketMessage
		for range n {
			all = append(all, models.TicketMessage{Sender: "demo", IsStaff: true, Body: "<p>Hello</p><p>1 &lt; 2</p>"})
		}
		return append(all, models.TicketMessage{Sender: "demo", Body: "Hello 1 < 2"}) // a customer with the same name
	}
	if a.ShownIn(copies(1)) || !a.ShownIn(copies(2)) {
		t.Error("the copy that was there before counts, or the new one does not")
	}
}

func TestADraftIsKeptPerPersonAndComesBackWithAReplyThatWasNotSent(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	ctx, key := t.Context(), models.Key{PanelID: a.panel.ID, ID: 7}
	modelstest.Staff(t, a.db, "other", models.RoleAgent, true)
	other := modelstest.Viewer(t, a.db, "other")
	draft := func(v models.Viewer, want string) {
		t.Helper()
		if got, err := a.db.Draft(ctx, v, key); err != nil || got != want {
			t.Errorf("draft of %s: got %q, %v, want %q", v.Username, got, err, want)
		}
	}
	save := func(text string) {
		t.Helper()
		if err := a.db.SaveDraft(ctx, a.owner, key, text, ""); err != nil {
			t.Fatal(err)
		}
	}
	save("Hel")
	save("Hello")
	draft(a.owner, "Hello")
	draft(other, "")
	action, err := a.reply(a.owner, "k", "Hello", nil)
	if err != nil {
		t.Fatal(err)
	}
	draft(a.owner, "")
	if err := a.db.SaveDraft(ctx, a.owner, key, "Hell", "k"); err != nil { // it was in flight when the reply was sent
		t.Fatal(err)
	}
	draft(a.owner, "")
	save("Another")
	if _, err := a.db.CancelAction(ctx, a.owner, action.ID); err != nil {
		t.Fatal(err)
	}
	draft(a.owner, "Hello\n\nAnother")

	action, err = a.reply(a.owner, "k2", "Second", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.turn(10 * time.Second)
	sending := a.sent(action)
	if err := a.db.EndAction(ctx, sending, models.ActionRefused, "The ticket is locked."); err != nil {
		t.Fatal(err)
	}
	draft(a.owner, "Second")
	save("")
	draft(a.owner, "")
}

func TestNobodyDraftsWhereTheyMayNotReply(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	modelstest.Staff(t, a.db, "viewer", models.RoleViewer, true)
	modelstest.Staff(t, a.db, "stranger", models.RoleAgent, false)
	for who, want := range map[string]error{"viewer": models.ErrNotAllowed, "stranger": models.ErrNotFound} {
		if err := a.db.SaveDraft(t.Context(), modelstest.Viewer(t, a.db, who), models.Key{PanelID: a.panel.ID, ID: 7}, "x", ""); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", who, err, want)
		}
	}
}
