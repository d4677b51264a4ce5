package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// sendChunk reads the orders of a chunk from the panel, and sends those still needed and allowed in one call.
func (w *Worker) sendChunk(ctx context.Context, client *panel.Client, chunk []models.PanelAction, err error) (goOn bool, _ error) {
	var seen map[int64]models.Sight
	if err == nil {
		seen, err = w.seeChunk(ctx, client, chunk)
	}
	if err != nil {
		return false, w.putOffAll(ctx, chunk, err)
	}
	var ready []models.PanelAction
	var sights []models.Sight
	err = eachOf(chunk, func(a models.PanelAction) error {
		now, there := seen[a.TargetID]
		if !there {
			return w.aloneInstead(ctx, a)
		}
		ended, err := w.endUnsent(ctx, a, now)
		if !ended && err == nil {
			ready, sights = append(ready, a), append(sights, now)
		}
		return err
	})
	if err != nil || len(ready) == 0 {
		return err == nil, err // the ready actions are claimed again after their lease expires
	}
	return w.attemptChunk(ctx, client, ready, sights)
}

// attemptChunk waits for a slot, commits "sending" for the whole chunk, sends it, and stores the result of each
// action.
func (w *Worker) attemptChunk(ctx context.Context, client *panel.Client, ready []models.PanelAction, sights []models.Sight) (goOn bool, _ error) {
	var sending []models.PanelAction
	var outcome func(id int64) error
	var notBegun error
	err := w.callPatiently(ctx, callerOf(ready[0]), func(ctx context.Context) (err error) {
		sending, notBegun = w.DB.BeginSendingAll(ctx, ready, sights, w.Now().Add(w.CallTimeout+time.Second))
		if notBegun != nil || len(sending) == 0 {
			return notBegun
		}
		outcome, err = sendMany(ctx, client, sending)
		return err
	})
	switch {
	case errors.Is(notBegun, models.ErrNotAllowed):
		return true, nil
	case notBegun != nil:
		return false, w.noneLeft(ctx, ready, notBegun)
	case len(sending) == 0 && err != nil:
		return false, w.putOffAll(ctx, ready, err)
	}
	if err != nil {
		w.Log.Warn("outbox: call for a batch failed", "panel", ready[0].PanelID, "batch", ready[0].BatchID, "orders", len(sending), "error", err)
	}
	ends := eachOf(sending, func(a models.PanelAction) error {
		if err != nil {
			return w.settleAction(ctx, a, err)
		}
		return w.conclude(ctx, a, outcome(a.TargetID))
	})
	held := withoutThose(ready, sending)
	return err == nil, errors.Join(ends, w.putOffAll(ctx, held, &noTurnError{time.Second}))
}

// noneLeft is neverLeft for a chunk.
func (w *Worker) noneLeft(ctx context.Context, ready []models.PanelAction, reason error) error {
	err := eachOf(ready, func(a models.PanelAction) error { return taken(w.backToQueue(ctx, a)) })
	return errors.Join(fmt.Errorf("starting actions of batch %d: %w", ready[0].BatchID, reason), err)
}

// withoutThose returns the actions of all that are not in others.
func withoutThose(all, others []models.PanelAction) (rest []models.PanelAction) {
	among := map[int64]bool{}
	for _, a := range others {
		among[a.ID] = true
	}
	for _, a := range all {
		if !among[a.ID] {
			rest = append(rest, a)
		}
	}
	return rest
}

// sendMany makes one call that applies the same change to all orders of a chunk. outcome returns the result for one
// order.
func sendMany(ctx context.Context, client *panel.Client, chunk []models.PanelAction) (outcome func(id int64) error, err error) {
	ids := make([]int64, len(chunk))
	updates := make([]panel.OrderUpdate, len(chunk))
	p := chunk[0].Payload
	for i, a := range chunk {
		ids[i] = a.TargetID
		updates[i] = panel.OrderUpdate{ID: a.TargetID, StartCount: p.StartCount, Remains: p.Remains}
	}
	var r panel.BulkResult
	switch kind := chunk[0].Kind; kind {
	case models.KindSetStartCount, models.KindSetRemains:
		return updateMany(ctx, client, updates)
	case models.KindChangeStatus:
		r, err = client.ChangeStatus(ctx, ids, p.Status)
	case models.KindCancel:
		r, err = client.Cancel(ctx, ids, p.CancelReason)
	case models.KindResend:
		r, err = client.Resend(ctx, ids)
	default:
		return nil, &panel.Error{Op: "send", Class: panel.ErrRefused, Words: "this version of Masterpanel cannot send this action to many orders"}
	}
	return func(id int64) error { return only(id)(r, nil) }, err
}

func updateMany(ctx context.Context, client *panel.Client, updates []panel.OrderUpdate) (outcome func(id int64) error, err error) {
	results, err := client.UpdateOrders(ctx, updates)
	if err != nil {
		return nil, err
	}
	of := make(map[int64]error, len(results))
	for _, r := range results {
		of[r.ID] = r.Err
	}
	return func(id int64) error { return of[id] }, nil
}
