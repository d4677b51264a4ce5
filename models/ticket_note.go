package models

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// TicketNote is an internal note of staff about a ticket. It is never sent to a panel.
type TicketNote struct {
	bun.BaseModel `bun:"table:ticket_notes,alias:n"`
	ID            int64     `bun:"id,pk,autoincrement"`
	PanelID       int64     `bun:"panel_id"`
	TicketID      int64     `bun:"ticket_id"`
	StaffID       int64     `bun:"staff_id"`
	Username      string    `bun:"username"` // the name at that time
	Body          string    `bun:"body"`
	CreatedAt     time.Time `bun:"created_at"`
}

// Key returns the key of the note's ticket.
func (n TicketNote) Key() Key { return Key{PanelID: n.PanelID, ID: n.TicketID} }

// longestNote is the maximum length in bytes.
const longestNote = 10_000

// AddTicketNote adds a note to a ticket. It notifies people that it mentions as @username if they have access to
// the panel. Its errors are Invalid by field.
func (db *DB) AddTicketNote(ctx context.Context, v Viewer, key Key, body string) error {
	return db.onDesk(ctx, v, key, func(db *DB, h *held) ([]Entry, error) {
		n := TicketNote{PanelID: key.PanelID, TicketID: key.ID, StaffID: v.StaffID, Username: v.Username, Body: strings.TrimSpace(body), CreatedAt: stored(db.now())}
		invalid := Invalid{}
		invalid.text("body", n.Body, longestNote, "Write a note.")
		if err := invalid.orNil(); err != nil {
			return nil, err
		}
		if _, err := db.idb.NewInsert().Model(&n).Exec(ctx); err != nil {
			return nil, err
		}
		told, err := db.tell(ctx, v, n)
		if err != nil {
			return nil, err
		}
		return []Entry{h.entry(ActTicketNote, changed(Change{Field: "Told", New: strings.Join(told, ", ")})...)}, nil
	})
}

// tell stores the mentions of a note: the mentioned people with access to its panel, except its author.
func (db *DB) tell(ctx context.Context, v Viewer, n TicketNote) (told []string, err error) {
	if !strings.Contains(n.Body, "@") {
		return nil, nil
	}
	var all []Assignee
	err = db.idb.NewRaw(`SELECT s.id, s.username FROM staff AS s WHERE s.disabled_at IS NULL AND s.id <> ?1
		AND (s.all_panels OR EXISTS (SELECT FROM staff_panels AS w WHERE w.staff_id = s.id AND w.panel_id = ?0)) ORDER BY s.username`,
		n.PanelID, v.StaffID).Scan(ctx, &all)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if !mentions(n.Body, one.Username) {
			continue
		}
		told = append(told, one.Username)
		if _, err := db.idb.NewRaw("INSERT INTO ticket_mentions (note_id, staff_id) VALUES (?, ?)", n.ID, one.ID).Exec(ctx); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// mentions reports whether a text mentions a person as @username, ignoring case. It matches whole names only, so that
// @anna does not mention ann, and allows punctuation after the name.
func mentions(text, username string) bool {
	text, name := strings.ToLower(text), "@"+strings.ToLower(username)
	for {
		_, after, found := strings.Cut(text, name)
		if !found {
			return false
		}
		next, size := utf8.DecodeRuneInString(after)
		if next == '.' || next == '-' { // part of a name only if more of it follows
			next, _ = utf8.DecodeRuneInString(after[size:])
		}
		if after == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next) && next != '_' {
			return true
		}
		text = after
	}
}

// TicketNotes returns the notes on a ticket, the oldest first, for the viewer.
func (db *DB) TicketNotes(ctx context.Context, v Viewer, key Key) ([]TicketNote, error) {
	var notes []TicketNote
	err := db.idb.NewSelect().Model(&notes).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{key.PanelID}))).
		Where("ticket_id = ?", key.ID).Order("id").Scan(ctx)
	return notes, err
}

// mostMentions is the maximum number of notes in a list of mentions.
const mostMentions = 20

// Mentions returns the unseen notes that mention the viewer, the latest first, on panels that they may see now.
func (db *DB) Mentions(ctx context.Context, v Viewer) ([]TicketNote, error) {
	var notes []TicketNote
	err := db.idb.NewSelect().Model(&notes).Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
		Where("id IN (SELECT note_id FROM ticket_mentions WHERE staff_id = ? AND seen_at IS NULL)", v.StaffID).
		Order("id DESC").Limit(mostMentions).Scan(ctx)
	return notes, err
}

// UnseenMentions returns the number of tickets with unseen notes that mention the viewer, on their selected panels.
func (db *DB) UnseenMentions(ctx context.Context, v Viewer) (n int64, err error) {
	err = db.idb.NewRaw(`SELECT count(DISTINCT (n.panel_id, n.ticket_id)) FROM ticket_mentions AS m JOIN ticket_notes AS n ON n.id = m.note_id
		WHERE m.staff_id = ? AND m.seen_at IS NULL AND n.panel_id = ANY(?::bigint[])`, v.StaffID, bigints(v.Scope(nil))).Scan(ctx, &n)
	return n, err
}

// SeeMentions marks the viewer's mentions in a ticket as seen, because they have opened it. It reports whether any was
// unseen.
func (db *DB) SeeMentions(ctx context.Context, v Viewer, key Key) (bool, error) {
	result, err := db.idb.NewRaw(`UPDATE ticket_mentions AS m SET seen_at = ?0 FROM ticket_notes AS n WHERE m.staff_id = ?1 AND m.seen_at IS NULL
		AND n.id = m.note_id AND n.panel_id = ?2 AND n.ticket_id = ?3 AND n.panel_id = ANY(?4::bigint[])`,
		stored(db.now()), v.StaffID, key.PanelID, key.ID, bigints(v.PanelIDs())).Exec(ctx)
	if err != nil {
		return false, err
	}
	seen, err := result.RowsAffected()
	return seen > 0, err
}
