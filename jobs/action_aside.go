package jobs

import (
	"context"
	"errors"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// lookAside checks the panel in the background. For an action that is done because the panel accepted it, it checks
// that the panel shows it. For an action that needs a person, it checks whether the effect arrived late.
func (w *Worker) lookAside(ctx context.Context, client *panel.Client, a models.PanelAction, err error) error {
	began := w.Now()
	var now models.Sight
	if err == nil {
		now, err = w.see(ctx, client, a)
	}
	if err == nil && a.Look(now) == models.Applied {
		return w.foundAction(ctx, a, now, "It appeared late. Masterpanel found it on the panel.")
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	var early *noTurnError
	switch {
	case errors.As(err, &early):
		return taken(w.DB.WatchAgain(after, a, began.Add(max(early.wait, betweenLooks))))
	case a.State == models.ActionUnconfirmed:
		return taken(w.DB.WatchOn(after, a))
	case errors.Is(err, panel.ErrGone):
		return taken(w.DB.WatchAgain(after, a, time.Time{}))
	case err != nil:
		return taken(w.DB.WatchDone(after, a, forbids(err) || errors.Is(err, errTooMany)))
	}
	return taken(w.notShown(after, a, a.Look(now), began))
}

// notShown handles a complete read that did not find an action the panel had accepted.
func (w *Worker) notShown(ctx context.Context, a models.PanelAction, finding models.Finding, began time.Time) error {
	info, _ := a.Kind.Info()
	if finding == models.Unclear && info.Resource == models.Orders {
		return w.DB.WatchAgain(ctx, a, time.Time{}) // the order has changed since; the sync shows how
	}
	a.MissedRead(began)
	if !a.ReadEnough(began) {
		return w.DB.WatchAgain(ctx, a, began.Add(models.BetweenChecks))
	}
	shown, err := w.DB.ShownBefore(ctx, a)
	switch {
	case err != nil:
		return err
	case !shown && a.Kind != models.KindAddPayment && info.Resource != models.Orders:
		return w.DB.WatchAgain(ctx, a, time.Time{}) // the panel may format such texts differently
	}
	return w.DB.ReopenAction(ctx, a, w.asking(ctx, a))
}

// asking returns the question to a person about an action that the panel does not show.
func (w *Worker) asking(ctx context.Context, a models.PanelAction) string {
	shown, err := w.DB.ShownBefore(ctx, a)
	if err != nil {
		shown = true // the shorter question is correct in both cases
	}
	return a.Question(shown)
}

// foundAction stores that a read found the action.
func (w *Worker) foundAction(ctx context.Context, a models.PanelAction, now models.Sight, words string) error {
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	return taken(w.DB.FoundAction(after, a, now, words))
}

// lookAtOnce wakes a worker to check an action with a doubtful answer. If enqueueing fails, the schedule does it. A
// batch checks its own actions.
func (w *Worker) lookAtOnce(ctx context.Context, a models.PanelAction) error {
	if a.BatchID != 0 {
		return nil
	}
	if err := w.queue.EnqueueAction(ctx, a.ID); err != nil {
		w.Log.Warn("outbox: cannot enqueue check of action, the schedule will enqueue it", "action", a.ID, "error", err)
	}
	return nil
}
