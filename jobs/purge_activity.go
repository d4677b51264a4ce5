package jobs

import (
	"context"
	"fmt"
)

const (
	// activityBatch is how many entries of the log one transaction deletes.
	activityBatch = 1000
	// activityBatches bounds what one look deletes, which the schedule waits for; the rest is deleted at the next.
	activityBatches = 20
)

// purgeActivity deletes entries of the activity log that are past its retention.
func (w *Worker) purgeActivity(ctx context.Context) error {
	for range activityBatches {
		deleted, err := w.DB.PurgeActivity(ctx, activityBatch)
		if err != nil {
			return fmt.Errorf("activity log: %w", err)
		}
		if deleted < activityBatch {
			return nil
		}
	}
	return nil
}
