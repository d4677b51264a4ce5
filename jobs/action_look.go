package jobs

import (
	"context"
	"errors"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// Looking for an action whose answer was lost.
const (
	// betweenLooks is how long after a look the next one begins at least, and longestBetween at most: what appears in the
	// panel's list is found within half a minute. The first look begins as soon as the answer is doubted.
	betweenLooks   = 15 * time.Second
	longestBetween = 25 * time.Second
	// believed is how many looks in a row must not find it, once it must have arrived.
	believed = 2
	// mostAttempts is how often what is harmless is sent before a person is asked all the same.
	mostAttempts = 5
)

// lookForAction reads back what became of an action whose answer was lost. Finding it settles it at once; not finding it
// is believed only after the request's deadline and two minutes more, and twice.
func (w *Worker) lookForAction(ctx context.Context, client *panel.Client, a models.PanelAction, err error) error {
	began := w.Now()
	finding := models.Unclear
	var now models.Sight
	if err == nil {
		if now, err = w.see(ctx, client, a); err == nil {
			finding = a.Look(now)
		}
	}
	switch {
	case err != nil && !errors.Is(err, panel.ErrGone) && !errors.Is(err, errTooMany) && !forbids(err):
		return w.putOff(ctx, a, err)
	case finding == models.Applied:
		return w.foundAction(ctx, a, now, "The answer was lost; it was found on the panel.")
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	return taken(w.missed(after, a, finding, began))
}

// missed is after a look that did not find the action.
func (w *Worker) missed(ctx context.Context, a models.PanelAction, finding models.Finding, began time.Time) error {
	info, _ := a.Kind.Info()
	misses := a.Misses
	if !began.Before(a.SettledAt()) {
		misses++
	}
	if finding == models.NotApplied && a.ReceiptID > 0 {
		a.MissedRead(began)
	}
	switch {
	case misses < believed, finding == models.NotApplied && a.ReceiptID > 0 && !a.ReadEnough(began):
		return w.DB.LookAgain(ctx, a, nextLook(a, began), 0, misses, a.NotFound()+" so far. It may still appear.")
	case finding == models.NotApplied && info.Harmless && a.Attempts < mostAttempts:
		return w.DB.QueueAction(ctx, a, w.Now(), false, a.NotFound()+": it is sent again.")
	case finding == models.NotApplied:
		return w.DB.LookAgain(ctx, a, time.Time{}, 0, misses, w.asking(ctx, a))
	}
	return w.DB.LookAgain(ctx, a, time.Time{}, 0, misses, "The answer was lost, and the panel does not show clearly what became of it. Look there, then say it.")
}

// nextLook is a little later each time, as long as the action may still appear, and then soon.
func nextLook(a models.PanelAction, began time.Time) time.Time {
	settled := a.SettledAt()
	if !began.Before(settled) {
		return began.Add(betweenLooks)
	}
	next := began.Add(min(max(betweenLooks, began.Sub(a.SentAt)), longestBetween))
	if next.After(settled) {
		return settled
	}
	return next
}
