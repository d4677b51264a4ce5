package jobs

import (
	"context"
	"errors"
	"net/http"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// backoff is the range of waits after failures in a row: the first wait is up to from, each further one up to twice
// as long, none longer than to.
type backoff struct{ from, to time.Duration }

var (
	downBackoff  = backoff{5 * time.Second, 5 * time.Minute}
	shapeBackoff = backoff{time.Minute, 30 * time.Minute}
)

// after draws the wait after the given number of earlier failures in a row. It is drawn from all of the range, so that
// streams that failed together do not come back together.
func (b backoff) after(failures int, random float64) time.Duration {
	longest := b.to
	if failures < 16 {
		longest = min(b.to, b.from<<failures)
	}
	return time.Second + time.Duration(random*float64(longest-time.Second))
}

// limitedError is a 429 with the time for which the panel is left alone.
type limitedError struct {
	cause *panel.Error
	pause time.Duration
}

// Error is the panel's error.
func (e *limitedError) Error() string { return e.cause.Error() }

// Unwrap gives the panel's error.
func (e *limitedError) Unwrap() error { return e.cause }

// noteFailure stores what went wrong on the panel's side, in words, and when the stream tries again.
func (w *Worker) noteFailure(ctx context.Context, s models.Stream, e *panel.Error, ended error) error {
	f := models.StreamFailure{Words: e.Sentence(), Status: models.StreamBackingOff, Class: class(e)}
	wait := downBackoff.after(s.Failures, w.Random())
	var limited *limitedError
	switch {
	case errors.As(ended, &limited):
		wait = limited.pause
	case e.Class == panel.ErrKey:
		f.Status = models.StreamNeedsKey
		wait = shapeBackoff.after(s.Failures, w.Random())
		if refusesKey(s.Resource, e) {
			wait = 0 // the panel waits for a key as a whole, and goes on at once when it has one
		}
	case e.Class != panel.ErrDown:
		f.Status = models.StreamBroken
		wait = shapeBackoff.after(s.Failures, w.Random())
	}
	f.RetryAt = w.Now().Add(wait)
	w.Log.Warn("a stream failed", "panel", s.PanelID, "resource", s.Resource, "error", e, "again_in", wait.Round(time.Millisecond))
	if err := w.DB.FailStream(ctx, s, f); err != nil || f.Class != "down" {
		return err
	}
	return w.openCircuit(ctx, s.PanelID, f.Words)
}

// refusesKey tells whether an answer means that the panel's admin key is no good at all. A 403 may concern one
// resource only, and services have a key of their own.
func refusesKey(r models.Resource, e *panel.Error) bool {
	return r != models.Services && e.Status != http.StatusForbidden
}

// errOldKey means that a panel refused a key that has been replaced since, which says nothing of the new one.
var errOldKey = errors.New("the key that the panel refused has been replaced")

// noteKey lets the panel wait for another key as a whole when the given error means that it refused the run's. It
// returns the error, or errOldKey.
func (r *run) noteKey(ctx context.Context, ended error) error {
	var e *panel.Error
	if !errors.As(ended, &e) || e.Class != panel.ErrKey || !refusesKey(r.stream.Resource, e) {
		return ended
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	switch current, err := r.markKey(ctx, r.access, true); {
	case err != nil:
		return err
	case !current:
		return errOldKey
	}
	return ended
}

// markKey notes whether the panel takes the admin key of an access and tells the pages. current is false when the panel
// has another key now.
func (w *Worker) markKey(ctx context.Context, access models.PanelAccess, refused bool) (current bool, err error) {
	current, err = w.DB.MarkKeyRefused(ctx, access, refused)
	if err == nil && current {
		w.bump(ctx, PanelsVersion)
	}
	return current, err
}

// class is the word for an error's class in the database.
func class(e *panel.Error) string {
	switch e.Class {
	case panel.ErrKey:
		return "key"
	case panel.ErrLimited:
		return "limited"
	case panel.ErrDown:
		return "down"
	case panel.ErrShape:
		return "shape"
	default:
		return "refused"
	}
}
