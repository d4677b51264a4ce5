package jobs

import (
	"context"
	"errors"
	"fmt"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// batchSteps is how many calls for up to a hundred orders one task makes before it gives its place to another.
const batchSteps = 20

// EnqueueBatch wakes a worker up to work on the part of a batch that is on one panel.
func (q *Queue) EnqueueBatch(ctx context.Context, b models.BatchWork) error {
	return q.enqueue(ctx, kindBatch, queueActions, target{PanelID: b.PanelID, BatchID: b.BatchID})
}

// runBatch brings a batch on a panel on, a hundred orders at a time. For each order holds what holds for any action: it
// is claimed, "sending" is committed before the call leaves, and it ends by itself. So the task may be doubled, late, or
// killed at any instruction, and then each order of the call that was under way is looked for.
func (w *Worker) runBatch(ctx context.Context, t target) error {
	work := models.BatchWork{PanelID: t.PanelID, BatchID: t.BatchID}
	for range batchSteps {
		goOn, err := w.stepBatch(ctx, work)
		if err != nil || !goOn {
			return err
		}
	}
	return nil
}

// stepBatch does what is due first: one call that sends, or one that reads back. It goes on only if that got anywhere.
func (w *Worker) stepBatch(ctx context.Context, work models.BatchWork) (goOn bool, err error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	claiming, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	claimed, alone, err := w.DB.ClaimBatch(claiming, work, leaseFor)
	if errors.Is(err, models.ErrBusy) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claiming some of batch %d: %w", work.BatchID, err)
	}
	defer func() {
		after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer stop()
		w.bump(after, OutboxVersion(work.PanelID))
	}()
	if alone {
		err := w.stepAction(ctx, claimed[0])
		return err == nil, err
	}
	client, access, err := w.provenClient(ctx, work.PanelID)
	if claimed[0].State == models.ActionUnconfirmed {
		goOn, err = w.lookForChunk(ctx, client, claimed, err)
	} else {
		goOn, err = w.sendChunk(ctx, client, claimed, err)
	}
	return goOn, w.noteRefusedKey(ctx, access, err)
}

// seeChunk reads what a panel holds of the orders of a chunk, in one call. What does not come back, or cannot be read,
// is left out: a panel that ignores the filter must not make an order look deleted.
func (w *Worker) seeChunk(ctx context.Context, client *panel.Client, chunk []models.PanelAction) (map[int64]models.Sight, error) {
	ids := make([]int64, len(chunk))
	for i, a := range chunk {
		ids[i] = a.TargetID
	}
	seen := make(map[int64]models.Sight, len(chunk))
	err := w.callPatiently(ctx, callerOf(chunk[0]), func(ctx context.Context) error {
		page, err := client.Orders(ctx, panel.OrderQuery{IDs: ids, Limit: panel.MaxIDs})
		if err != nil {
			return err
		}
		orders, _ := page.All()
		for _, o := range orders {
			seen[o.ID] = sightOfRecord(o)
		}
		return nil
	})
	return seen, err
}

// eachOf does something to each action of a chunk. That somebody moved one meanwhile, or that it is not its turn, holds
// up none of the others: the schedule brings it again.
func eachOf(chunk []models.PanelAction, do func(models.PanelAction) error) error {
	var errs []error
	for _, a := range chunk {
		err := do(a)
		var early *noTurnError
		if err != nil && !errors.As(err, &early) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (w *Worker) putOffAll(ctx context.Context, chunk []models.PanelAction, reason error) error {
	return eachOf(chunk, func(a models.PanelAction) error { return w.putOff(ctx, a, reason) })
}

// aloneInstead leaves an order of which the list told nothing to a call of its own, which tells whether it is gone.
func (w *Worker) aloneInstead(ctx context.Context, a models.PanelAction) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if err := w.DB.GoAlone(ctx, a); err != nil {
		return err
	}
	if a.State == models.ActionUnconfirmed {
		return taken(w.DB.LookAgain(ctx, a, w.Now(), a.Failures, a.Misses, a.Words))
	}
	return taken(w.DB.QueueAction(ctx, a, w.Now(), false, a.Words))
}

// lookForChunk is lookForAction for orders whose answer was lost with that of a call for many.
func (w *Worker) lookForChunk(ctx context.Context, client *panel.Client, chunk []models.PanelAction, err error) (goOn bool, _ error) {
	began := w.Now()
	var seen map[int64]models.Sight
	if err == nil {
		seen, err = w.seeChunk(ctx, client, chunk)
	}
	if err != nil {
		return false, w.putOffAll(ctx, chunk, err)
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	return true, eachOf(chunk, func(a models.PanelAction) error {
		now, there := seen[a.TargetID]
		if !there {
			return w.aloneInstead(ctx, a)
		}
		finding := a.Look(now)
		if finding == models.Applied {
			return w.foundAction(ctx, a, now, "The answer was lost; it was found on the panel.")
		}
		return taken(w.missed(after, a, finding, began))
	})
}
