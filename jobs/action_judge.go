package jobs

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// verdict is the meaning of an attempt's result.
type verdict int

const (
	applied   verdict = iota // the panel confirmed it: done
	declined                 // the panel or our client rejected the request as invalid: no effect
	keyless                  // the panel refused the key: no effect, and the key is refused for the whole panel
	unsent                   // the request did not leave this machine
	throttled                // 429: no effect by convention, but without proof
	perhaps                  // the request may have been applied
)

// judge is the table of the write state machine. Unless an error proves that the request had no effect, it may have
// had one.
func judge(err error) verdict {
	var e *panel.Error
	switch {
	case err == nil:
		return applied
	case !errors.As(err, &e):
		return perhaps
	case !e.Sent && errors.Is(e, panel.ErrRefused):
		return declined
	case !e.Sent:
		return unsent
	case errors.Is(e, panel.ErrLimited):
		return throttled
	case e.Status == http.StatusRequestTimeout: // a proxy may send this after it passed the request on
		return perhaps
	case refusesAdminKey(err):
		return keyless
	case errors.Is(e, panel.ErrKey), errors.Is(e, panel.ErrGone), errors.Is(e, panel.ErrRefused):
		return declined
	}
	return perhaps
}

// conclude stores the result of an attempt, and logs it if the outcome is unknown.
func (w *Worker) conclude(ctx context.Context, a models.PanelAction, err error) error {
	if info, _ := a.Kind.Info(); judge(err) == perhaps || judge(err) == throttled && info.Money {
		w.Log.Warn("outbox: result unknown, checking the panel", "panel", a.PanelID, "action", a.ID, "error", err)
	}
	return w.settleAction(ctx, a, err)
}

func (w *Worker) settleAction(ctx context.Context, a models.PanelAction, err error) error {
	info, _ := a.Kind.Info()
	switch v := judge(err); {
	case v == applied:
		return w.answered(ctx, a)
	case v == declined:
		return w.endAction(ctx, a, models.ActionRefused, full(words(err)))
	case v == unsent, v == keyless, v == throttled && !info.Money:
		return w.putOff(ctx, a, err)
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	if err := w.DB.DoubtAction(after, a, w.Now(), full(words(err))); err != nil {
		return taken(err)
	}
	return w.lookAtOnce(after, a)
}

// answered stores the success of an attempt whose answer names the action.
func (w *Worker) answered(ctx context.Context, a models.PanelAction) error {
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	return taken(w.DB.AnswerAction(after, a))
}

func (w *Worker) endAction(ctx context.Context, a models.PanelAction, state models.ActionState, words string) error {
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	return taken(w.DB.EndAction(after, a, state, words))
}

// taken drops ErrLeaseLost: another process changed the action in the meantime, and its result stays.
func taken(err error) error {
	if errors.Is(err, models.ErrLeaseLost) {
		return nil
	}
	return err
}

// full ends a sentence with exactly one full stop. The sentence may come from a panel.
func full(sentence string) string { return strings.TrimRight(sentence, ".:; ") + "." }
