package models_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// desk is a panel with tickets, an owner who works on them, and a clock that tests set.
type desk struct {
	t     *testing.T
	db    *models.DB
	owner models.Viewer
	panel int64
	now   time.Time // the current time
	said  map[int64][]models.TicketMessage
	state map[int64]string
}

var deskStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: deskStart.Add(24 * time.Hour), said: map[int64][]models.TicketMessage{}, state: map[int64]string{}}
	d.db = modelstest.NewAt(t, func() time.Time { return d.now })
	d.panel = modelstest.Panel(t, d.db, modelstest.Owner(t, d.db), "Alpha", "https://alpha.example").ID
	d.owner = modelstest.Viewer(t, d.db, "owner")
	return d
}

// hire adds a staff member who works on the given panels.
func (d *desk) hire(username string, role models.Role, panels ...int64) models.Viewer {
	d.t.Helper()
	_, err := d.db.CreateStaff(d.t.Context(), models.NewStaff{Username: username, Password: modelstest.Password, Role: role, Panels: panels})
	d.must(err)
	return modelstest.Viewer(d.t, d.db, username)
}

func (d *desk) key(id int64) models.Key { return models.Key{PanelID: d.panel, ID: id} }

// customer and staff add a message to a ticket at a minute, and read the ticket from the panel.
func (d *desk) customer(id int64, minute int) {
	d.t.Helper()
	d.say(id, false, minute, "hello, order 4711")
}
func (d *desk) staff(id int64, minute int) { d.t.Helper(); d.say(id, true, minute, "we look") }

func (d *desk) say(id int64, staff bool, minute int, body string) {
	d.t.Helper()
	d.said[id] = append(d.said[id], models.TicketMessage{PanelID: d.panel, TicketID: id, Position: len(d.said[id]), Sender: "x",
		IsStaff: staff, Body: body, CreatedAt: deskStart.Add(time.Duration(minute) * time.Minute)})
	if d.state[id] == "" {
		d.state[id] = "pending"
	}
	d.read(id)
}

// read reads the ticket from its panel, as the sync does.
func (d *desk) read(id int64) {
	d.t.Helper()
	said := d.said[id]
	at := said[len(said)-1].CreatedAt.Add(time.Duration(len(d.state[id])))
	row := models.Ticket{Key: d.key(id), UserName: "anna", Subject: "Refill", Status: d.state[id], CreatedAt: deskStart, UpdatedAt: at,
		Mirrored: models.Mirrored{Raw: fmt.Appendf(nil, `{"id":%d,"n":%d,"s":%q}`, id, len(said), d.state[id])}}
	if _, err := d.db.PutTickets(d.t.Context(), d.panel, []models.Ticket{row}, modelstest.Now(d.t)); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.db.PutTicket(d.t.Context(), row, said, modelstest.Now(d.t)); err != nil {
		d.t.Fatal(err)
	}
}

// stands checks a ticket's queue and assignee, and the minute since when it needs a reply, -1 for none.
func (d *desk) stands(id int64, queue, holder string, minute int) {
	d.t.Helper()
	got, _, err := d.db.Ticket(d.t.Context(), d.owner, d.key(id))
	if err != nil {
		d.t.Fatal(err)
	}
	since := -1
	if got.DueSince != nil {
		since = int(got.DueSince.Sub(deskStart).Minutes())
	}
	if got.Queue != queue || got.Holder != holder || since != minute {
		d.t.Errorf("ticket %d stands in %q of %q since minute %d, want %q of %q since %d", id, got.Queue, got.Holder, since, queue, holder, minute)
	}
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestATicketThatIsDoneComesBackWhenTheCustomerWritesAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.customer(1, 0)
	d.stands(1, models.QueueWaiting, "", 0)
	d.must(d.db.FinishTicket(t.Context(), d.owner, d.key(1), 1))
	d.stands(1, models.QueueDone, "", -1)
	d.read(1)
	d.stands(1, models.QueueDone, "", -1)
	d.customer(1, 5)
	d.stands(1, models.QueueWaiting, "", 5)
	d.customer(1, 6)
	d.stands(1, models.QueueWaiting, "", 5)
	d.staff(1, 7)
	d.stands(1, models.QueueAnswered, "", -1)
}

func TestAMessageThatWhoeverSaysDoneHadNotSeenKeepsTheTicketWaiting(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.customer(1, 0)
	d.customer(1, 1)
	d.must(d.db.FinishTicket(t.Context(), d.owner, d.key(1), 1))
	d.stands(1, models.QueueWaiting, "", 1)
}

func TestATicketThatIsNotDoneAfterAllWaitsSinceTheCustomerWrote(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.customer(1, 3)
	d.must(d.db.FinishTicket(t.Context(), d.owner, d.key(1), 1))
	d.must(d.db.ReopenTicket(t.Context(), d.owner, d.key(1)))
	d.stands(1, models.QueueWaiting, "", 3)
}

func TestThePanelsOwnStatusAndOursDoNotMix(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.customer(1, 0)
	d.must(d.db.FinishTicket(t.Context(), d.owner, d.key(1), 1))
	got, _, err := d.db.Ticket(t.Context(), d.owner, d.key(1))
	if d.must(err); got.Status != "pending" {
		t.Errorf("done here makes it %q on the panel", got.Status)
	}
	d.state[2] = "closed"
	d.customer(2, 1)
	d.stands(2, models.QueueClosed, "", -1)
}

func TestAReplyOfOursCountsBeforeThePanelShowsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.customer(1, 0)
	d.must(d.db.TicketAnswered(t.Context(), d.owner, d.key(1), 1, false))
	d.stands(1, models.QueueAnswered, "owner", -1) // the first reply assigns it
	d.state[1] = "answered"
	d.read(1) // without our reply
	d.stands(1, models.QueueAnswered, "owner", -1)
	d.staff(1, 2)
	d.customer(1, 3)
	d.stands(1, models.QueueWaiting, "owner", 3)
	d.must(d.db.TicketAnswered(t.Context(), d.owner, d.key(1), 3, true))
	d.stands(1, models.QueueDone, "owner", -1)
	d.must(d.db.TicketUnanswered(t.Context(), d.key(1)))
	d.stands(1, models.QueueWaiting, "owner", 3)
}

func TestASnoozeEndsByItsTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.customer(1, 0)
	d.must(d.db.SnoozeTicket(t.Context(), d.owner, d.key(1), models.Snooze{Until: d.now.Add(time.Hour)}, 1))
	d.stands(1, models.QueueSnoozed, "", -1)
	d.mind(0)
	d.now = d.now.Add(time.Hour)
	d.mind(1)
	d.stands(1, models.QueueWaiting, "", 0) // the customer has waited since their message
	d.mind(0)
}

// mind runs the automatic steps that are due, and checks the number of tickets that have one.
func (d *desk) mind(want int) {
	d.t.Helper()
	keys, err := d.db.TicketsToMind(d.t.Context(), 100)
	if d.must(err); len(keys) != want {
		d.t.Errorf("%d tickets are to be minded, want %d", len(keys), want)
	}
	for _, key := range keys {
		d.must(d.db.MindTicket(d.t.Context(), key))
	}
}

func TestTicketsOfWhoMayNoLongerWorkOnThemGoBackAndNoOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	beta := modelstest.Panel(t, d.db, d.owner, "Beta", "https://beta.example").ID
	d.owner = modelstest.Viewer(t, d.db, "owner")
	for id := int64(1); id <= 4; id++ {
		d.customer(id, int(id))
	}
	ctx := t.Context()
	give := func(id int64, v models.Viewer) { d.must(d.db.AssignTicket(ctx, d.owner, d.key(id), v.StaffID)) }
	stays, moved, out, gone := d.hire("stays", models.RoleAgent, d.panel), d.hire("moved", models.RoleAgent, d.panel, beta),
		d.hire("out", models.RoleAgent, d.panel), d.hire("gone", models.RoleAgent, d.panel)
	for i, v := range []models.Viewer{stays, moved, out, gone} {
		give(int64(i+1), v)
	}
	d.mind(0)
	d.must(d.db.ChangeMember(ctx, d.owner, moved.StaffID, models.MemberInput{Role: models.RoleAgent, Panels: []int64{beta}}))
	d.must(d.db.DisableMember(ctx, d.owner, out.StaffID))
	d.must(d.db.RemoveMember(ctx, d.owner, gone.StaffID, "gone"))
	d.mind(3)
	d.stands(1, models.QueueWaiting, "stays", 1)
	for id := 2; id <= 4; id++ {
		d.stands(int64(id), models.QueueWaiting, "", id)
	}
	d.mind(0)
}

func TestACustomersThanksShowASnoozedTicketAndDoNotLoseItsReminder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	modelstest.PutOrders(t, d.db, d.panel, modelstest.Order(d.panel, 4711, func(o *models.Order) { o.UserName, o.Status = "anna", "in_progress" }))
	d.customer(1, 0)
	d.staff(1, 1)
	d.must(d.db.SnoozeTicket(t.Context(), d.owner, d.key(1), models.Snooze{Order: true}, 2))
	d.stands(1, models.QueueSnoozed, "", -1)
	d.customer(1, 2) // "ok thanks"
	d.stands(1, models.QueueWaiting, "", 2)
	d.must(d.db.FinishTicket(t.Context(), d.owner, d.key(1), 3))
	d.stands(1, models.QueueDone, "", -1)
	d.mind(0)
	modelstest.PutOrders(t, d.db, d.panel, modelstest.Order(d.panel, 4711, func(o *models.Order) {
		o.UserName, o.Status, o.Raw = "anna", "completed", []byte(`{"id":4711,"status":"completed"}`)
	}))
	d.mind(1)
	got, _, err := d.db.Ticket(t.Context(), d.owner, d.key(1))
	if d.must(err); got.Queue != models.QueueWaiting || got.DueSince == nil {
		t.Errorf("the order changed and the ticket stands in %q", got.Queue)
	}
	state, err := d.db.TicketDesk(t.Context(), d.owner, d.key(1))
	if d.must(err); state.WokenWhy != "Order 4711 is completed now." {
		t.Errorf("it says %q", state.WokenWhy)
	}
	d.staff(1, 48*60)
	d.stands(1, models.QueueAnswered, "", -1)
}

func TestASnoozeUntilTheCustomerWritesEndsByThat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.customer(1, 0)
	d.must(d.db.SnoozeTicket(t.Context(), d.owner, d.key(1), models.Snooze{}, 1))
	d.stands(1, models.QueueSnoozed, "", -1)
	d.customer(1, 4)
	d.stands(1, models.QueueWaiting, "", 0) // the first message was never answered
	d.staff(1, 5)
	d.stands(1, models.QueueAnswered, "", -1)
}

func TestASnoozeThatCannotEndIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.customer(1, 0)
	for _, s := range []models.Snooze{{Order: true}, {Until: d.now.Add(-time.Minute)}, {Until: d.now.Add(400 * 24 * time.Hour)}} {
		err := d.db.SnoozeTicket(t.Context(), d.owner, d.key(1), s, 1)
		if invalid := (models.Invalid{}); !errors.As(err, &invalid) || invalid["until"] == "" {
			t.Errorf("%+v: %v", s, err)
		}
	}
	d.stands(1, models.QueueWaiting, "", 0)
}

func TestTwentyWhoTakeAtOnceGetTwentyTickets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const takers = 20
	for id := int64(1); id <= takers; id++ {
		d.customer(id, int(100-id))
	}
	d.state[99] = "closed"
	d.customer(99, 0)
	var wait sync.WaitGroup
	var mu sync.Mutex
	taken := map[models.Key]int{}
	for range takers {
		wait.Go(func() {
			key, err := d.db.TakeNext(t.Context(), d.owner)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			taken[key]++
			mu.Unlock()
		})
	}
	wait.Wait()
	if len(taken) != takers {
		t.Errorf("%d takers got %d tickets: %v", takers, len(taken), taken)
	}
	if _, err := d.db.TakeNext(t.Context(), d.owner); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("with nobody left: %v", err)
	}
}

func TestTakeNextGivesWhoeverWaitsLongestOnTheTakersPanels(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	beta := modelstest.Panel(t, d.db, d.owner, "Beta", "https://beta.example")
	d.owner = modelstest.Viewer(t, d.db, "owner")
	d.customer(1, 9)
	d.customer(2, 5)
	agent := d.hire("agent", models.RoleAgent, beta.ID)
	if _, err := d.db.TakeNext(t.Context(), agent); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("somebody of another panel: %v", err)
	}
	got, err := d.db.TakeNext(t.Context(), d.owner)
	if d.must(err); got != d.key(2) {
		t.Errorf("got %v", got)
	}
}

func TestATicketComesBackToTheQueueAfterSilence(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.now = deskStart.Add(10 * time.Minute)
	d.must(d.db.SetTicketSettings(t.Context(), d.owner, models.TicketSettings{WarnMinutes: 5, LateMinutes: 20, ReturnMinutes: 30}))
	d.customer(1, 0)
	d.must(d.db.AssignTicket(t.Context(), d.owner, d.key(1), d.owner.StaffID))
	d.now = d.now.Add(20 * time.Minute)
	d.must(d.db.AddTicketNote(t.Context(), d.owner, d.key(1), "I am on it"))
	d.now = d.now.Add(29 * time.Minute)
	d.mind(0)
	d.now = d.now.Add(2 * time.Minute)
	d.mind(1)
	d.stands(1, models.QueueWaiting, "", 0)
}

func TestATicketOfSomebodyWhoLeftIsNobodys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agent := d.hire("agent", models.RoleAgent, d.panel)
	d.customer(1, 0)
	d.staff(1, 1)
	d.must(d.db.AssignTicket(t.Context(), d.owner, d.key(1), agent.StaffID))
	d.stands(1, models.QueueAnswered, "agent", -1)
	d.mind(0)
	d.must(d.db.DisableMember(t.Context(), d.owner, agent.StaffID))
	d.mind(1)
	d.stands(1, models.QueueAnswered, "", -1)
}

func TestOnlyThoseWhoWorkOnThePanelChangeOrGetItsTickets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	beta := modelstest.Panel(t, d.db, d.owner, "Beta", "https://beta.example")
	d.owner = modelstest.Viewer(t, d.db, "owner")
	outsider := d.hire("outsider", models.RoleAgent, beta.ID)
	viewer := d.hire("viewer", models.RoleViewer, d.panel)
	d.customer(1, 0)
	d.customer(2, 1)
	ctx, key := t.Context(), d.key(1)
	for _, one := range []struct {
		who  models.Viewer
		want error
	}{{outsider, models.ErrNotFound}, {viewer, models.ErrNotAllowed}} {
		for what, err := range map[string]error{
			"assign": d.db.AssignTicket(ctx, one.who, key, one.who.StaffID), "done": d.db.FinishTicket(ctx, one.who, key, 1),
			"reopen": d.db.ReopenTicket(ctx, one.who, key), "snooze": d.db.SnoozeTicket(ctx, one.who, key, models.Snooze{}, 1),
			"wake": d.db.WakeTicket(ctx, one.who, key), "link": d.db.LinkTicket(ctx, one.who, key, 2, 1),
			"note": d.db.AddTicketNote(ctx, one.who, key, "x"), "answered": d.db.TicketAnswered(ctx, one.who, key, 1, false),
		} {
			if !errors.Is(err, one.want) {
				t.Errorf("%s of %s: %v, want %v", what, one.who.Username, err, one.want)
			}
		}
		if err := d.db.AssignTicket(ctx, d.owner, key, one.who.StaffID); !errors.As(err, new(models.Invalid)) {
			t.Errorf("a ticket is given to %s: %v", one.who.Username, err)
		}
	}
	d.stands(1, models.QueueWaiting, "", 0)
	all, err := d.db.TicketAssignees(ctx, d.owner, d.panel)
	if d.must(err); len(all) != 1 || all[0].Username != "owner" {
		t.Errorf("who may have it: %v", all)
	}
}

func TestADuplicateIsDoneAndOneStepFromItsOriginal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for id := int64(1); id <= 3; id++ {
		d.customer(id, int(id))
	}
	ctx := t.Context()
	d.must(d.db.LinkTicket(ctx, d.owner, d.key(2), 1, 1))
	d.stands(2, models.QueueDone, "", -1)
	for what, refused := range map[string][2]int64{"itself": {3, 3}, "a duplicate": {3, 2}, "nothing": {3, 77}, "one that has duplicates": {1, 3}} {
		if err := d.db.LinkTicket(ctx, d.owner, d.key(refused[0]), refused[1], 1); !errors.As(err, new(models.Invalid)) {
			t.Errorf("linked to %s: %v", what, err)
		}
	}
	ids, err := d.db.TicketDuplicates(ctx, d.owner, d.key(1))
	if d.must(err); len(ids) != 1 || ids[0] != 2 {
		t.Errorf("duplicates: %v", ids)
	}
}
