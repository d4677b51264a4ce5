package jobs

import (
	"context"
	"time"
)

const (
	// rekeyEvery is how often a worker checks whether the rule for link keys has changed.
	rekeyEvery = time.Minute
	// rekeyRest is the shortest pause for PostgreSQL between two batches of orders.
	rekeyRest = 20 * time.Millisecond
)

// rekeyLinks recomputes the link keys of stored orders until ctx ends, if the rule has changed since they were
// stored. It sleeps as long as it works, so that readers and the mirror come first.
func (w *Worker) rekeyLinks(ctx context.Context) {
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-rest.C:
		}
		began := time.Now()
		more, err := w.DB.RekeyLinks(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			w.Log.Error("links: cannot compute link keys of stored orders, retrying in a minute", "error", err)
			rest.Reset(rekeyEvery)
		case more:
			rest.Reset(max(rekeyRest, time.Since(began)))
		default:
			rest.Reset(rekeyEvery)
		}
	}
}
