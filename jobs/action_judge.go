package jobs

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// verdict is what the end of an attempt says about it.
type verdict int

const (
	applied   verdict = iota // answered: done
	declined                 // answered, or never sent because it makes no sense: no effect
	keyless                  // answered that the key is refused: no effect, and a state of the panel
	unsent                   // nothing left this machine
	throttled                // 429: by convention no effect, but nothing proves it
	perhaps                  // it may have been applied
)

// judge is the table of the write state machine. Whatever is not known to be without effect may have had one.
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
	case e.Status == http.StatusRequestTimeout: // of something on the way, which may have passed it on
		return perhaps
	case refusesAdminKey(err):
		return keyless
	case errors.Is(e, panel.ErrKey), errors.Is(e, panel.ErrGone), errors.Is(e, panel.ErrRefused):
		return declined
	}
	return perhaps
}

// conclude writes down what came of an attempt.
func (w *Worker) conclude(ctx context.Context, a models.PanelAction, err error) error {
	if info, _ := a.Kind.Info(); judge(err) == perhaps || judge(err) == throttled && info.Money {
		w.Log.Warn("it is not known whether a panel applied what was sent", "panel", a.PanelID, "action", a.ID, "error", err)
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

// answered is after an answer that names the action.
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

// taken forgives that somebody else moved the action meanwhile: then what they wrote stands.
func taken(err error) error {
	if errors.Is(err, models.ErrLeaseLost) {
		return nil
	}
	return err
}

// full ends a sentence that may be a panel's.
func full(sentence string) string { return strings.TrimRight(sentence, ".:; ") + "." }
