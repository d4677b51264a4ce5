package jobs

import (
	"context"
	"fmt"
	"time"
)

// purgeBatch is how many rows are deleted at once: few enough that nobody waits for the lock.
const purgeBatch = 5000

// removePanel deletes the rows of a panel that staff removed, in small batches, for one slice; the schedule brings the
// rest. No run may write any more once the leases are revoked, so nothing is left behind.
func (w *Worker) removePanel(ctx context.Context, t target) error {
	if err := w.DB.RevokeLeases(ctx, t.PanelID); err != nil {
		return fmt.Errorf("stopping the syncing of panel %d: %w", t.PanelID, err)
	}
	for until := time.Now().Add(sliceFor); time.Now().Before(until); {
		done, err := w.DB.PurgeRemovedPanel(ctx, t.PanelID, purgeBatch)
		if err != nil {
			return err
		}
		if done {
			w.bump(ctx, PanelsVersion, StaffVersion)
			return nil
		}
	}
	return nil
}
