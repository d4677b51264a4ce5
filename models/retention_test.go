package models_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// archive is a database with one panel whose rows become old.
type archive struct {
	testing.TB
	*clock
	db    *models.DB
	owner models.Viewer
	panel models.Panel
}

func newArchive(t testing.TB) *archive {
	t.Helper()
	c := newClock()
	a := &archive{TB: t, clock: c, db: modelstest.NewAt(t, c.now)}
	a.panel = modelstest.Panel(t, a.db, modelstest.Owner(t, a.db), "Alpha", "https://alpha.example")
	a.owner = modelstest.Viewer(t, a.db, "owner")
	return a
}

// orders stores orders whose age in days is their id.
func (a *archive) orders(ids ...int64) {
	a.Helper()
	var rows []models.Order
	for _, id := range ids {
		rows = append(rows, modelstest.Order(a.panel.ID, id, func(o *models.Order) {
			o.UserName, o.CreatedAt = fmt.Sprint("user", id), a.now().AddDate(0, 0, -int(id))
		}))
	}
	modelstest.PutOrders(a, a.db, a.panel.ID, rows...)
}

// ticket stores a ticket with one message.
func (a *archive) ticket(id int64, status, user, subject, message string, updated time.Time) {
	a.Helper()
	key := models.Key{PanelID: a.panel.ID, ID: id}
	t := models.Ticket{Key: key, UserName: user, Subject: subject, Status: status, CreatedAt: updated, UpdatedAt: updated}
	t.Raw = []byte(fmt.Sprintf(`{"id":%d,"status":%q}`, id, status))
	if _, err := a.db.PutTickets(a.Context(), a.panel.ID, []models.Ticket{t}, a.now()); err != nil {
		a.Fatal(err)
	}
	messages := []models.TicketMessage{{PanelID: a.panel.ID, TicketID: id, Sender: user, Body: message, CreatedAt: updated}}
	if _, err := a.db.PutTicket(a.Context(), t, messages, a.now()); err != nil {
		a.Fatal(err)
	}
}

// keep sets a retention in days; 0 keeps rows for ever.
func (a *archive) keep(r models.Resource, days int) {
	a.Helper()
	if err := a.db.SetRetention(a.Context(), a.owner, retention(r, days)); err != nil {
		a.Fatal(err)
	}
}

func retention(r models.Resource, days int) models.ResourceSettings {
	s := models.ResourceSettings{Name: r}
	if days != 0 {
		s.RetentionDays = &days
	}
	return s
}

// purge deletes due rows, n at a time, and returns the number of batches.
func (a *archive) purge(n int) (batches int) {
	a.Helper()
	for range 1000 {
		due, err := a.db.DuePurges(a.Context(), 1)
		if err != nil {
			a.Fatal(err)
		}
		if len(due) == 0 {
			return batches
		}
		if _, err := a.db.PurgeOld(a.Context(), due[0], n); err != nil {
			a.Fatal(err)
		}
		batches++
	}
	a.Fatal("the purge does not end")
	return 0
}

// left returns the ids of the remaining orders, or of the panel's remaining tickets.
func (a *archive) left(r models.Resource) string {
	a.Helper()
	var ids []int64
	for id := int64(1); id <= 100; id++ {
		key := models.Key{PanelID: a.panel.ID, ID: id}
		var err error
		if r == models.Tickets {
			_, _, err = a.db.Ticket(a.Context(), a.owner, key)
		} else {
			_, err = a.db.Order(a.Context(), a.owner, key)
		}
		if err == nil {
			ids = append(ids, id)
		} else if !errors.Is(err, models.ErrNotFound) {
			a.Fatal(err)
		}
	}
	return fmt.Sprint(ids)
}

func (a *archive) cached(r models.Resource) int64 {
	a.Helper()
	statuses, err := a.db.SyncStatuses(a.Context(), a.owner, nil)
	if err != nil {
		a.Fatal(err)
	}
	for _, s := range statuses {
		if s.Resource == r {
			return s.Cached
		}
	}
	a.Fatal("no such stream")
	return 0
}

func TestOldOrdersGoInBatchesAndAreCountedOut(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.orders(1, 2, 9, 10, 11, 12, 13, 14, 15)
	a.keep(models.Orders, 10)
	if batches := a.purge(2); batches < 3 {
		t.Errorf("got %d batches of two for five old orders, want at least 3", batches)
	}
	if got, want := a.left(models.Orders), "[1 2 9 10]"; got != want {
		t.Errorf("left: got %s, want %s", got, want)
	}
	if got := a.cached(models.Orders); got != 4 {
		t.Errorf("cached: got %d, want 4", got)
	}
	purges, err := a.db.Purges(t.Context(), a.owner)
	if err != nil || len(purges) != 1 || purges[0].Deleted != 5 || purges[0].Expected != 5 || purges[0].FinishedAt.IsZero() {
		t.Errorf("progress: got %+v, %v, want 5 of 5 and finished", purges, err)
	}
}

func TestWhatGrowsOldLaterIsDeletedLater(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.orders(1, 9, 20)
	a.keep(models.Orders, 10)
	a.purge(100)
	a.turn(48 * time.Hour)
	a.purge(100)
	if got, want := a.left(models.Orders), "[1]"; got != want {
		t.Errorf("left two days later: got %s, want %s", got, want)
	}
}

func TestRowsThatAnOpenTicketNeedsStay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, user, subject, message string
		want                           string
	}{
		"of its customer":      {"pending", "user20", "Hello", "where is it", "[20]"},
		"named in a subject":   {"answered", "someone", "Order #21 is late", "", "[21]"},
		"named in a message":   {"pending", "someone", "", "<div>ids: 22,23</div>", "[22 23]"},
		"part of a number":     {"pending", "someone", "", "1220 and 2299999999999999999999", "[]"},
		"the ticket is over":   {"closed", "user20", "Order 21", "and 22", "[]"},
		"the ticket is locked": {"locked", "user20", "Order 21", "and 22", "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			a.orders(20, 21, 22, 23)
			a.ticket(1, c.status, c.user, c.subject, c.message, a.now())
			preview, err := a.db.PreviewRetention(t.Context(), a.owner, retention(models.Orders, 10))
			if err != nil {
				t.Fatal(err)
			}
			a.keep(models.Orders, 10)
			a.purge(3)
			got := a.left(models.Orders)
			if got != c.want {
				t.Errorf("left: got %s, want %s", got, c.want)
			}
			if kept := a.cached(models.Orders); preview[0].Keep != kept || preview[0].Delete != 4-kept {
				t.Errorf("the preview said %+v, and %d stayed", preview[0], kept)
			}
		})
	}
}

func TestARowGoesOnceItsTicketIsClosed(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.orders(20)
	a.ticket(1, "pending", "user20", "", "", a.now())
	a.keep(models.Orders, 10)
	a.purge(10)
	if got := a.left(models.Orders); got != "[20]" {
		t.Fatalf("left: got %s, want [20]", got)
	}
	a.turn(time.Minute)
	a.ticket(1, "closed", "user20", "", "", a.now())
	a.turn(time.Hour)
	a.purge(10)
	if got := a.left(models.Orders); got != "[]" {
		t.Errorf("left: got %s, want none", got)
	}
}

func TestAnotherPanelsTicketHoldsNothing(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.orders(20)
	first := a.panel
	a.panel = modelstest.Panel(t, a.db, a.owner, "Beta", "https://beta.example")
	a.owner = modelstest.Viewer(t, a.db, "owner")
	a.ticket(1, "pending", "user20", "20", "20", a.now())
	a.panel = first
	a.keep(models.Orders, 10)
	a.purge(10)
	if got := a.left(models.Orders); got != "[]" {
		t.Errorf("left: got %s, want none", got)
	}
}

func TestClosedTicketsGoWithTheirMessagesAndOpenOnesStay(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	old := a.now().AddDate(0, 0, -30)
	a.ticket(1, "closed", "anna", "", "old and over", old)
	a.ticket(2, "pending", "anna", "", "old and open", old)
	a.ticket(3, "closed", "anna", "", "new and over", a.now())
	a.keep(models.Tickets, 10)
	a.purge(10)
	if got, want := a.left(models.Tickets), "[2 3]"; got != want {
		t.Errorf("left: got %s, want %s", got, want)
	}
	a.ticket(1, "closed", "anna", "", "", a.now()) // the same ticket again, which had one message
	_, messages, err := a.db.Ticket(t.Context(), a.owner, models.Key{PanelID: a.panel.ID, ID: 1})
	if err != nil || len(messages) != 1 || messages[0].Body != "" {
		t.Errorf("messages: got %+v, %v, want the new one alone", messages, err)
	}
}

func TestALongerRetentionDeletesNothingAndReadsTheHistoryAgain(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.keep(models.Orders, 10)
	a.purge(10)
	key := models.StreamKey{PanelID: a.panel.ID, Resource: models.Orders}
	s, err := a.db.ClaimStream(t.Context(), key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Loops {
		l.DueAt = time.Time{}
		if err := a.db.SaveLoop(t.Context(), s, l); err != nil {
			t.Fatal(err)
		}
	}
	if deletes, err := a.db.RetentionDeletes(t.Context(), retention(models.Orders, 20)); err != nil || deletes {
		t.Errorf("20 days after 10: deletes %v, %v, want false", deletes, err)
	}
	a.keep(models.Orders, 20)
	if err := a.db.SaveLoop(t.Context(), s, s.Loops[0]); !errors.Is(err, models.ErrLeaseLost) {
		t.Errorf("a run under way saves its cursor: got %v, want ErrLeaseLost", err)
	}
	if due, err := a.db.DueStreams(t.Context(), 10); err != nil || len(due) == 0 || due[0].Resource != models.Orders && len(due) < 5 {
		t.Errorf("due: got %v, %v, want the orders' history", due, err)
	}
}

func TestARetentionIsCheckedAndOnlyForThoseWhoSeeAllPanels(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	modelstest.Staff(t, a.db, "part", models.RoleAdmin, false)
	modelstest.Staff(t, a.db, "agent", models.RoleAgent, true)
	for name, c := range map[string]struct {
		viewer models.Viewer
		s      models.ResourceSettings
	}{
		"no days":       {a.owner, retention(models.Orders, -1)},
		"too long":      {a.owner, retention(models.Orders, 3651)},
		"users":         {a.owner, retention(models.Users, 10)},
		"not all seen":  {modelstest.Viewer(t, a.db, "part"), retention(models.Orders, 10)},
		"unknown thing": {a.owner, retention("things", 10)},
	} {
		var invalid models.Invalid
		if err := a.db.SetRetention(t.Context(), c.viewer, c.s); !errors.As(err, &invalid) || invalid["retention_days"] == "" {
			t.Errorf("%s: got %v, want words for retention_days", name, err)
		}
	}
	agent := modelstest.Viewer(t, a.db, "agent")
	if err := a.db.SetRetention(t.Context(), agent, retention(models.Orders, 10)); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("an agent: got %v, want ErrNotAllowed", err)
	}
}

func TestOnePurgeIsDueAtATimeAndOneWorkerIsOnIt(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.orders(20)
	modelstest.Panel(t, a.db, a.owner, "Beta", "https://beta.example")
	a.owner = modelstest.Viewer(t, a.db, "owner")
	a.keep(models.Orders, 10)
	due, err := a.db.DuePurges(t.Context(), 10)
	if err != nil || len(due) != 2 {
		t.Fatalf("due: got %v, %v, want both panels", due, err)
	}
	err = a.db.Tx(t.Context(), func(tx *models.DB) error {
		if _, err := tx.PurgeOld(t.Context(), due[0], 10); err != nil {
			return err
		}
		_, err := a.db.PurgeOld(t.Context(), due[0], 10)
		if !errors.Is(err, models.ErrBusy) {
			t.Errorf("a second worker: got %v, want ErrBusy", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWithoutARetentionNothingIsDue(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.orders(20)
	a.keep(models.Orders, 10)
	a.keep(models.Orders, 0)
	if due, err := a.db.DuePurges(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("due: got %v, %v, want none", due, err)
	}
	key := models.StreamKey{PanelID: a.panel.ID, Resource: models.Orders}
	if _, err := a.db.PurgeOld(t.Context(), key, 10); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
