package jobs

import (
	"context"
	"errors"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// lookAside looks for an action though nothing waits for it: for one that is done by an answer, whether the panel shows it,
// and for one that asks a person, whether it came late.
func (w *Worker) lookAside(ctx context.Context, client *panel.Client, a models.PanelAction, err error) error {
	began := w.Now()
	var now models.Sight
	if err == nil {
		now, err = w.see(ctx, client, a)
	}
	if err == nil && a.Look(now) == models.Applied {
		return w.foundAction(ctx, a, now, "It came late and was found on the panel.")
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

// notShown is after a whole look that did not show what the panel said yes to.
func (w *Worker) notShown(ctx context.Context, a models.PanelAction, finding models.Finding, began time.Time) error {
	info, _ := a.Kind.Info()
	if finding == models.Unclear && info.Resource == models.Orders {
		return w.DB.WatchAgain(ctx, a, time.Time{}) // the order went on: the sync shows how
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
		return w.DB.WatchAgain(ctx, a, time.Time{}) // the panel may write such texts in another way
	}
	return w.DB.ReopenAction(ctx, a, w.asking(ctx, a))
}

// asking is the question to a person about an action that the panel does not show.
func (w *Worker) asking(ctx context.Context, a models.PanelAction) string {
	shown, err := w.DB.ShownBefore(ctx, a)
	if err != nil {
		shown = true // the shorter question is right too
	}
	return a.Question(shown)
}

// foundAction stores that a look found the action.
func (w *Worker) foundAction(ctx context.Context, a models.PanelAction, now models.Sight, words string) error {
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	return taken(w.DB.FoundAction(after, a, now, words))
}

// lookAtOnce wakes a worker up to look for an action whose answer is doubted. If that fails, the schedule does it; a batch
// looks for its own.
func (w *Worker) lookAtOnce(ctx context.Context, a models.PanelAction) error {
	if a.BatchID != 0 {
		return nil
	}
	if err := w.queue.EnqueueAction(ctx, a.ID); err != nil {
		w.Log.Warn("jobs: an action whose answer is doubted waits for the schedule", "action", a.ID, "error", err)
	}
	return nil
}
