package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

const (
	// leaseFor is how long a stream stays leased after its worker was killed.
	leaseFor = 30 * time.Second
	// sliceFor is how long a task works on a stream before it lets other tasks use the worker.
	sliceFor = 10 * time.Second
)

// syncStream runs the due loops of a stream. Only one worker at a time can claim it. A page's rows and the loop's
// cursor are committed together, and only while the lease is ours. So a run may be killed at any moment, and another
// one continues from the cursor.
func (w *Worker) syncStream(ctx context.Context, t target) error {
	stream, err := w.claim(ctx, models.StreamKey{PanelID: t.PanelID, Resource: t.Resource})
	if errors.Is(err, models.ErrBusy) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claiming: %w", err)
	}
	if stream.Abandoned {
		w.bump(ctx, ResourceVersion(stream.PanelID, stream.Resource))
	}
	w.syncMoved.Store(true)
	held, letGo := w.keepLease(ctx, stream)
	finished, ended := w.workOn(held, stream)
	letGo()
	w.syncMoved.Store(true)
	if err := w.settle(ctx, stream, finished, ended); err != nil {
		return err
	}
	return w.liveAgain(stream)
}

// liveAgain returns an *againError for a ticket stream that has run if staff have one of its tickets open.
func (w *Worker) liveAgain(s models.Stream) error {
	for _, l := range s.Loops {
		if wait := l.DueAt.Sub(w.Now()); s.Resource == models.Tickets && l.Loop == models.LoopOpen && wait > 0 && wait <= ticketsLive {
			return &againError{wait}
		}
	}
	return nil
}

// claim takes the lease of a stream. It ignores cancellation while it does so: a claim that is cancelled halfway
// would leave a lease that no worker releases.
func (w *Worker) claim(ctx context.Context, key models.StreamKey) (models.Stream, error) {
	if err := ctx.Err(); err != nil {
		return models.Stream{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	return w.DB.ClaimStream(ctx, key, leaseFor)
}

// keepLease renews the lease until letGo is called. The context that it returns ends when the lease is lost.
func (w *Worker) keepLease(ctx context.Context, s models.Stream) (held context.Context, letGo func()) {
	held, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		ticker := time.NewTicker(leaseFor / 3)
		defer ticker.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-ticker.C:
			}
			if err := w.DB.RenewLease(held, s, leaseFor); errors.Is(err, models.ErrLeaseLost) {
				cancel(err)
			} else if err != nil && held.Err() == nil {
				w.Log.Warn("sync: cannot renew lease, retrying", "panel", s.PanelID, "resource", s.Resource, "error", err)
			}
		}
	})
	return held, func() {
		cancel(nil)
		renewing.Wait()
	}
}

// workOn runs due loops until none is left or the slice ends. finished is true if it called the panel and reached the
// end of a loop; a part of a loop is not a success. A loop of the lowest rank that gets no slot does not hold up the
// others.
func (w *Worker) workOn(ctx context.Context, s models.Stream) (finished bool, err error) {
	r, err := w.newRun(ctx, s)
	if err != nil {
		return false, err
	}
	defer r.holds.release()
	if err := r.probe(ctx); err != nil {
		return false, r.noteKey(ctx, err)
	}
	var rest error // why the loops of the lowest rank got no slot
	for until := w.Now().Add(sliceFor); w.Now().Before(until); {
		l := nextDue(r.stream.Loops, w.Now(), rest == nil)
		if l == nil {
			break
		}
		err := r.runLoop(ctx, l, until)
		var early *noTurnError
		switch {
		case err == nil:
			finished = finished || r.record.Calls > 0 && r.record.Outcome == outcomeOK
		case rest == nil && laneOf(l.Loop).rank() == rankRest && errors.As(err, &early):
			rest = err
		default:
			return finished, r.noteKey(ctx, err)
		}
	}
	return finished, rest
}

// nextDue returns the loop to run now: the head first, because new records matter most, then the one that has waited
// longest. With rest false it leaves out loops of the lowest rank. It returns nil when none is due.
func nextDue(loops []models.StreamLoop, now time.Time, rest bool) *models.StreamLoop {
	var next *models.StreamLoop
	for i := range loops {
		l := &loops[i]
		switch {
		case l.DueAt.IsZero() || l.DueAt.After(now) || !rest && laneOf(l.Loop).rank() == rankRest:
		case l.Loop == models.LoopHead:
			return l
		case next == nil || l.DueAt.Before(next.DueAt):
			next = l
		}
	}
	return next
}

// settle releases the lease and stores how the run ended, even if the worker was told to stop. It passes a
// *noTurnError on, so that the task handler wakes the stream up.
func (w *Worker) settle(ctx context.Context, s models.Stream, finished bool, ended error) error {
	stopped := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	var refused *panel.Error
	var early *noTurnError
	switch {
	case ended == nil && finished:
		return w.DB.ReleaseStream(ctx, s)
	case errors.Is(ended, models.ErrLeaseLost):
		w.Log.Info("sync: lease lost, another worker has the stream", "panel", s.PanelID, "resource", s.Resource)
		return nil
	case errors.As(ended, &early):
		return errors.Join(early, w.DB.AwaitTurn(ctx, s, w.Now().Add(early.wait), finished))
	case ended == nil, stopped, errors.Is(ended, errOldKey):
		return w.DB.YieldStream(ctx, s)
	case errors.As(ended, &refused):
		return w.noteFailure(ctx, s, refused, ended)
	}
	// Our Redis or PostgreSQL has a problem, which is not a failure of the panel.
	return errors.Join(ended, w.DB.YieldStream(ctx, s))
}
