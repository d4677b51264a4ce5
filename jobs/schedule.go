package jobs

import (
	"context"
	"fmt"
	"time"

	"masterpanel/models"
)

const (
	// duePerTick limits how many tasks of a kind one tick enqueues. The rest stay due for the next tick.
	duePerTick = 1000
	purgeEvery = 10 * time.Minute
	countEvery = 2 * time.Minute
	// mindEvery is the longest delay after which a snooze ends.
	mindEvery = 5 * time.Second
)

// schedule enqueues the due work once per tick until ctx ends. Several schedules may run in parallel: a worker that
// is woken twice finds the lease taken or no work. A lost wake-up does no harm either: the next tick finds the same
// work due.
func (w *Worker) schedule(ctx context.Context) {
	ticker := time.NewTicker(w.Tick)
	defer ticker.Stop()
	var purged, counted, minded time.Time
	for {
		if err := w.enqueueDue(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("schedule: cannot enqueue due work, retrying", "error", err)
		}
		if err := w.flushSyncVersion(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("versions: cannot announce sync state, pages update late", "error", err)
		}
		if err := w.DB.FoldCounts(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("lists: cannot fold counts, retrying", "error", err)
		}
		if now := w.Now(); now.Sub(minded) >= mindEvery {
			minded = now
			if err := w.mindTickets(ctx); err != nil && ctx.Err() == nil {
				w.Log.Error("tickets: cannot sweep the desk, retrying", "error", err)
			}
		}
		if now := w.Now(); now.Sub(purged) >= purgeEvery {
			purged = now
			if err := w.purge(ctx); err != nil && ctx.Err() == nil {
				w.Log.Error("purge: cannot delete old rows, retrying later", "error", err)
			}
		}
		if now := w.Now(); now.Sub(counted) >= countEvery {
			counted = now
			if err := w.countServices(ctx); err != nil && ctx.Err() == nil {
				w.Log.Error("services: cannot count orders, retrying later", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// countServices counts the orders and problems of services, and bumps the versions of the panels whose counts
// changed.
func (w *Worker) countServices(ctx context.Context) error {
	panels, err := w.DB.CountServices(ctx)
	for _, id := range panels {
		w.bump(ctx, ResourceVersion(id, models.Services))
	}
	return err
}

// enqueueDue is the timetable: it enqueues all work that the schedule starts. The comment at each line names its
// condition.
func (w *Worker) enqueueDue(ctx context.Context) error {
	if err := each(ctx, w.DB.PanelsToCheck, w.queue.EnqueueCheck); err != nil { // requested and not done yet
		return fmt.Errorf("checks: %w", err)
	}
	if err := each(ctx, w.DB.PanelsToCompare, w.queue.EnqueueCompare); err != nil { // have another address or key
		return fmt.Errorf("comparisons: %w", err)
	}
	if err := w.sweepActions(ctx); err != nil { // queued, due for a check, or lost their worker
		return fmt.Errorf("actions: %w", err)
	}
	due := func(ctx context.Context) ([]models.StreamKey, error) { return w.DB.DueStreams(ctx, duePerTick) }
	if err := each(ctx, due, w.queue.EnqueueSync); err != nil { // a loop is due
		return fmt.Errorf("streams: %w", err)
	}
	if err := each(ctx, w.DB.PanelsToProbe, w.queue.EnqueueProbe); err != nil { // down or without a valid key, and due for a probe
		return fmt.Errorf("probes: %w", err)
	}
	if err := each(ctx, w.DB.RemovedPanels, w.queue.EnqueueRemove); err != nil { // removed, and rows are left
		return fmt.Errorf("removed panels: %w", err)
	}
	oldest := func(ctx context.Context) ([]models.StreamKey, error) { return w.DB.DuePurges(ctx, 1) }
	if err := each(ctx, oldest, w.queue.EnqueuePurge); err != nil { // past their retention, one stream at a time
		return fmt.Errorf("retention: %w", err)
	}
	return nil
}

func each[T any](ctx context.Context, find func(context.Context) ([]T, error), enqueue func(context.Context, T) error) error {
	found, err := find(ctx)
	if err != nil {
		return err
	}
	for _, one := range found {
		if err := enqueue(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// purge deletes rows that are past their lifetime.
func (w *Worker) purge(ctx context.Context) error {
	if err := w.DB.PurgeSessions(ctx); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	if err := w.purgeActivity(ctx); err != nil {
		return err
	}
	if err := w.purgeOutbox(ctx); err != nil {
		return err
	}
	if err := w.DB.PurgeWatches(ctx); err != nil {
		return fmt.Errorf("watches: %w", err)
	}
	if err := w.DB.PurgeOrderLookups(ctx); err != nil {
		return fmt.Errorf("order look-ups: %w", err)
	}
	if err := w.DB.PurgeDrift(ctx); err != nil {
		return fmt.Errorf("comparisons: %w", err)
	}
	if err := w.DB.PurgeRuns(ctx); err != nil {
		return fmt.Errorf("runs: %w", err)
	}
	return nil
}
