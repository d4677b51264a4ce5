package jobs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

const (
	// actionConcurrency is how many actions one worker process handles in parallel. Most of them wait for an answer,
	// and each tick enqueues only a few per panel, so a panel that does not answer does not hold up the others.
	actionConcurrency = 60
	// actionsPerTick limits how many actions of each panel one tick enqueues. The rest stay due for the next tick.
	actionsPerTick = 20
	// looksPerTick limits how many background checks of each panel one tick enqueues. No person waits for them, so
	// they use the spare calls.
	looksPerTick = 2
	// actionSoon is the longest wait that a worker times itself. The schedule picks up actions that are due later.
	actionSoon = 10 * time.Second
	// actionTurn is how long an action that is ready to be sent waits for a slot in the panel's rate limit.
	actionTurn = 5 * time.Second
)

// OutboxVersion is the version key that changes when the state of an action on the panel changes.
func OutboxVersion(panelID int64) string { return "outbox:" + strconv.FormatInt(panelID, 10) }

// EnqueueAction wakes a worker to send an action, or to check the result of one that was sent.
func (q *Queue) EnqueueAction(ctx context.Context, id int64) error {
	return q.enqueue(ctx, kindAction, queueActions, target{ActionID: id})
}

// sweepActions finds due actions and batches in PostgreSQL and enqueues a task for each.
func (w *Worker) sweepActions(ctx context.Context) error {
	moved, err := w.DB.SweepActions(ctx)
	if err != nil {
		return err
	}
	for _, id := range moved {
		w.bump(ctx, OutboxVersion(id))
	}
	due := func(ctx context.Context) ([]int64, error) { return w.DB.DueActions(ctx, actionsPerTick) }
	if err := each(ctx, due, w.queue.EnqueueAction); err != nil {
		return err
	}
	looks := func(ctx context.Context) ([]int64, error) { return w.DB.DueLooks(ctx, looksPerTick) }
	if err := each(ctx, looks, w.queue.EnqueueAction); err != nil {
		return err
	}
	return each(ctx, w.DB.DueBatches, w.queue.EnqueueBatch)
}

// runAction does the next step of one action. Only one worker can claim the action, and the worker saves its result
// only if no other process changed the action in between. So the task may run twice, run late, or be killed at any
// instruction.
func (w *Worker) runAction(ctx context.Context, t target) error {
	a, err := w.claimAction(ctx, t.ActionID)
	if errors.Is(err, models.ErrBusy) {
		return w.actionLater(ctx, t.ActionID)
	}
	if err != nil {
		return fmt.Errorf("claiming action %d: %w", t.ActionID, err)
	}
	defer func() {
		after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer stop()
		w.bump(after, OutboxVersion(a.PanelID))
	}()
	return w.stepAction(ctx, a)
}

// actionLater returns an *againError while the author of an action can still cancel it. The action is sent after that
// time.
func (w *Worker) actionLater(ctx context.Context, id int64) error {
	wait, err := w.DB.ActionWait(ctx, id)
	if err != nil || wait <= 0 || wait > actionSoon {
		return err
	}
	return &againError{wait}
}

// stepAction sends a claimed action, or checks on the panel whether an earlier attempt was applied.
func (w *Worker) stepAction(ctx context.Context, a models.PanelAction) error {
	client, access, err := w.provenClient(ctx, a.PanelID)
	if a.Aside {
		return w.lookAside(ctx, client, a, err)
	}
	if a.State == models.ActionUnconfirmed {
		return w.noteRefusedKey(ctx, access, w.lookForAction(ctx, client, a, err))
	}
	return w.noteRefusedKey(ctx, access, w.sendAction(ctx, client, a, err))
}

// refusesAdminKey reports whether an error means that the panel rejects the admin key for every call. See refusesKey.
func refusesAdminKey(err error) bool {
	var e *panel.Error
	return errors.As(err, &e) && e.Class == panel.ErrKey && refusesKey(models.Orders, e)
}

// forbids reports whether the panel refused one kind of call (403) but may accept other calls with the same key.
func forbids(err error) bool {
	return errors.Is(err, panel.ErrKey) && !refusesAdminKey(err)
}

// noteRefusedKey marks the panel's key as refused if the action ended with that error, so the whole panel waits:
// every other action there would fail in the same way. It returns all other errors.
func (w *Worker) noteRefusedKey(ctx context.Context, access models.PanelAccess, ended error) error {
	if !refusesAdminKey(ended) {
		return ended
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	_, err := w.markKey(ctx, access, w.Now().Add(keyTriedFirst))
	return err
}

// claimAction takes the lease. It ignores cancellation while it does so: a claim that is cancelled halfway would
// leave a lease that no worker releases.
func (w *Worker) claimAction(ctx context.Context, id int64) (models.PanelAction, error) {
	if err := ctx.Err(); err != nil {
		return models.PanelAction{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	a, err := w.DB.ClaimAction(ctx, id, leaseFor)
	if errors.Is(err, models.ErrBusy) {
		return w.DB.ClaimLook(ctx, id, leaseFor)
	}
	return a, err
}

// callerOf returns the rate limiter's caller for an action: staff's lane for a single action, the bulk lane for one
// of a batch, and the backfill lane for a background check.
func callerOf(a models.PanelAction) Caller {
	if a.Aside {
		return Caller{PanelID: a.PanelID, Lane: LaneBackfill, Name: "look " + strconv.FormatInt(a.ID, 10)}
	}
	if a.BatchID != 0 {
		return Caller{PanelID: a.PanelID, Lane: LaneBulk, Name: "batch " + strconv.FormatInt(a.BatchID, 10)}
	}
	return Caller{PanelID: a.PanelID, Lane: LaneStaff, Name: "action " + strconv.FormatInt(a.ID, 10)}
}

// putOff reschedules an action after a step that sent nothing, and saves the reason. It passes a *noTurnError on, so
// that the task handler wakes the action up.
func (w *Worker) putOff(ctx context.Context, a models.PanelAction, reason error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	wait, failed, say := w.waitAfter(a, reason)
	var err error
	if a.State == models.ActionUnconfirmed {
		failures := a.Failures
		if failed {
			failures++
		}
		err = w.DB.LookAgain(ctx, a, w.Now().Add(wait), failures, a.Misses, say)
	} else {
		err = w.DB.QueueAction(ctx, a, w.Now().Add(wait), failed, say)
	}
	var early *noTurnError
	switch {
	case errors.Is(err, models.ErrLeaseLost):
		return nil // a person cancelled or settled the action in the meantime
	case errors.As(reason, &early):
		return errors.Join(early, err)
	case say == "", refusesAdminKey(reason):
		return errors.Join(reason, err)
	}
	return err
}

// waitAfter returns how long an action waits after a call without a result, whether the call counts as a failure of
// the panel, and the text for staff. An error in our Redis or PostgreSQL does not count against the panel.
func (w *Worker) waitAfter(a models.PanelAction, reason error) (wait time.Duration, failed bool, say string) {
	var early *noTurnError
	var limited *limitedError
	var e *panel.Error
	switch {
	case errors.As(reason, &early):
		return early.wait, false, a.Words
	case errors.As(reason, &limited):
		return limited.pause, false, "Waiting: the panel asks for fewer calls."
	case errors.Is(reason, context.Canceled):
		return time.Second, false, ""
	case refusesAdminKey(reason):
		return downBackoff.after(a.Failures, w.Random()), true, "The panel refused its key."
	case errors.As(reason, &e):
		return downBackoff.after(a.Failures, w.Random()), true, "Waiting: " + full(e.Sentence())
	}
	return downBackoff.after(a.Failures, w.Random()), true, ""
}
