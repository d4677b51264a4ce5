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
	// actionConcurrency is how many actions are worked on at once. Most wait for an answer, and of each panel only a few
	// are taken, so that panels which do not answer hold up none of the others.
	actionConcurrency = 60
	// actionsPerTick bounds what one look enqueues for each panel; what is left is still due a tick later.
	actionsPerTick = 20
	// looksPerTick bounds the looks that nobody waits for which one look enqueues for each panel: they take what is left.
	looksPerTick = 2
	// actionSoon is for how long what was asked for is waited for to the moment; the schedule finds what is due later.
	actionSoon = 10 * time.Second
	// actionTurn is how long an action that is ready to leave waits for its turn at the panel.
	actionTurn = 5 * time.Second
)

// OutboxVersion is the key that moves when the state of an action on the panel changes.
func OutboxVersion(panelID int64) string { return "outbox:" + strconv.FormatInt(panelID, 10) }

// EnqueueAction wakes a worker up to send an action, or to look what became of it.
func (q *Queue) EnqueueAction(ctx context.Context, id int64) error {
	return q.enqueue(ctx, kindAction, queueActions, target{ActionID: id})
}

// sweepActions finds what is to be done in the outbox, from PostgreSQL alone, and wakes workers up for it.
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

// runAction brings one action a step on. Exactly one worker gets past the claim, and what it finds out is written only
// if nobody moved the action meanwhile; so it may be doubled, late, or killed at any instruction.
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

// actionLater is an *againError for an action whose writer can still take it back: it leaves when that time is over.
func (w *Worker) actionLater(ctx context.Context, id int64) error {
	wait, err := w.DB.ActionWait(ctx, id)
	if err != nil || wait <= 0 || wait > actionSoon {
		return err
	}
	return &againError{wait}
}

// stepAction sends an action that was claimed, or looks what became of it.
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

// refusesAdminKey tells whether an answer means that the panel takes nothing with this key, see refusesKey.
func refusesAdminKey(err error) bool {
	var e *panel.Error
	return errors.As(err, &e) && e.Class == panel.ErrKey && refusesKey(models.Orders, e)
}

// forbids tells whether a panel refused one kind of call (403), though it may take others with the same key.
func forbids(err error) bool {
	return errors.Is(err, panel.ErrKey) && !refusesAdminKey(err)
}

// noteRefusedKey lets the whole panel wait for its key when an action met the refusal: all that waits there has the same
// fate. It returns all other errors.
func (w *Worker) noteRefusedKey(ctx context.Context, access models.PanelAccess, ended error) error {
	if !refusesAdminKey(ended) {
		return ended
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	_, err := w.markKey(ctx, access, w.Now().Add(keyTriedFirst))
	return err
}

// claimAction takes the lease. Being told to stop in the middle of it would leave a lease that nobody knows of.
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

// callerOf goes first as staff who wait do, behind them when it is one of a batch, and last when nobody waits for it.
func callerOf(a models.PanelAction) Caller {
	if a.Aside {
		return Caller{PanelID: a.PanelID, Lane: LaneBackfill, Name: "look " + strconv.FormatInt(a.ID, 10)}
	}
	if a.BatchID != 0 {
		return Caller{PanelID: a.PanelID, Lane: LaneBulk, Name: "batch " + strconv.FormatInt(a.BatchID, 10)}
	}
	return Caller{PanelID: a.PanelID, Lane: LaneStaff, Name: "action " + strconv.FormatInt(a.ID, 10)}
}

// putOff puts an action back for which nothing was sent, with the reason, and returns a *noTurnError on, for the action
// to be woken up.
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
		return nil // somebody cancelled or settled it meanwhile
	case errors.As(reason, &early):
		return errors.Join(early, err)
	case say == "", refusesAdminKey(reason):
		return errors.Join(reason, err)
	}
	return err
}

// waitAfter is how long an action waits after a call that told nothing, whether that counts as a failure of its panel,
// and what staff are told. An error of our own, in Redis or PostgreSQL, says nothing about the panel.
func (w *Worker) waitAfter(a models.PanelAction, reason error) (wait time.Duration, failed bool, say string) {
	var early *noTurnError
	var limited *limitedError
	var e *panel.Error
	switch {
	case errors.As(reason, &early):
		return early.wait, false, a.Words
	case errors.As(reason, &limited):
		return limited.pause, false, "Waits: the panel asks for fewer calls."
	case errors.Is(reason, context.Canceled):
		return time.Second, false, ""
	case refusesAdminKey(reason):
		return downBackoff.after(a.Failures, w.Random()), true, "The panel refused its key."
	case errors.As(reason, &e):
		return downBackoff.after(a.Failures, w.Random()), true, "Waits: " + full(e.Sentence())
	}
	return downBackoff.after(a.Failures, w.Random()), true, ""
}
