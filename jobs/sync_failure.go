package jobs

import (
	"context"
	"errors"
	"net/http"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// backoff is the range of waits after failures in a row: the first wait is at most from, each further one at most
// twice as long, and none is longer than to.
type backoff struct{ from, to time.Duration }

// downBackoff is the backoff of streams and panels that fail. A retry is one small call, so even a panel that has
// failed for days is tried twice a minute, and its new orders appear within a minute after it recovers.
var downBackoff = backoff{5 * time.Second, 40 * time.Second}

// after draws the wait after the given number of earlier failures in a row. It draws from the whole range, so that
// streams that failed together do not come back together, and from the last quarter once the waits have stopped
// growing.
func (b backoff) after(failures int, random float64) time.Duration {
	shortest, longest := time.Second, b.to
	if failures < 16 {
		longest = min(b.to, b.from<<failures)
	}
	if longest == b.to {
		shortest = b.to * 3 / 4
	}
	return shortest + time.Duration(random*float64(longest-shortest))
}

// retryAt returns the time of the next try after the given number of earlier failures in a row. The wait counts from
// the start of the failed try, so a panel whose calls hang is tried as often as others.
func (w *Worker) retryAt(began time.Time, failures int) time.Time {
	at, soonest := began.Add(downBackoff.after(failures, w.Random())), w.Now().Add(time.Second)
	if at.Before(soonest) {
		return soonest
	}
	return at
}

// limitedError is a 429 with the time for which the panel gets no calls.
type limitedError struct {
	cause *panel.Error
	pause time.Duration
}

// Error returns the text of the panel's error.
func (e *limitedError) Error() string { return e.cause.Error() }

// Unwrap returns the panel's error.
func (e *limitedError) Unwrap() error { return e.cause }

// noteFailure stores a failure of the panel in words, and the time of the stream's next try.
func (w *Worker) noteFailure(ctx context.Context, s models.Stream, e *panel.Error, ended error) error {
	f := models.StreamFailure{Words: e.Sentence(), Status: models.StreamBackingOff, Class: class(e)}
	f.RetryAt = w.retryAt(s.LastAttemptAt, s.Failures)
	var limited *limitedError
	switch {
	case errors.As(ended, &limited):
		f.RetryAt = w.Now().Add(limited.pause)
	case e.Class == panel.ErrKey:
		f.Status = models.StreamNeedsKey
		if refusesKey(s.Resource, e) {
			f.RetryAt = w.Now() // the whole panel waits for its key, and the stream continues as soon as a probe finds that the key works
		}
	case e.Class != panel.ErrDown:
		f.Status = models.StreamBroken
	}
	w.Log.Warn("sync: stream failed", "panel", s.PanelID, "resource", s.Resource, "error", e, "again_in", f.RetryAt.Sub(w.Now()).Round(time.Millisecond))
	if err := w.DB.FailStream(ctx, s, f); err != nil || f.Class != "down" {
		return err
	}
	return w.openCircuit(ctx, s.PanelID, f.Words)
}

// refusesKey reports whether an error means that the panel's admin key is invalid for every call. A 403 may concern
// one resource only, and services have a key of their own.
func refusesKey(r models.Resource, e *panel.Error) bool {
	return r != models.Services && e.Status != http.StatusForbidden
}

// errOldKey means that a panel refused a key that has been replaced since. It says nothing about the new key.
var errOldKey = errors.New("the key that the panel refused has been replaced")

// noteKey marks the key as refused if the given error means that the panel rejects the run's key; the whole panel
// then waits for a valid key. It returns the error, or errOldKey.
func (r *run) noteKey(ctx context.Context, ended error) error {
	var e *panel.Error
	if !errors.As(ended, &e) || e.Class != panel.ErrKey || !refusesKey(r.stream.Resource, e) {
		return ended
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	switch current, err := r.markKey(ctx, r.access, r.Now().Add(keyTriedFirst)); {
	case err != nil:
		return err
	case !current:
		return errOldKey
	}
	return ended
}

// markKey stores that the panel refused the admin key, and when one call tries it again. A zero time stores that the
// key works. It bumps PanelsVersion. current is false if the panel has another key by now.
func (w *Worker) markKey(ctx context.Context, access models.PanelAccess, tryAt time.Time) (current bool, err error) {
	current, err = w.DB.MarkKeyRefused(ctx, access, tryAt)
	if err == nil && current {
		w.bump(ctx, PanelsVersion)
	}
	return current, err
}

// class returns the database's name for an error's class.
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
