package models_test

import (
	"errors"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestVariablesAreFilledOnceAndWhatIsUnknownIsAskedFor(t *testing.T) {
	t.Parallel()
	five := int64(5)
	values := models.OrderValues([]models.Order{{Key: models.Key{ID: 12}, Status: "in_progress", Remains: &five, ServiceName: "Likes {staff}"}})
	values["user"] = "{order_id}"
	got := models.Fill("Hi {user}: {order_id} is {status}, {remains} left of {service}, began at {start_count}. {unknown}", values)
	if want := "Hi {order_id}: 12 is in progress, 5 left of Likes {staff}, began at {start_count}. {unknown}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if left := models.Unfilled("see {start_count} and {unknown}"); left != "{start_count}" {
		t.Errorf("got %q", left)
	}
	several := models.OrderValues([]models.Order{{Key: models.Key{ID: 1}, Status: "fail"}, {Key: models.Key{ID: 2}}})
	if several["order_id"] != "1, 2" || several["status"] != "" {
		t.Errorf("of several orders: got %v", several)
	}
}

func TestPersonalRepliesAreOnesOwnAndSharedOnesAreChangedByWhoManages(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	ctx := t.Context()
	modelstest.Staff(t, a.db, "agent", models.RoleAgent, true)
	agent := modelstest.Viewer(t, a.db, "agent")
	add := func(v models.Viewer, r models.CannedReply, want error) {
		t.Helper()
		if err := a.db.AddCannedReply(ctx, v, r); !errors.Is(err, want) {
			t.Errorf("%s adds %q: got %v, want %v", v.Username, r.Title, err, want)
		}
	}
	add(a.owner, models.CannedReply{Title: "Refill", Body: "100% refilled_now"}, nil)
	add(agent, models.CannedReply{Title: "Shared", Body: "x"}, models.ErrNotAllowed)
	add(agent, models.CannedReply{OwnerID: a.owner.StaffID, Title: "Theirs", Body: "x"}, models.ErrNotAllowed)
	add(agent, models.CannedReply{OwnerID: agent.StaffID, Title: "Mine", Body: "only mine"}, nil)
	var invalid models.Invalid
	if err := a.db.AddCannedReply(ctx, a.owner, models.CannedReply{ThenOrder: "explode"}); !errors.As(err, &invalid) || len(invalid) != 3 {
		t.Errorf("got %v, want three fields refused", err)
	}
	find := func(v models.Viewer, q string, want ...string) []models.CannedReply {
		t.Helper()
		rows, err := a.db.CannedReplies(ctx, v, q)
		if err != nil || len(rows) != len(want) {
			t.Fatalf("%s looks for %q: got %d, %v, want %v", v.Username, q, len(rows), err, want)
		}
		for i := range want {
			if rows[i].Title != want[i] {
				t.Errorf("%s looks for %q: got %q, want %q", v.Username, q, rows[i].Title, want[i])
			}
		}
		return rows
	}
	find(a.owner, "", "Refill")
	mine := find(agent, "mine only", "Mine")[0]
	find(agent, "100%", "Refill")
	find(agent, "refilled%now")
	for range 2 {
		if err := a.db.UseCannedReply(ctx, agent, mine.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := find(agent, "", "Mine", "Refill")[0]; got.Uses != 2 {
		t.Errorf("got %d uses, want 2", got.Uses)
	}
	if err := a.db.UseCannedReply(ctx, a.owner, mine.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the owner uses the agent's: got %v", err)
	}
	if err := a.db.RemoveCannedReply(ctx, a.owner, mine.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the owner removes the agent's: got %v", err)
	}
	shared := find(agent, "Refill", "Refill")[0]
	if err := a.db.ChangeCannedReply(ctx, agent, shared); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("the agent changes a shared one: got %v", err)
	}
	if err := a.db.RemoveCannedReply(ctx, agent, mine.ID); err != nil {
		t.Error(err)
	}
}

func TestAMacroDoesAllOfItOrNothing(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	ctx, key := t.Context(), models.Key{PanelID: a.panel.ID, ID: 7}
	modelstest.PutOrders(t, a.db, a.panel.ID, modelstest.Order(a.panel.ID, 5, func(o *models.Order) { o.Status = "pending" }),
		modelstest.Order(a.panel.ID, 6, func(o *models.Order) { o.UserName = "bob" }))
	macro := models.CannedReply{Title: "Cancel", Body: "x", ThenDone: true, ThenAssign: true, ThenOrder: "completed"}
	if err := a.db.AddCannedReply(ctx, a.owner, macro); err != nil {
		t.Fatal(err)
	}
	rows, err := a.db.CannedReplies(ctx, a.owner, "")
	if err != nil {
		t.Fatal(err)
	}
	send := func(order int64) error {
		_, err := a.db.Reply(ctx, a.owner, models.NewReply{Ticket: key, Message: "Done so", Key: "k", Macro: rows[0].ID, Order: order})
		return err
	}
	for _, order := range []int64{0, 6, 404} { // none, another customer's, an unknown one
		var invalid models.Invalid
		if err := send(order); !errors.As(err, &invalid) || invalid["macro"] == "" {
			t.Errorf("order %d: got %v, want the macro refused", order, err)
		}
	}
	if replies, err := a.db.TicketReplies(ctx, a.owner, key); err != nil || len(replies) != 0 {
		t.Errorf("a reply whose macro was refused is on its way: %v, %v", replies, err)
	}
	if err := send(5); err != nil {
		t.Fatal(err)
	}
	if err := send(5); err != nil {
		t.Errorf("the same form again: %v", err)
	}
	ticket, _, err := a.db.Ticket(ctx, a.owner, key)
	if err != nil || ticket.Queue != models.QueueDone || ticket.Holder != "owner" {
		t.Errorf("the ticket stands in %q of %q, %v", ticket.Queue, ticket.Holder, err)
	}
	due, err := a.db.DueActions(ctx, 10)
	if err != nil || len(due) != 1 { // the reply waits for its five seconds
		t.Errorf("due: %v, %v, want the order's action", due, err)
	}
}
