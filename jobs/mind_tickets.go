package jobs

import (
	"context"
	"errors"
	"fmt"

	"masterpanel/models"
)

// mindTickets does the timed work of the ticket desk: it ends snoozes, and returns tickets to the queue whose assignee
// was silent for too long or may no longer work on them. It bumps the versions of the affected panels, so that their
// pages update. It skips a ticket that no longer exists.
func (w *Worker) mindTickets(ctx context.Context) error {
	keys, err := w.DB.TicketsToMind(ctx, duePerTick)
	if err != nil || len(keys) == 0 {
		return err
	}
	var moved []string
	for _, key := range keys {
		if err := w.DB.MindTicket(ctx, key); err != nil && !errors.Is(err, models.ErrNotFound) {
			return fmt.Errorf("ticket %d of panel %d: %w", key.ID, key.PanelID, err)
		}
		moved = append(moved, ResourceVersion(key.PanelID, models.Tickets))
	}
	return w.versions.Bump(ctx, moved...)
}
