package jobs

import (
	"context"
	"errors"
	"fmt"

	"masterpanel/models"
)

// mindTickets does what is due by itself at the ticket desk: a snooze ends, somebody has been silent for too long. Pages
// that show tickets of those panels learn of it. A ticket that went meanwhile needs nothing.
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
