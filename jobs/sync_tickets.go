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
	// ticketsPerTurn is how many conversations a run reads, one call each, before other loops get their turn.
	ticketsPerTurn = 20
	// ticketsIdle is how long the loop waits when every conversation has been read, unless the list wakes it earlier.
	ticketsIdle = time.Minute
	// ticketsLive is how often a ticket is read while staff have it open.
	ticketsLive = 5 * time.Second
	// ticketsRest is how long a ticket must be unchanged before it counts as history.
	ticketsRest = 24 * time.Hour
	// ticketsRetry is the time after which an unreadable conversation is read again.
	ticketsRetry = time.Hour
)

var ticketRows = rows[panel.Ticket, models.Ticket]{
	get: func(ctx context.Context, c *panel.Client, q page) (panel.Page[panel.Ticket], error) {
		return c.Tickets(ctx, panel.TicketQuery{Limit: q.limit, Offset: q.offset})
	},
	mark:      func(t panel.Ticket) mark { return mark{t.ID, t.LastUpdate, t.Raw} }, // the list is sorted by last update
	translate: ticketOf,
	put:       partly((*models.DB).PutTickets),
}

// ticketCursor holds the time of the last live read, in unix microseconds, of each ticket that staff have open.
type ticketCursor struct {
	Read map[int64]int64 `json:"read,omitempty"`
}

// due returns the time of a ticket's next live read.
func (c ticketCursor) due(id int64) time.Time { return time.UnixMicro(c.Read[id]).Add(ticketsLive) }

// openTickets reads the conversations of tickets that staff have open, then of tickets that the list shows as
// changed, the latest first. The list carries no messages, so each conversation takes a call.
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
	case len(ids) == ticketsPerTurn: // there may be more
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

// liveTickets reads the due tickets that staff have open: each every few seconds, regardless of the number of
// viewers, and immediately when the first viewer opens it. It returns when the next one is due, or zero if staff have
// no ticket open. If a call gets no slot, the next run continues with the remaining tickets.
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
		if !r.mayGoOn() { // with very many tickets, one of them is always due
			return r.Now(), nil
		}
	}
	return next, nil
}

// laneOfTicket returns the lane of a ticket's call. A conversation that has not changed for long goes in the backfill
// lane, so that the thousands of them on a new panel do not delay other calls.
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

// readTicket reads one conversation. If the panel refuses it or its answer is invalid, the ticket is skipped until
// the list shows a change.
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
		return err // the whole panel may be at fault; the probe before the next try shows it
	case errors.Is(err, panel.ErrShape):
		return r.keepTicket(ctx, key, []models.Quarantined{r.badConversation(id, nil, words(err))}, l, nil)
	case err != nil:
		return err
	}
	ticket := ticketOf(key, detail.Ticket)
	// The answer fetched last is the latest, regardless of the update times in the two answers.
	if listed.After(ticket.UpdatedAt) {
		ticket.UpdatedAt = listed
	}
	err = r.keepTicket(ctx, key, nil, l, func(ctx context.Context, db *models.DB) (bool, error) {
		return db.PutTicket(ctx, ticket, messagesOf(key, detail.Messages), fetchedAt)
	})
	if models.BadData(err) {
		reason := "the database cannot store its messages: " + err.Error()
		return r.keepTicket(ctx, key, []models.Quarantined{r.badConversation(id, detail.Raw, reason)}, l, nil)
	}
	return err
}

// conversation names a ticket's conversation in the quarantine. The ticket's record in the list has a name of its
// own.
func conversation(id int64) string { return "conversation " + strconv.FormatInt(id, 10) }

func (r *run) badConversation(id int64, raw []byte, reason string) models.Quarantined {
	q := r.quarantined(&id, raw, reason)
	q.Record = conversation(id)
	return q
}

// keepTicket stores a conversation. If put is nil, it stores that the conversation is unreadable.
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
