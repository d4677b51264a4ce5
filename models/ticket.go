package models

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"
)

// Ticket is a conversation with a customer in the last state that its panel showed. Status is the panel's status.
// UpdatedAt is the panel's last update; MessagesAt is the update whose messages we have. WaitingSince is the time of
// the first unanswered customer message. GoneAt is when the panel first answered that it no longer has the ticket, nil
// while it has it. Queue is the queue at our own desk, Holder is the assignee, DueSince is the time since when the
// ticket needs a reply, and Viewers are the people who have it open: see TicketDesk. WarmAt and HotAt are the times at
// which its Heat changes, nil while it needs no reply.
type Ticket struct {
	bun.BaseModel `bun:"table:tickets,alias:t" json:"-"`
	Key
	Sorted
	UserID    int64     `bun:"user_id" json:"user_id"`
	UserName  string    `bun:"user_name,nullzero" json:"user_name"`
	Subject   string    `bun:"subject" json:"subject"`
	Status    string    `bun:"status,nullzero" json:"status"`
	Assignee  string    `bun:"assignee" json:"assignee"`
	IsRead    bool      `bun:"is_read" json:"is_read"`
	CreatedAt time.Time `bun:"created_at" json:"created_at"`
	UpdatedAt time.Time `bun:"updated_at" json:"updated_at"`
	// Undated says that CreatedAt is the time when we first saw the ticket, and UndatedUpdate says that UpdatedAt is
	// the time when we last saw it change.
	Undated       bool       `bun:"undated" json:"undated"`
	UndatedUpdate bool       `bun:"undated_update" json:"undated_update"`
	MessagesAt    *time.Time `bun:"messages_at" json:"-"`
	MessageCount  int        `bun:"message_count" json:"-"`
	WaitingSince  *time.Time `bun:"waiting_since" json:"-"`
	GoneAt        *time.Time `bun:"gone_at" json:"-"`
	Queue         string     `bun:"queue" json:"-"`
	Holder        string     `bun:"holder" json:"-"`
	DueSince      *time.Time `bun:"due_since" json:"-"`
	Heat          Heat       `bun:"-" json:"-"`
	WarmAt        *time.Time `bun:"-" json:"-"`
	HotAt         *time.Time `bun:"-" json:"-"`
	Viewers       []string   `bun:"-" json:"-"`
	Mirrored
}

func (t *Ticket) parts() (Key, *Mirrored) { return t.Key, &t.Mirrored }

// TicketStatuses are the known statuses of panels.
var TicketStatuses = []string{"pending", "answered", "closed", "locked"}

// TicketMessage is one message of a ticket. Body is the panel's HTML as received; it is unsafe until it is sanitised.
type TicketMessage struct {
	bun.BaseModel `bun:"table:ticket_messages,alias:m"`
	PanelID       int64     `bun:"panel_id,pk"`
	TicketID      int64     `bun:"ticket_id,pk"`
	Position      int       `bun:"position,pk"`
	Sender        string    `bun:"sender,nullzero"`
	IsStaff       bool      `bun:"is_staff"`
	Body          string    `bun:"body"`
	CreatedAt     time.Time `bun:"created_at,nullzero"` // zero if unknown
	// Misread lists the members that could not be parsed, as in Mirrored.
	Misread string `bun:"misread"`
}

// waitingSince returns the time of the first customer message without a later staff message, ignoring settled messages.
// If no such message has a time, it returns the ticket's last update. It returns nil for a ticket that the panel has
// closed or locked.
func waitingSince(status string, lastUpdate time.Time, messages []TicketMessage, settled int) *time.Time {
	if over(status) {
		return nil
	}
	var since *time.Time
	waits := false
	for i := len(messages) - 1; i >= settled && !messages[i].IsStaff; i-- {
		waits = true
		if at := &messages[i].CreatedAt; !at.IsZero() {
			since = at
		}
	}
	if waits && since == nil {
		return &lastUpdate
	}
	return since
}

// PutTickets mirrors a batch of one panel's tickets without their messages.
func (db *DB) PutTickets(ctx context.Context, panelID int64, rows []Ticket, fetchedAt time.Time) (Written, error) {
	return putMirror(ctx, db, StreamKey{panelID, Tickets}, rows, fetchedAt)
}

// TicketsMentioning returns up to n tickets of an order's customer that contain the order's id in their subject or a
// message, the latest updated first. It searches only the customer's latest hundred tickets.
func (db *DB) TicketsMentioning(ctx context.Context, v Viewer, o Order, n int) ([]Ticket, error) {
	var rows []Ticket
	whole := `\m` + strconv.FormatInt(o.ID, 10) + `\M` // so that 12 does not match 4120
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{o.PanelID}))).
		Where(`id = ANY(ARRAY(SELECT id FROM tickets WHERE panel_id = ?0 AND lower(user_name) = lower(?1) AND user_name = ?1
			ORDER BY updated_at DESC LIMIT 100))`, o.PanelID, o.UserName).
		Where(`(subject ~ ?0 OR EXISTS (SELECT FROM ticket_messages AS m WHERE m.panel_id = t.panel_id AND m.ticket_id = t.id AND m.body ~ ?0))`, whole).
		OrderExpr("updated_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}

// TicketsToRead returns up to n tickets of a panel whose messages are missing or belong to an older update, the latest
// updated first.
func (db *DB) TicketsToRead(ctx context.Context, panelID int64, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw(`SELECT id FROM tickets WHERE panel_id = ? AND messages_at IS DISTINCT FROM updated_at
		ORDER BY updated_at DESC LIMIT ?`, panelID, n).Scan(ctx, &ids)
	return ids, err
}

// PutTicket mirrors one ticket with all its messages from a read of that ticket. It reports whether anything changed. A
// response older than the stored one changes nothing.
func (db *DB) PutTicket(ctx context.Context, t Ticket, messages []TicketMessage, fetchedAt time.Time) (changed bool, err error) {
	fetchedAt = stored(fetchedAt)
	err = db.Tx(ctx, func(db *DB) error {
		var old Ticket
		err := db.idb.NewSelect().Model(&old).Where("panel_id = ? AND id = ?", t.PanelID, t.ID).For("UPDATE").Scan(ctx)
		if err != nil {
			return notFound(err)
		}
		if old.FetchedAt.After(fetchedAt) || old.UpdatedAt.After(t.UpdatedAt) {
			return nil
		}
		if changed, err = db.putMessages(ctx, t.Key, messages); err != nil {
			return err
		}
		changed = changed || old.Status != t.Status || old.GoneAt != nil || !sameTime(old.MessagesAt, &t.UpdatedAt)
		if !changed {
			return nil
		}
		_, err = db.idb.NewUpdate().Model((*Ticket)(nil)).
			Where("panel_id = ? AND id = ?", t.PanelID, t.ID).
			Set("status = nullif(?, '')", t.Status).Set("is_read = ?", t.IsRead).Set("assignee = ?", t.Assignee).
			Set("updated_at = ?", t.UpdatedAt).Set("messages_at = ?", t.UpdatedAt).Set("message_count = ?", len(messages)).
			Set("fetched_at = ?", fetchedAt).Set("changed_at = ?", db.now()).Set("gone_at = NULL").Exec(ctx)
		if err != nil {
			return err
		}
		desk, err := db.deskOf(ctx, t.Key)
		if err != nil {
			return err
		}
		return db.keepDesk(ctx, t, desk, messages)
	})
	return changed, err
}

// putMessages stores messages that differ from the stored ones and deletes positions past the end.
func (db *DB) putMessages(ctx context.Context, key Key, messages []TicketMessage) (bool, error) {
	result, err := db.idb.NewDelete().Model((*TicketMessage)(nil)).
		Where("panel_id = ? AND ticket_id = ? AND position >= ?", key.PanelID, key.ID, len(messages)).Exec(ctx)
	if err != nil {
		return false, err
	}
	changed, err := result.RowsAffected()
	if err != nil || len(messages) == 0 {
		return changed > 0, err
	}
	result, err = db.idb.NewInsert().Model(&messages).On("CONFLICT (panel_id, ticket_id, position) DO UPDATE").
		Set("sender = EXCLUDED.sender").Set("is_staff = EXCLUDED.is_staff").
		Set("body = EXCLUDED.body").Set("created_at = EXCLUDED.created_at").Set("misread = EXCLUDED.misread").
		Where("(m.sender, m.is_staff, m.body, m.created_at, m.misread) IS DISTINCT FROM " +
			"(EXCLUDED.sender, EXCLUDED.is_staff, EXCLUDED.body, EXCLUDED.created_at, EXCLUDED.misread)").Exec(ctx)
	if err != nil {
		return false, err
	}
	written, err := result.RowsAffected()
	return changed+written > 0, err
}

func sameTime(a, b *time.Time) bool { return a != nil && b != nil && a.Equal(*b) }

// Ticket returns one ticket that the viewer may see, with its messages, oldest first.
func (db *DB) Ticket(ctx context.Context, v Viewer, key Key) (Ticket, []TicketMessage, error) {
	t, err := findOne[Ticket](ctx, db, v, key)
	if err != nil {
		return Ticket{}, nil, err
	}
	var messages []TicketMessage
	err = db.idb.NewSelect().Model(&messages).Where("panel_id = ? AND ticket_id = ?", t.PanelID, t.ID).Order("position").Scan(ctx)
	return t, messages, err
}

// TicketsOfUser returns up to n of a customer's tickets without the ticket except, the latest updated first.
func (db *DB) TicketsOfUser(ctx context.Context, v Viewer, panelID int64, username string, except int64, n int) ([]Ticket, error) {
	var rows []Ticket
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("lower(user_name) = lower(?0) AND user_name = ?0", username).Where("id <> ?", except).OrderExpr("updated_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}
