package jobs

import (
	"context"
	"errors"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// Limits for checking an action whose answer was lost.
const (
	// betweenLooks is the shortest time between the starts of two checks, and longestBetween the longest. So a new
	// entry in the panel's list is found within half a minute. The first check starts as soon as the answer is
	// doubtful.
	betweenLooks   = 15 * time.Second
	longestBetween = 25 * time.Second
	// believed is how many checks in a row must miss the action, after the time when it must have arrived, before we
	// accept that it was not applied.
	believed = 2
	// mostAttempts is how often a harmless action is sent before a person has to decide.
	mostAttempts = 5
)

// lookForAction checks on the panel whether an action with a lost answer was applied. One check that finds it settles
// the action. Checks that do not find it count only after the request's deadline plus two minutes, and two of them
// are needed.
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
		return w.foundAction(ctx, a, now, "The answer was lost. Masterpanel found it on the panel.")
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	return taken(w.missed(after, a, finding, began))
}

// missed handles a check that did not find the action.
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
		return w.DB.QueueAction(ctx, a, w.Now(), false, a.NotFound()+". Masterpanel sends it again.")
	case finding == models.NotApplied:
		return w.DB.LookAgain(ctx, a, time.Time{}, 0, misses, w.asking(ctx, a))
	}
	return w.DB.LookAgain(ctx, a, time.Time{}, 0, misses, "The answer was lost, and the panel does not show a clear result. Check the panel, then record the result.")
}

// nextLook returns the time of the next check. While the action may still appear, the intervals grow up to
// longestBetween; after that time they are betweenLooks.
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
