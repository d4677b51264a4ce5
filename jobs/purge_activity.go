package jobs

import (
	"context"
	"fmt"
)

const (
	// activityBatch is how many log entries one transaction deletes.
	activityBatch = 1000
	// activityBatches limits how many batches one purge deletes, because the schedule waits for it. The next purge
	// deletes the rest.
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
