package models

import "context"

// SweepActions updates the actions that no worker handles. An attempt whose worker died becomes unconfirmed, because it
// may have left. An action queued for a removed panel is cancelled. A person decides about a payment that waited too
// long for a key, and about an action for an earlier address of its panel. It returns the panels on which something
// changed.
func (db *DB) SweepActions(ctx context.Context) ([]int64, error) {
	panels, err := db.holdRestored(ctx)
	if err != nil || panels != nil {
		return panels, err
	}
	err = db.idb.NewRaw(`
		WITH lost AS (
			UPDATE actions SET state = 'unconfirmed', due_at = ?0, changed_at = ?0, lease_token = NULL, lease_until = NULL,
				cause = 'The worker ended while it was being sent.', words = 'Masterpanel checks the panel for the result.'
			WHERE state = 'sending' AND lease_until <= ?0 RETURNING panel_id
		), orphans AS (
			UPDATE actions AS t SET state = 'cancelled', due_at = NULL, ended_at = ?0, changed_at = ?0, lease_token = NULL,
				lease_until = NULL, words = 'The panel was removed.'
			WHERE state = 'queued' AND NOT EXISTS (SELECT 1 FROM panels AS panel WHERE panel.id = t.panel_id AND panel.removed_at IS NULL)
			RETURNING panel_id
		)
		SELECT panel_id FROM lost UNION SELECT panel_id FROM orphans`, db.now()).Scan(ctx, &panels)
	if err != nil {
		return panels, err
	}
	old, err := db.askAboutOldMoney(ctx, 0)
	if err != nil {
		return panels, err
	}
	moved, err := db.askAboutMoved(ctx, 0)
	return append(append(panels, old...), moved...), err
}

// holdRestored passes all waiting actions to a person if the database is not in its last place, for example after a
// restored backup: the actions may have been sent since. Until that is committed no action is due, so that nothing
// leaves before. If a person then sends a payment, workers still look for it first, because its reference is unique.
func (db *DB) holdRestored(ctx context.Context) (panels []int64, err error) {
	var home bool
	err = db.idb.NewRaw("SELECT EXISTS (SELECT 1 FROM outbox_place WHERE place = outbox_place_now())").Scan(ctx, &home)
	if err != nil || home {
		return nil, err
	}
	err = db.Tx(ctx, func(db *DB) error {
		moved, err := db.idb.NewRaw(`INSERT INTO outbox_place AS old (place) VALUES (outbox_place_now())
			ON CONFLICT (one) DO UPDATE SET place = EXCLUDED.place WHERE old.place <> EXCLUDED.place`).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := moved.RowsAffected(); err != nil || n == 0 {
			return err // another sweep came first
		}
		return db.idb.NewRaw(`
			WITH held AS (
				UPDATE actions SET due_at = NULL, changed_at = ?0, look_at = CASE WHEN state <> 'queued' THEN ?0::timestamptz + interval '5 minutes' END, lease_token = NULL, lease_until = NULL, words = ?1,
					state = CASE state WHEN 'sending' THEN 'unconfirmed' ELSE state END,
					before = CASE WHEN kind = ?2 THEN coalesce(before, '{}') ELSE before END
				WHERE state IN `+unfinished+` RETURNING panel_id
			)
			SELECT DISTINCT panel_id FROM held`, db.now(), wordsOfHeld, KindAddPayment).Scan(ctx, &panels)
	})
	return panels, err
}

const wordsOfHeld = "The database was restored or moved, and this action may have been sent since the backup. Check the panel, then record the result."
