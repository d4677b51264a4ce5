package models

import (
	"context"
	"database/sql"
	"errors"
)

// Draft returns the viewer's unsent reply to a ticket, "" if there is none.
func (db *DB) Draft(ctx context.Context, v Viewer, key Key) (string, error) {
	var body string
	err := db.idb.NewRaw("SELECT body FROM ticket_drafts WHERE panel_id = ? AND ticket_id = ? AND staff_id = ? AND panel_id = ANY(?::bigint[])",
		key.PanelID, key.ID, v.StaffID, bigints(v.PanelIDs())).Scan(ctx, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return body, err
}

// SaveDraft stores the text that the viewer has typed; an empty text deletes the draft. formKey is the key of the form:
// after that form was sent as a reply, a late draft of it is ignored. Its errors are Invalid, ErrNotAllowed for a
// viewer who cannot reply, and ErrNotFound.
func (db *DB) SaveDraft(ctx context.Context, v Viewer, key Key, body, formKey string) error {
	if _, err := findOne[Ticket](ctx, db, v, key); err != nil {
		return err
	}
	if !KindReply.May(v) {
		return ErrNotAllowed
	}
	invalid := Invalid{}
	if invalid.text("message", body, longestMessage, ""); len(invalid) > 0 {
		return invalid
	}
	return db.Tx(ctx, func(db *DB) error {
		if err := db.lockTarget(ctx, NewAction{Kind: KindReply, PanelID: key.PanelID, TargetID: key.ID}); err != nil {
			return err
		}
		return db.keepDraft(ctx, v, key, body, formKey)
	})
}

// keepDraft stores or deletes a draft whose form was not sent. The caller has locked the ticket as the target of a
// reply.
func (db *DB) keepDraft(ctx context.Context, v Viewer, key Key, body, formKey string) error {
	var sent bool
	err := db.idb.NewRaw("SELECT EXISTS (SELECT FROM actions WHERE staff_id = ? AND key = ?)", v.StaffID, formKey).Scan(ctx, &sent)
	if err != nil || sent {
		return err
	}
	if body == "" {
		return db.dropDraft(ctx, v, key)
	}
	_, err = db.idb.NewRaw(`INSERT INTO ticket_drafts AS d (panel_id, ticket_id, staff_id, body, updated_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (panel_id, ticket_id, staff_id) DO UPDATE SET body = EXCLUDED.body, updated_at = EXCLUDED.updated_at`,
		key.PanelID, key.ID, v.StaffID, body, stored(db.now())).Exec(ctx)
	return err
}

func (db *DB) dropDraft(ctx context.Context, v Viewer, key Key) error {
	_, err := db.idb.NewRaw("DELETE FROM ticket_drafts WHERE panel_id = ? AND ticket_id = ? AND staff_id = ?",
		key.PanelID, key.ID, v.StaffID).Exec(ctx)
	return err
}

// unsent runs after a reply did not reach the panel: the customer waits again, and the text returns to its author's
// draft, above the text that they typed since.
func (db *DB) unsent(ctx context.Context, a PanelAction) error {
	if err := db.TicketUnanswered(ctx, Key{a.PanelID, a.TargetID}); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return db.keepUnsent(ctx, a)
}

func (db *DB) keepUnsent(ctx context.Context, a PanelAction) error {
	_, err := db.idb.NewRaw(`INSERT INTO ticket_drafts AS d (panel_id, ticket_id, staff_id, body, updated_at)
		SELECT ?, ?, id, ?, ? FROM staff WHERE id = ?
		ON CONFLICT (panel_id, ticket_id, staff_id) DO UPDATE SET updated_at = EXCLUDED.updated_at,
			body = CASE WHEN d.body = EXCLUDED.body THEN d.body ELSE left(EXCLUDED.body || E'\n\n' || d.body, ?) END`,
		a.PanelID, a.TargetID, a.Payload.Message, stored(db.now()), a.StaffID, longestMessage/4).Exec(ctx)
	return err
}
