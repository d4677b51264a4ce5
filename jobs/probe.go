package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// circuitStreams is how many streams must find their panel down before the whole panel's circuit opens.
const circuitStreams = 3

// When one call tries a refused key again: soon after the first refusal, which may have been a glitch, and then about
// once per minute.
const (
	keyTriedFirst = 10 * time.Second
	keyTriedAgain = 50 * time.Second
)

// probePlaces is how many different records probes read in turn, because one of them may be too large to read.
const probePlaces = 3

// openCircuit stops the calls of all streams to a panel once several of them have found it down. Only probes call it
// until it answers.
func (w *Worker) openCircuit(ctx context.Context, panelID int64, words string) error {
	wait := downBackoff.after(0, w.Random())
	opened, err := w.DB.OpenCircuit(ctx, panelID, circuitStreams, words, w.Now().Add(wait))
	if err != nil {
		return fmt.Errorf("pausing panel %d: %w", panelID, err)
	}
	if opened {
		w.syncMoved.Store(true)
		w.Log.Warn("sync: panel is down, paused until a probe succeeds", "panel", panelID)
	}
	return nil
}

// probePanel makes one cheap call to a panel whose circuit is open because it is down or refused its key. If the panel
// answers, and accepts a key that it refused before, its streams continue and find other errors themselves.
func (w *Worker) probePanel(ctx context.Context, t target) error {
	failed, err := w.DB.ClaimProbe(ctx, t.PanelID, leaseFor)
	if errors.Is(err, models.ErrBusy) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claiming a probe: %w", err)
	}
	began := w.Now()
	client, access, err := w.client(ctx, t.PanelID)
	if err == nil {
		caller := Caller{PanelID: t.PanelID, Lane: LaneHead, Name: "probe", Patient: true}
		err = w.call(ctx, caller, func(ctx context.Context) error {
			_, err := client.Orders(ctx, panel.OrderQuery{Limit: 1})
			return err
		})
	}
	w.syncMoved.Store(true)
	return w.probed(ctx, access, failed, began, err)
}

// probed stores the result of a probe that started at began, after failed earlier failures.
func (w *Worker) probed(ctx context.Context, access models.PanelAccess, failed int, began time.Time, ended error) error {
	var answered *panel.Error
	switch {
	case ended != nil && !errors.As(ended, &answered):
		return ended // not the panel's fault: another probe follows when the claim expires
	case errors.Is(ended, panel.ErrKey) && refusesKey(models.Orders, answered):
		_, err := w.markKey(ctx, access, w.Now().Add(keyTriedAgain))
		return err
	case access.KeyRefused && (errors.Is(ended, panel.ErrDown) || errors.Is(ended, panel.ErrShape) || errors.Is(ended, panel.ErrLimited)):
		_, err := w.markKey(ctx, access, w.Now().Add(keyTriedAgain)) // the answer says nothing about the key
		return err
	case errors.Is(ended, panel.ErrDown):
		return w.DB.KeepCircuit(ctx, access.ID, words(ended), w.retryAt(began, failed+1))
	}
	if access.KeyRefused {
		if _, err := w.markKey(ctx, access, time.Time{}); err != nil {
			return err
		}
	}
	return w.DB.CloseCircuit(ctx, access.ID)
}

// probe reads one record of a stream that failed, so that a panel that still fails costs one small call.
func (r *run) probe(ctx context.Context) error {
	if r.stream.Failures == 0 || r.stream.Resource == models.Services { // services come as one whole list
		return nil
	}
	r.lane = LaneHead
	if !r.stream.AskedAt.IsZero() {
		r.lane = LaneStaff
	}
	b, err := r.resource.read(r, ctx, page{limit: 1, offset: r.stream.Failures % probePlaces})
	if err == nil && b.large != nil {
		return b.large
	}
	return err
}
