package models

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"
)

// Ticket is a conversation with a customer, as its panel last showed it. Status is the panel's own. UpdatedAt is the
// panel's last update; MessagesAt is the one whose messages we have. WaitingSince is when the first customer message
// came that nobody answered. GoneAt is when the panel was first found not to know it any more, nil while it does. Queue and
// Holder are where it stands at our own desk and who has it, DueSince since when it wants us, and Viewers who looks at it: see
// TicketDesk. WarmAt and HotAt are when its Heat changes by itself, nil while it does not want us.
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
	// Undated says that CreatedAt is when it was first seen, and UndatedUpdate that UpdatedAt is when it was last seen to
	// change.
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

// TicketStatuses are the statuses that panels are known to use.
var TicketStatuses = []string{"pending", "answered", "closed", "locked"}

// TicketMessage is one message of a ticket. Body is the panel's HTML as received: hostile until sanitised.
type TicketMessage struct {
	bun.BaseModel `bun:"table:ticket_messages,alias:m"`
	PanelID       int64     `bun:"panel_id,pk"`
	TicketID      int64     `bun:"ticket_id,pk"`
	Position      int       `bun:"position,pk"`
	Sender        string    `bun:"sender,nullzero"`
	IsStaff       bool      `bun:"is_staff"`
	Body          string    `bun:"body"`
	CreatedAt     time.Time `bun:"created_at,nullzero"` // zero if unknown
	// Misread are the members that were not understood, as in Mirrored.
	Misread string `bun:"misread"`
}

// waitingSince is when the first message came that is the customer's and has no staff message behind it, leaving out
// those that are settled; if no such message has a time, the last update of the ticket. In a ticket that the panel counts as
// over nobody waits.
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

// TicketsMentioning are up to n of the tickets of an order's customer that name the order in their subject or a message,
// the latest updated first. Of a customer with very many tickets the latest hundred are looked through.
func (db *DB) TicketsMentioning(ctx context.Context, v Viewer, o Order, n int) ([]Ticket, error) {
	var rows []Ticket
	whole := `\m` + strconv.FormatInt(o.ID, 10) + `\M` // 12 is not in 4120
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{o.PanelID}))).
		Where(`id = ANY(ARRAY(SELECT id FROM tickets WHERE panel_id = ?0 AND lower(user_name) = lower(?1) AND user_name = ?1
			ORDER BY updated_at DESC LIMIT 100))`, o.PanelID, o.UserName).
		Where(`(subject ~ ?0 OR EXISTS (SELECT FROM ticket_messages AS m WHERE m.panel_id = t.panel_id AND m.ticket_id = t.id AND m.body ~ ?0))`, whole).
		OrderExpr("updated_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}

// TicketsToRead are up to n tickets of a panel whose messages we do not have yet or have of an older update, the
// latest updated first.
func (db *DB) TicketsToRead(ctx context.Context, panelID int64, n int) ([]int64, error) {
	var ids []int64
	err := db.idb.NewRaw(`SELECT id FROM tickets WHERE panel_id = ? AND messages_at IS DISTINCT FROM updated_at
		ORDER BY updated_at DESC LIMIT ?`, panelID, n).Scan(ctx, &ids)
	return ids, err
}

// PutTicket mirrors one ticket with all its messages, as a read of the ticket itself brings them. It returns whether
// anything changed. An answer older than what is stored changes nothing.
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

// putMessages stores messages that differ from what is stored and deletes positions past the end.
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

// Ticket finds one ticket for the viewer, with its messages, oldest first.
func (db *DB) Ticket(ctx context.Context, v Viewer, key Key) (Ticket, []TicketMessage, error) {
	t, err := findOne[Ticket](ctx, db, v, key)
	if err != nil {
		return Ticket{}, nil, err
	}
	var messages []TicketMessage
	err = db.idb.NewSelect().Model(&messages).Where("panel_id = ? AND ticket_id = ?", t.PanelID, t.ID).Order("position").Scan(ctx)
	return t, messages, err
}

// TicketsOfUser are up to n of a customer's tickets, the latest updated first, leaving out one.
func (db *DB) TicketsOfUser(ctx context.Context, v Viewer, panelID int64, username string, except int64, n int) ([]Ticket, error) {
	var rows []Ticket
	err := db.selectFor(v, &rows).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("lower(user_name) = lower(?0) AND user_name = ?0", username).Where("id <> ?", except).OrderExpr("updated_at DESC, id DESC").Limit(int64(n)).Scan(ctx)
	return rows, err
}
