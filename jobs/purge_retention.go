package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterpanel/models"
)

const (
	// retentionBatch is how many old rows one transaction checks: so few that its locks delay no other query
	// noticeably.
	retentionBatch = 1000
	// retentionBump is how often pages that show the rows are told about the deletion.
	retentionBump = time.Second
)

// purgeOld deletes a stream's rows that are past their retention, in small batches, for one slice; the schedule
// brings the rest. After each batch it sleeps for as long as the batch took, so that other queries get their share of
// the database.
func (w *Worker) purgeOld(ctx context.Context, t target) error {
	key := models.StreamKey{PanelID: t.PanelID, Resource: t.Resource}
	untold := 0
	tell := func() {
		if untold > 0 {
			w.bump(context.WithoutCancel(ctx), ResourceVersion(key.PanelID, key.Resource))
		}
		untold = 0
	}
	defer tell()
	told := time.Now()
	for until := told.Add(sliceFor); time.Now().Before(until); {
		began := time.Now()
		purged, err := w.DB.PurgeOld(ctx, key, retentionBatch)
		switch {
		case errors.Is(err, models.ErrBusy), errors.Is(err, models.ErrNotFound): // another worker has it, or the rows are now kept forever
			return nil
		case err != nil:
			return fmt.Errorf("purging old %s of panel %d: %w", key.Resource, key.PanelID, err)
		}
		w.syncMoved.Store(true)
		untold += purged.Deleted
		if purged.Done {
			return nil
		}
		if time.Since(told) > retentionBump {
			tell()
			told = time.Now()
		}
		if err := sleep(ctx, time.Since(began)); err != nil {
			return err
		}
	}
	return nil
}
