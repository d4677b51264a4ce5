package jobs

import (
	"context"
	"fmt"
	"time"
)

// purgeBatch is how many rows one batch deletes: so few that its lock delays no other query noticeably.
const purgeBatch = 5000

// removePanel deletes the rows of a removed panel, in small batches, for one slice; the schedule brings the rest.
// Once the leases are revoked, no run can write any more, so no rows are left behind.
func (w *Worker) removePanel(ctx context.Context, t target) error {
	if err := w.DB.RevokeLeases(ctx, t.PanelID); err != nil {
		return fmt.Errorf("stopping the sync of panel %d: %w", t.PanelID, err)
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
