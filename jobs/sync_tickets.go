package jobs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

const (
	// ticketsPerTurn is how many conversations are read, one call each, before other loops get their turn.
	ticketsPerTurn = 20
	// ticketsIdle is how long the loop waits when every conversation is read; the list wakes it before.
	ticketsIdle = time.Minute
	// ticketsLive is how often a ticket is read that somebody looks at.
	ticketsLive = 5 * time.Second
	// ticketsRest is how long a ticket rests until it is history.
	ticketsRest = 24 * time.Hour
	// ticketsRetry is after how long a conversation that could not be read is read again.
	ticketsRetry = time.Hour
)

var ticketRows = rows[panel.Ticket, models.Ticket]{
	get: func(ctx context.Context, c *panel.Client, q page) (panel.Page[panel.Ticket], error) {
		return c.Tickets(ctx, panel.TicketQuery{Limit: q.limit, Offset: q.offset})
	},
	mark:      func(t panel.Ticket) mark { return mark{t.ID, t.LastUpdate, t.Raw} }, // the list is by last update
	translate: ticketOf,
	put:       partly((*models.DB).PutTickets),
}

// ticketCursor is when each of the tickets that staff look at was last read live, in unix microseconds.
type ticketCursor struct {
	Read map[int64]int64 `json:"read,omitempty"`
}

// due is when a ticket is to be read live again.
func (c ticketCursor) due(id int64) time.Time { return time.UnixMicro(c.Read[id]).Add(ticketsLive) }

// openTickets reads the conversations of tickets that staff look at, then of those that the list shows as changed, the
// latest first: a list carries no messages, and only a call for each ticket does.
func (r *run) openTickets(ctx context.Context, l *models.StreamLoop) error {
	live, err := r.liveTickets(ctx, l)
	if err != nil {
		return err
	}
	ids, err := r.DB.TicketsToRead(ctx, r.stream.PanelID, ticketsPerTurn)
	if err != nil {
		return err
	}
	l.DueAt = r.Now()
	for _, id := range ids {
		if err := r.readTicket(ctx, id, l, false); err != nil {
			return err
		}
		if !r.mayGoOn() || !live.IsZero() && !live.After(r.Now()) {
			return nil
		}
	}
	switch {
	case len(ids) == ticketsPerTurn: // more wait
	case !live.IsZero():
		r.again(l, max(0, live.Sub(r.Now())), "somebody looks at a ticket")
	default:
		if err := r.DB.RetrySkippedTickets(ctx, r.stream.PanelID, ticketsRetry); err != nil {
			return err
		}
		r.again(l, ticketsIdle, "all conversations are read; the list wakes it")
	}
	return r.save(ctx, l)
}

// liveTickets reads the tickets that staff look at and that are due: each every few seconds, however many look at it, and
// at once when the first begins to. It returns when the next one is due, zero when nobody looks. A run that has to wait
// for a call in the midst of them goes on with those that are left.
func (r *run) liveTickets(ctx context.Context, l *models.StreamLoop) (next time.Time, err error) {
	watched, err := r.DB.Watched(ctx, r.stream.StreamKey, time.Time{}, ticketsPerTurn)
	if err != nil {
		return time.Time{}, err
	}
	before, c := readCursor[ticketCursor](r, l), ticketCursor{Read: map[int64]int64{}}
	for _, id := range watched {
		c.Read[id] = before.Read[id]
	}
	l.DueAt = r.Now()
	for len(watched) > 0 {
		id := slices.MinFunc(watched, func(a, b int64) int { return cmp.Compare(c.Read[a], c.Read[b]) })
		if next = c.due(id); next.After(r.Now()) {
			break
		}
		c.Read[id] = r.Now().UnixMicro()
		setCursor(l, c)
		if err := r.readTicket(ctx, id, l, true); err != nil {
			return time.Time{}, err
		}
		if !r.mayGoOn() { // with very many tickets one is always due
			return r.Now(), nil
		}
	}
	return next, nil
}

// laneOfTicket is that of the history for a conversation that rests since long, so that thousands of them, as a new
// panel has, hold nothing up.
func (r *run) laneOfTicket(listed time.Time, live bool) Lane {
	switch {
	case live:
		return LaneStaff
	case r.Now().Sub(listed) > ticketsRest:
		return LaneBackfill
	default:
		return LaneTickets
	}
}

// readTicket reads one conversation. A ticket that cannot be read is left until the list shows it as changed again.
func (r *run) readTicket(ctx context.Context, id int64, l *models.StreamLoop, live bool) error {
	key := models.Key{PanelID: r.stream.PanelID, ID: id}
	listed, err := r.DB.ListedUpdate(ctx, key)
	if err != nil {
		return err
	}
	r.lane = r.laneOfTicket(listed, live)
	var detail panel.TicketDetail
	fetchedAt, err := r.ask(ctx, func(ctx context.Context) (err error) {
		detail, err = r.panel.Ticket(ctx, id)
		return err
	})
	switch {
	case errors.Is(err, panel.ErrGone):
		return r.keepTicket(ctx, key, nil, l, func(ctx context.Context, db *models.DB) (bool, error) { return db.TicketGone(ctx, key) })
	case errors.Is(err, panel.ErrRefused):
		return r.keepTicket(ctx, key, nil, l, nil)
	case errors.Is(err, panel.ErrShape) && r.stream.Failures == 0:
		return err // perhaps it is the panel's trouble; the probe before the next try tells
	case errors.Is(err, panel.ErrShape):
		return r.keepTicket(ctx, key, []models.Quarantined{r.badConversation(id, nil, words(err))}, l, nil)
	case err != nil:
		return err
	}
	ticket := ticketOf(key, detail.Ticket)
	// What was fetched last is the latest, whatever the two answers say of their own time.
	if listed.After(ticket.UpdatedAt) {
		ticket.UpdatedAt = listed
	}
	err = r.keepTicket(ctx, key, nil, l, func(ctx context.Context, db *models.DB) (bool, error) {
		return db.PutTicket(ctx, ticket, messagesOf(key, detail.Messages), fetchedAt)
	})
	if models.BadData(err) {
		reason := "the database cannot hold its messages: " + err.Error()
		return r.keepTicket(ctx, key, []models.Quarantined{r.badConversation(id, detail.Raw, reason)}, l, nil)
	}
	return err
}

// conversation names the conversation of a ticket among what is set aside: its record in the list has a name of its own.
func conversation(id int64) string { return "conversation " + strconv.FormatInt(id, 10) }

func (r *run) badConversation(id int64, raw []byte, reason string) models.Quarantined {
	q := r.quarantined(&id, raw, reason)
	q.Record = conversation(id)
	return q
}

// keepTicket stores a conversation, or without put notes that it cannot be read.
func (r *run) keepTicket(ctx context.Context, key models.Key, bad []models.Quarantined, l *models.StreamLoop,
	put func(context.Context, *models.DB) (bool, error)) error {
	if put == nil {
		put = func(ctx context.Context, db *models.DB) (bool, error) { return false, db.SkipTicket(ctx, key) }
	}
	one := batch{bad: bad, put: func(ctx context.Context, db *models.DB, _, _ int) (models.Written, error) {
		changed, err := put(ctx, db)
		if err == nil && len(bad) == 0 {
			err = db.ReadWell(ctx, r.stream.StreamKey, []string{conversation(key.ID)})
		}
		if changed {
			return models.Written{Changed: 1}, err
		}
		return models.Written{Unchanged: 1}, err
	}}
	_, err := r.keep(ctx, one, l)
	return err
}

func ticketOf(key models.Key, t panel.Ticket) models.Ticket {
	return models.Ticket{
		Key: key, UserID: t.UserID, UserName: t.Username, Subject: t.Subject, Status: t.Status, Assignee: t.Assignee,
		IsRead: t.IsRead, CreatedAt: t.Created, UpdatedAt: t.LastUpdate, Mirrored: models.Mirrored{Raw: t.Raw, Misread: models.MisreadList(t.Misread)},
	}
}

func messagesOf(key models.Key, list []panel.Message) []models.TicketMessage {
	out := make([]models.TicketMessage, len(list))
	for i, m := range list {
		out[i] = models.TicketMessage{PanelID: key.PanelID, TicketID: key.ID, Position: i, Sender: m.SenderName,
			IsStaff: m.IsStaff, Body: m.HTML, CreatedAt: m.Created, Misread: models.MisreadList(m.Misread)}
	}
	return out
}
