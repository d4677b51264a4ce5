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

// MostReplied is how many tickets are answered with one text at once.
const MostReplied = 200

// massRepliesKept is for how long one can look at what became of a text that went to many tickets.
const massRepliesKept = 90 * 24 * time.Hour

// MassReply is one text that went to many tickets.
type MassReply struct {
	bun.BaseModel `bun:"table:mass_replies,alias:m"`
	ID            int64     `bun:"id,pk,autoincrement"`
	StaffID       int64     `bun:"staff_id"`
	Key           string    `bun:"key"`
	Body          string    `bun:"body"`
	Tickets       string    `bun:"tickets"`
	CreatedAt     time.Time `bun:"created_at"`
}

// MassReplyTicket is one ticket of a mass reply: the text as it is meant for it, and the action that sends it, or why
// there is none.
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

// NewMassReply is a form that answers many tickets with one text. Key is the form's own, as of NewAction.
type NewMassReply struct {
	Key, Body string
	Chosen    string // the tickets as the form names them
	Done      bool
	Tickets   []MassReplyTicket
}

// ReplyToMany writes down one reply for each of the tickets that has no problem, each by itself: one that cannot be
// answered gets a problem and holds up no other. The same form sent again goes on where the first stopped, with the texts
// that it began with. It returns the reply's id and the actions that were written down now.
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
	e.text("key", n.Key, 60, "Load the page again: its form has no key.")
	checkMassText(e, n.Body)
	if len(n.Tickets) == 0 {
		e["ids"] = "Nothing is selected."
	}
	if len(n.Tickets) > MostReplied {
		e["ids"] = fmt.Sprintf("Up to %d tickets can be answered at once. Select fewer.", MostReplied)
	}
	return e.orNil()
}

// CheckMassReply tells whether a text could go to many tickets.
func CheckMassReply(body string) error {
	e := Invalid{}
	checkMassText(e, body)
	return e.orNil()
}

func checkMassText(e Invalid, body string) {
	e.text("message", body, longestCanned, "Write a message.")
}

// beginMassReply keeps what is to be sent, or finds what the same form kept before.
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
		return MassReply{}, fmt.Errorf("keeping a reply to many: %w", err)
	}
	var kept MassReply
	err = db.idb.NewSelect().Model(&kept).Where("staff_id = ? AND key = ?", v.StaffID, n.Key).Scan(ctx)
	if err == nil && (kept.Body != m.Body || kept.Tickets != m.Tickets) {
		err = errOtherForm
	}
	return kept, err
}

// replyToOne writes down the reply to one ticket, or says why it cannot be sent.
func (db *DB) replyToOne(ctx context.Context, v Viewer, m MassReply, t MassReplyTicket, done bool) (a PanelAction, problem string, err error) {
	a, err = db.Reply(ctx, v, NewReply{Ticket: t.Key, Message: t.Text, Key: m.Key + " " + FormatKeys([]Key{t.Key}), Done: done,
		Seen: &Seen{Messages: t.Messages, ActionID: t.Action}})
	var invalid Invalid
	var changed *Collision
	switch {
	case errors.As(err, &changed):
		return PanelAction{}, "Somebody wrote in it since the preview.", nil
	case errors.As(err, &invalid):
		return PanelAction{}, strings.Join(slices.Sorted(maps.Values(invalid)), " "), nil
	case errors.Is(err, ErrNotFound):
		return PanelAction{}, "The ticket is not there any more.", nil
	}
	return a, "", err
}

// noteReplied keeps what became of a ticket. Of two that send the same form at once, the one that wrote an action down is
// right.
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

// MassReply finds one of the viewer's own with its tickets on the panels that they may see now, in the order in which they
// were chosen, and the actions by their ids. One that was forgotten meanwhile is not among them.
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
