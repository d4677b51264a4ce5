package models

import (
	"context"
	"errors"
	"html"
	"math"
	"regexp"
	"strings"
)

// NewReply is a submitted form that answers a ticket.
type NewReply struct {
	Ticket  Key
	Message string
	// Key is the key of the form; see NewAction.
	Key string
	// Seen is the state that the writer saw, nil if the form does not say.
	Seen *Seen
	// Done marks the ticket as done here.
	Done bool
	// Macro is the canned reply whose further steps run too, 0 for none. Order is the order for these steps.
	Macro, Order int64
}

// Seen is the state of a conversation when a person began a reply: its number of messages, and the latest of our own
// replies that may still be in flight.
type Seen struct {
	Messages int
	ActionID int64
}

// Collision is the error of a reply whose writer has not seen everything: Messages arrived from the panel since, and
// Replies of other people are in flight.
type Collision struct {
	Messages []TicketMessage
	Replies  []PanelAction
	Now      Seen
}

func (c *Collision) Error() string { return "the ticket changed after it was opened" }

// Reply stores a reply for a worker to send and deletes its draft. It returns a *Collision if the writer has not seen
// everything; the form succeeds if it is sent again with Seen set to Collision.Now. Its other errors are Enqueue's.
func (db *DB) Reply(ctx context.Context, v Viewer, n NewReply) (PanelAction, error) {
	action := NewAction{Key: n.Key, Kind: KindReply, PanelID: n.Ticket.PanelID, TargetID: n.Ticket.ID,
		Payload: ActionPayload{Message: n.Message}}
	if left := Unfilled(n.Message); left != "" {
		return PanelAction{}, Invalid{"message": "Fill in " + left + " first."}
	}
	var a PanelAction
	err := db.Tx(ctx, func(db *DB) error {
		if _, mine := v.Panel(n.Ticket.PanelID); !mine {
			return ErrNotFound
		}
		if err := db.lockTarget(ctx, action); err != nil {
			return err
		}
		same, err := db.sameForm(ctx, v, action)
		if !errors.Is(err, ErrNotFound) {
			a = same
			return err
		}
		if n.Seen != nil {
			if err := db.unseen(ctx, v, n); err != nil {
				return err
			}
		}
		if a, err = db.Enqueue(ctx, v, action); err != nil {
			return err
		}
		if n, err = db.runMacro(ctx, v, n); err != nil {
			return err
		}
		if err := db.TicketAnswered(ctx, v, n.Ticket, n.settles(), n.Done); err != nil {
			return err
		}
		return db.dropDraft(ctx, v, n.Ticket)
	})
	return a, err
}

// settles returns the number of messages that the reply settles: all that its writer saw, or all messages.
func (n NewReply) settles() int {
	if n.Seen == nil {
		return math.MaxInt32
	}
	return n.Seen.Messages
}

// unseen returns a *Collision if the writer of a reply has not seen everything.
func (db *DB) unseen(ctx context.Context, v Viewer, n NewReply) error {
	c := Collision{Now: *n.Seen}
	err := db.idb.NewSelect().Model(&c.Messages).Where("panel_id = ? AND ticket_id = ? AND position >= ?",
		n.Ticket.PanelID, n.Ticket.ID, n.Seen.Messages).Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
		Order("position").Scan(ctx)
	if err != nil {
		return err
	}
	c.Now.Messages += len(c.Messages)
	mine := PanelAction{}
	own, err := db.TicketReplies(ctx, v, n.Ticket)
	if err != nil {
		return err
	}
	for _, a := range own {
		if a.StaffID != v.StaffID && a.ID > n.Seen.ActionID && a.State != ActionCancelled && a.State != ActionRefused {
			c.Replies = append(c.Replies, a)
		} else if a.StaffID == v.StaffID {
			mine = a
		}
		c.Now.ActionID = max(c.Now.ActionID, a.ID)
	}
	c.Messages = withoutOwn(c.Messages, mine)
	if len(c.Messages) == 0 && len(c.Replies) == 0 {
		return nil
	}
	return &c
}

// withoutOwn removes the writer's own last reply, which they know.
func withoutOwn(messages []TicketMessage, a PanelAction) []TicketMessage {
	if len(messages) == 1 && messages[0].IsStaff && messages[0].Sender == a.Username && a.IsShownAs(messages[0].Body) {
		return nil
	}
	return messages
}

// TicketReplies returns the latest replies to a ticket from this program, oldest first.
func (db *DB) TicketReplies(ctx context.Context, v Viewer, key Key) ([]PanelAction, error) {
	var rows []PanelAction
	err := db.idb.NewSelect().Model(&rows).Where("t.panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{key.PanelID}))).
		Where("t.resource = ? AND t.target_id = ? AND t.kind = ?", Tickets, key.ID, KindReply).
		OrderExpr("t.id DESC").Limit(repliesKept).Scan(ctx)
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows, err
}

// repliesKept is the maximum number of a ticket's own replies that are checked for replies in flight.
const repliesKept = 20

// ShownIn reports whether the panel's conversation already shows the reply, so that the page does not show it twice.
func (a PanelAction) ShownIn(messages []TicketMessage) bool {
	if a.Before == nil {
		return false
	}
	copies := 0
	for _, m := range messages {
		if m.IsStaff && m.Sender == a.Username && a.IsShownAs(m.Body) {
			copies++
		}
	}
	return copies > a.Before.Copies
}

var (
	lineBreaks = regexp.MustCompile(`(?i)<br\s*/?>|</(p|div|li)>`)
	anyTag     = regexp.MustCompile(`<[^>]*>`)
)

// SameText compares a message as the panel shows it with the sent text. It also accepts changes that panels make, such
// as tags around lines, and signs written as entities.
func SameText(shown, sent string) bool {
	return shown == sent || flat(shown) == collapse(sent) || flat(sent) != "" && flat(shown) == flat(sent)
}

func flat(text string) string {
	return collapse(html.UnescapeString(anyTag.ReplaceAllString(lineBreaks.ReplaceAllString(text, " "), "")))
}

func collapse(text string) string { return strings.Join(strings.Fields(text), " ") }
