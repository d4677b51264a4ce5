package jobs

import (
	"context"
	"errors"
	"fmt"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// circuitStreams is how many streams must find their panel down until it waits as a whole.
const circuitStreams = 3

// openCircuit lets a panel wait as a whole when several of its streams have found it down, so that it is not called by
// each of them again and again.
func (w *Worker) openCircuit(ctx context.Context, panelID int64, words string) error {
	wait := downBackoff.after(0, w.Random())
	opened, err := w.DB.OpenCircuit(ctx, panelID, circuitStreams, words, w.Now().Add(wait))
	if err != nil {
		return fmt.Errorf("letting panel %d wait: %w", panelID, err)
	}
	if opened {
		w.syncMoved.Store(true)
		w.Log.Warn("a panel is down and waits as a whole", "panel", panelID)
	}
	return nil
}

// probePanel makes one cheap call to a panel that waits as a whole. Any answer of the panel itself, even a refusal, lets
// its streams go on and find out; while it is down the probes come ever less often.
func (w *Worker) probePanel(ctx context.Context, t target) error {
	failed, err := w.DB.ClaimProbe(ctx, t.PanelID, leaseFor)
	if errors.Is(err, models.ErrBusy) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claiming a probe: %w", err)
	}
	client, _, err := w.client(ctx, t.PanelID)
	if err == nil {
		caller := Caller{PanelID: t.PanelID, Lane: LaneHead, Name: "probe", Patient: true}
		err = w.call(ctx, caller, func(ctx context.Context) error {
			_, err := client.Orders(ctx, panel.OrderQuery{Limit: 1})
			return err
		})
	}
	w.syncMoved.Store(true)
	var answered *panel.Error
	switch {
	case errors.Is(err, panel.ErrDown):
		return w.DB.KeepCircuit(ctx, t.PanelID, words(err), w.Now().Add(downBackoff.after(failed+1, w.Random())))
	case err != nil && !errors.As(err, &answered):
		return err // not the panel's doing: another probe comes when the claim ends
	}
	return w.DB.CloseCircuit(ctx, t.PanelID)
}
