package jobs

import (
	"context"
	"fmt"
)

// purgeOutbox deletes actions that ended longer ago than their retention, in batches of the same size as the activity
// log.
func (w *Worker) purgeOutbox(ctx context.Context) error {
	for range activityBatches {
		deleted, err := w.DB.PurgeOutbox(ctx, activityBatch)
		if err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
		if deleted < activityBatch {
			return nil
		}
	}
	return nil
}
