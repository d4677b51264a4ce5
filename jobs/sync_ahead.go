package jobs

import (
	"context"

	"masterpanel/models"
)

// readAhead begins to read a page and returns at once. wait returns the page, or how reading it failed, and must be
// called once before this run ends. Meanwhile this run may do anything else: the page is read by a run like it, whose
// record of calls joins this one's in wait.
func (r *run) readAhead(ctx context.Context, q page) (wait func() (batch, error)) {
	ahead := *r
	ahead.record = models.SyncRun{}
	var b batch
	var err error
	var panicked any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }() // in wait it ends one task, here it would end the process
		b, err = r.resource.read(&ahead, ctx, q)
	}()
	return func() (batch, error) {
		<-done
		if panicked != nil {
			panic(panicked)
		}
		r.record.Join(ahead.record)
		return b, err
	}
}
