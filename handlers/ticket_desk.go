package handlers

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// ticketDesk is our own data about a ticket: its queue, its assignee and the possible actions. Seen is the number of
// messages on the page.
type ticketDesk struct {
	URL, TakeURL  string
	May           bool // the viewer may change the ticket, not only read it
	Standing      badge
	Since         stamp // since when the ticket needs a reply
	Words         []string
	Holder        string
	Mine          bool
	Assignees     []choice
	Done, Snoozed bool
	Seen          int
	Snoozes       []choice
	Original      string // the address of the ticket that this one duplicates
	OriginalID    int64
	Duplicates    []deskLink
	Before, After string // the addresses of its neighbours in the queue
	Notes         []ticketNote
}

type deskLink struct {
	ID  int64
	URL string
}

// snoozes lists the choices for how long a ticket can be snoozed.
var snoozes = []struct {
	value, label string
	wait         time.Duration
}{
	{"customer", "until the customer writes", 0}, {"order", "until its order changes", 0},
	{"1h", "for an hour", time.Hour}, {"4h", "for 4 hours", 4 * time.Hour}, {"24h", "for a day", 24 * time.Hour},
	{"72h", "for 3 days", 72 * time.Hour}, {"168h", "for a week", 168 * time.Hour},
}

// ticketDesk reads our own data about a ticket. It also marks mentions of the viewer in its notes as seen.
func (a *app) ticketDesk(ctx context.Context, v models.Viewer, t models.Ticket, messages int) (ticketDesk, error) {
	state, err := a.DB.TicketDesk(ctx, v, t.Key)
	if err != nil {
		return ticketDesk{}, err
	}
	d := ticketDesk{URL: pathOf("tickets", t.Key), TakeURL: "/tickets/next", May: v.MayWorkTickets(), Holder: t.Holder, Mine: t.Holder == v.Username,
		Done: t.Queue == models.QueueDone, Snoozed: state.Snoozed(), Seen: messages, Standing: queueBadge(t.Queue), Words: a.deskWords(v, t, state)}
	if t.DueSince != nil {
		d.Since = newStamp(*t.DueSince, a.Now(), v.Zone)
		d.Since.Age = true
	}
	for _, s := range snoozes {
		d.Snoozes = append(d.Snoozes, choice{Value: s.value, Label: s.label})
	}
	if err := a.deskLinks(ctx, v, t, state, &d); err != nil {
		return d, err
	}
	if d.May {
		people, err := a.DB.TicketAssignees(ctx, v, t.PanelID)
		if err != nil {
			return d, err
		}
		d.Assignees = append(d.Assignees, choice{Value: "0", Label: "Nobody", Current: state.AssigneeID == 0})
		for _, one := range people {
			d.Assignees = append(d.Assignees, choice{Value: pathID(one.ID), Label: one.Username, Current: one.ID == state.AssigneeID})
		}
	}
	d.Notes, err = a.ticketNotes(ctx, v, t.Key)
	return d, err
}

// deskLinks adds the links to related tickets.
func (a *app) deskLinks(ctx context.Context, v models.Viewer, t models.Ticket, state models.TicketDesk, d *ticketDesk) error {
	path := func(id int64) string { return pathOf("tickets", models.Key{PanelID: t.PanelID, ID: id}) }
	if state.LinkedTo != 0 {
		d.Original, d.OriginalID = path(state.LinkedTo), state.LinkedTo
	}
	ids, err := a.DB.TicketDuplicates(ctx, v, t.Key)
	if err != nil {
		return err
	}
	for _, id := range ids {
		d.Duplicates = append(d.Duplicates, deskLink{id, path(id)})
	}
	before, after, err := a.DB.TicketNeighbours(ctx, v, t)
	if before.ID != 0 {
		d.Before = pathOf("tickets", before)
	}
	if after.ID != 0 {
		d.After = pathOf("tickets", after)
	}
	return err
}

// queueBadge returns a ticket's place in our queue. Its labels differ from every panel status.
func queueBadge(queue string) badge {
	switch queue {
	case models.QueueWaiting:
		return badge{Word: queue, Label: "Needs reply", Tone: "waiting"}
	case models.QueueSnoozed:
		return badge{Word: queue, Label: "Snoozed", Tone: "part"}
	case models.QueueDone:
		return badge{Word: queue, Label: "Done here", Tone: "done"}
	case models.QueueClosed:
		return badge{Word: queue, Label: "Closed on the panel", Tone: "off"}
	}
	return badge{Word: queue, Label: "Waiting for the customer", Tone: "moving"}
}

// deskWords explains why a ticket is in its queue.
func (a *app) deskWords(v models.Viewer, t models.Ticket, s models.TicketDesk) []string {
	var words []string
	if s.Snoozed() {
		until := "until the customer writes"
		if !s.SnoozedUntil.IsZero() {
			until = "until " + newStamp(s.SnoozedUntil, a.Now(), v.Zone).Full
		} else if n := len(s.SnoozedOrders); n > 0 {
			until = "until " + plural(n, "order", "orders") + " of it changes"
		}
		said := "Snoozed " + until + "."
		if t.Queue != models.QueueSnoozed {
			said += " It is in this queue now, and the reminder stays."
		}
		words = append(words, said)
	}
	if s.WokenWhy != "" {
		words = append(words, s.WokenWhy)
	}
	return words
}

// deskKey returns the ticket in the address.
func deskKey(c *fiber.Ctx) (models.Key, error) {
	panelID, err := strconv.ParseInt(c.Params("panel"), 10, 64)
	if err != nil {
		return models.Key{}, models.ErrNotFound
	}
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil {
		return models.Key{}, models.ErrNotFound
	}
	return models.Key{PanelID: panelID, ID: id}, nil
}

// deskForm holds the fields of all actions on a ticket at our desk.
type deskForm struct {
	Seen     int    `form:"seen"`
	Assignee string `form:"assignee"`
	Until    string `form:"until"`
	Ticket   string `form:"ticket"`
	Body     string `form:"body"`
}

// onTicket performs one action on the ticket in the address, then shows the ticket again with a toast.
func (a *app) onTicket(do func(context.Context, *models.DB, models.Viewer, models.Key, deskForm) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		key, err := deskKey(c)
		if err != nil {
			return err
		}
		var form deskForm
		if err := readForm(c, &form); err != nil {
			return err
		}
		did, err := a.DB.Undoable(c.UserContext(), viewer(c), func(db *models.DB) error { return do(c.UserContext(), db, viewer(c), key, form) })
		if err != nil {
			return err
		}
		a.did(c, did)
		a.changed(c, jobs.ResourceVersion(key.PanelID, models.Tickets))
		return back(c, pathOf("tickets", key))
	}
}

func (a *app) assignTicket(ctx context.Context, db *models.DB, v models.Viewer, key models.Key, form deskForm) error {
	if form.Assignee == "me" {
		return db.AssignTicket(ctx, v, key, v.StaffID)
	}
	id, err := strconv.ParseInt(form.Assignee, 10, 64)
	if err != nil || id < 0 {
		return errForm
	}
	return db.AssignTicket(ctx, v, key, id)
}

func (a *app) finishTicket(ctx context.Context, db *models.DB, v models.Viewer, key models.Key, form deskForm) error {
	return db.FinishTicket(ctx, v, key, form.Seen)
}

func (a *app) reopenTicket(ctx context.Context, db *models.DB, v models.Viewer, key models.Key, _ deskForm) error {
	return db.ReopenTicket(ctx, v, key)
}

func (a *app) snoozeTicket(ctx context.Context, db *models.DB, v models.Viewer, key models.Key, form deskForm) error {
	for _, s := range snoozes {
		if s.value != form.Until {
			continue
		}
		until := models.Snooze{Order: s.value == "order"}
		if s.wait > 0 {
			until.Until = a.Now().Add(s.wait)
		}
		return db.SnoozeTicket(ctx, v, key, until, form.Seen)
	}
	return errForm
}

func (a *app) wakeTicket(ctx context.Context, db *models.DB, v models.Viewer, key models.Key, _ deskForm) error {
	return db.WakeTicket(ctx, v, key)
}

// linkTicket marks a ticket as a duplicate of another by its number. An empty number removes the link.
func (a *app) linkTicket(ctx context.Context, db *models.DB, v models.Viewer, key models.Key, form deskForm) error {
	word := strings.TrimPrefix(strings.TrimSpace(form.Ticket), "#")
	if word == "" {
		return db.LinkTicket(ctx, v, key, 0, form.Seen)
	}
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil || id <= 0 {
		return models.Invalid{"ticket": "Enter the ID of a ticket on this panel."}
	}
	return db.LinkTicket(ctx, v, key, id, form.Seen)
}
