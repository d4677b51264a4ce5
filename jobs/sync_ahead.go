package jobs

import (
	"context"

	"masterpanel/models"
)

// readAhead starts to read a page and returns immediately. wait returns the page, or the error of reading it; call it
// exactly once before this run ends. In between, this run may do other work: a copy of the run reads the page, and
// wait adds the calls that the copy recorded to this run's record.
func (r *run) readAhead(ctx context.Context, q page) (wait func() (batch, error)) {
	ahead := *r
	ahead.record = models.SyncRun{}
	var b batch
	var err error
	var panicked any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }() // wait raises it again, where it ends one task; here it would end the process
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
