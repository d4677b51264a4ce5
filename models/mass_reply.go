package models

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// MostReplied is the maximum number of tickets in one mass reply.
const MostReplied = 200

// massRepliesKept is how long the results of a mass reply stay available.
const massRepliesKept = 90 * 24 * time.Hour

// MassReply is one text that was sent to many tickets.
type MassReply struct {
	bun.BaseModel `bun:"table:mass_replies,alias:m"`
	ID            int64     `bun:"id,pk,autoincrement"`
	StaffID       int64     `bun:"staff_id"`
	Key           string    `bun:"key"`
	Body          string    `bun:"body"`
	Tickets       string    `bun:"tickets"`
	CreatedAt     time.Time `bun:"created_at"`
}

// MassReplyTicket is one ticket of a mass reply: its text with the variables filled in, and the action that sends it,
// or the reason why there is none.
type MassReplyTicket struct {
	bun.BaseModel `bun:"table:mass_reply_tickets,alias:t"`
	ReplyID       int64 `bun:"reply_id,pk"`
	Key
	Place    int    `bun:"place"`
	Text     string `bun:"text"`
	Messages int    `bun:"messages"`
	Action   int64  `bun:"seen_action"`
	ActionID int64  `bun:"action_id,nullzero"`
	Problem  string `bun:"problem"`
}

// NewMassReply is a submitted form that answers many tickets with one text. Key belongs to the form, as in NewAction.
type NewMassReply struct {
	Key, Body string
	Chosen    string // the tickets as listed in the form
	Done      bool
	Tickets   []MassReplyTicket
}

// ReplyToMany stores a reply for each ticket without a problem, each in its own transaction: a ticket that cannot be
// answered gets a problem and does not block the others. If the same form is submitted again, ReplyToMany continues
// where the first call stopped, with the texts of the first call. It returns the id of the mass reply and the actions
// that this call stored.
func (db *DB) ReplyToMany(ctx context.Context, v Viewer, n NewMassReply) (id int64, sent []PanelAction, err error) {
	if !KindReply.May(v) {
		return 0, nil, ErrNotAllowed
	}
	if err := n.check(); err != nil {
		return 0, nil, err
	}
	m, err := db.beginMassReply(ctx, v, n)
	if err != nil {
		return 0, nil, err
	}
	var open []MassReplyTicket
	err = db.idb.NewSelect().Model(&open).Where("t.reply_id = ? AND t.action_id IS NULL AND t.problem = ''", m.ID).Order("t.place").Scan(ctx)
	if err != nil {
		return 0, nil, err
	}
	for _, t := range open {
		action, problem, err := db.replyToOne(ctx, v, m, t, n.Done)
		if err != nil {
			return 0, sent, err
		}
		if problem == "" {
			sent = append(sent, action)
		}
		if err := db.noteReplied(ctx, t, action.ID, problem); err != nil {
			return 0, sent, err
		}
	}
	return m.ID, sent, nil
}

func (n NewMassReply) check() error {
	e := Invalid{}
	e.text("key", n.Key, 60, "Reload the page and try again: this form has no key.")
	checkMassText(e, n.Body)
	if len(n.Tickets) == 0 {
		e["ids"] = "Nothing is selected."
	}
	if len(n.Tickets) > MostReplied {
		e["ids"] = fmt.Sprintf("One reply can go to at most %d tickets. Select fewer.", MostReplied)
	}
	return e.orNil()
}

// CheckMassReply returns the errors of a text for many tickets, Invalid by field.
func CheckMassReply(body string) error {
	e := Invalid{}
	checkMassText(e, body)
	return e.orNil()
}

func checkMassText(e Invalid, body string) {
	e.text("message", body, longestCanned, "Write a message.")
}

// beginMassReply stores the texts to send, or returns the mass reply that the same form stored before.
func (db *DB) beginMassReply(ctx context.Context, v Viewer, n NewMassReply) (MassReply, error) {
	m := MassReply{StaffID: v.StaffID, Key: n.Key, Body: n.Body, Tickets: n.Chosen, CreatedAt: stored(db.now())}
	err := db.Tx(ctx, func(db *DB) error {
		_, err := db.idb.NewDelete().Model((*MassReply)(nil)).Where("staff_id = ? AND created_at < ?", v.StaffID, m.CreatedAt.Add(-massRepliesKept)).Exec(ctx)
		if err != nil {
			return err
		}
		result, err := db.idb.NewInsert().Model(&m).On("CONFLICT (staff_id, key) DO NOTHING").Returning("id").Exec(ctx)
		if err != nil {
			return err
		}
		if added, err := result.RowsAffected(); err != nil || added == 0 {
			return err
		}
		for i := range n.Tickets {
			n.Tickets[i].ReplyID, n.Tickets[i].Place = m.ID, i
		}
		_, err = db.idb.NewInsert().Model(&n.Tickets).Exec(ctx)
		return err
	})
	if err != nil {
		return MassReply{}, fmt.Errorf("saving a reply to many: %w", err)
	}
	var kept MassReply
	err = db.idb.NewSelect().Model(&kept).Where("staff_id = ? AND key = ?", v.StaffID, n.Key).Scan(ctx)
	if err == nil && (kept.Body != m.Body || kept.Tickets != m.Tickets) {
		err = errOtherForm
	}
	return kept, err
}

// replyToOne stores the reply to one ticket, or returns the problem that prevents it.
func (db *DB) replyToOne(ctx context.Context, v Viewer, m MassReply, t MassReplyTicket, done bool) (a PanelAction, problem string, err error) {
	a, err = db.Reply(ctx, v, NewReply{Ticket: t.Key, Message: t.Text, Key: m.Key + " " + FormatKeys([]Key{t.Key}), Done: done,
		Seen: &Seen{Messages: t.Messages, ActionID: t.Action}})
	var invalid Invalid
	var changed *Collision
	switch {
	case errors.As(err, &changed):
		return PanelAction{}, "Somebody wrote in it after the preview.", nil
	case errors.As(err, &invalid):
		return PanelAction{}, strings.Join(slices.Sorted(maps.Values(invalid)), " "), nil
	case errors.Is(err, ErrNotFound):
		return PanelAction{}, "The ticket no longer exists.", nil
	}
	return a, "", err
}

// noteReplied stores the result of a ticket. If two requests submit the same form in parallel, the result of the one
// that stored an action wins.
func (db *DB) noteReplied(ctx context.Context, t MassReplyTicket, actionID int64, problem string) error {
	query := db.idb.NewUpdate().Model(&t).WherePK().Set("problem = ?", problem)
	if actionID != 0 {
		query.Set("action_id = ?", actionID)
	} else {
		query.Where("action_id IS NULL")
	}
	_, err := query.Exec(ctx)
	return err
}

// MassReply returns one of the viewer's own mass replies, its tickets on the panels that they may see now, in the order
// of the selection, and the actions by id. The map lacks actions that the retention has deleted.
func (db *DB) MassReply(ctx context.Context, v Viewer, id int64) (m MassReply, tickets []MassReplyTicket, actions map[int64]OutboxRow, err error) {
	err = db.idb.NewSelect().Model(&m).Where("id = ? AND staff_id = ?", id, v.StaffID).Scan(ctx)
	if err != nil {
		return m, nil, nil, notFound(err)
	}
	panels := bigints(v.PanelIDs())
	err = db.idb.NewSelect().Model(&tickets).Where("t.reply_id = ? AND t.panel_id = ANY(?::bigint[])", id, panels).Order("t.place").Scan(ctx)
	if err != nil {
		return m, nil, nil, err
	}
	var rows []OutboxRow
	err = db.idb.NewSelect().Model(&rows).Where("t.panel_id = ANY(?::bigint[])", panels).
		Where("t.id IN (SELECT action_id FROM mass_reply_tickets WHERE reply_id = ?)", id).Scan(ctx)
	actions = map[int64]OutboxRow{}
	for _, row := range rows {
		row.veil(v)
		actions[row.ID] = row
	}
	return m, tickets, actions, err
}
