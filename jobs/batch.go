package jobs

import (
	"context"
	"errors"
	"fmt"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// batchSteps is how many calls, each for up to 100 orders, one task makes before it lets another task run.
const batchSteps = 20

// EnqueueBatch wakes a worker for the part of a batch that concerns one panel.
func (q *Queue) EnqueueBatch(ctx context.Context, b models.BatchWork) error {
	return q.enqueue(ctx, kindBatch, queueActions, target{PanelID: b.PanelID, BatchID: b.BatchID})
}

// runBatch works through the part of a batch on one panel, up to 100 orders at a time. Each order follows the rules
// of a single action: the worker claims it, commits "sending" before the call leaves, and ends it separately. So the
// task may run twice, run late, or be killed at any instruction; the worker then checks each order of the interrupted
// call on the panel.
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

// stepBatch does the first due step: a call that sends, or one that reads back. goOn is true only if the step made
// progress.
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
		return false, fmt.Errorf("claiming actions of batch %d: %w", work.BatchID, err)
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

// seeChunk reads the orders of a chunk from the panel in one call. It leaves out orders that are missing or
// unreadable: an order must not look deleted because a panel ignores the filter.
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

// eachOf calls do for each action of a chunk. If another process changed one of them, or one has no slot yet, the
// rest still run, and the schedule brings that action back.
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

// aloneInstead moves an order that the list did not return out of the batch, to a call of its own, which tells
// whether the panel deleted it.
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

// lookForChunk is lookForAction for orders whose bulk call got no answer.
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
			return w.foundAction(ctx, a, now, "The answer was lost. Masterpanel found it on the panel.")
		}
		return taken(w.missed(after, a, finding, began))
	})
}
