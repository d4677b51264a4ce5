package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// Outcomes of a run, as stored in the database.
const (
	outcomeOK      = "ok"
	outcomePartial = "partial" // stopped before the end, to continue later
	outcomeFailed  = "failed"
)

// resource describes how a resource is read. All loops share the same reader of a page.
type resource struct {
	read reader
	// byUpdate means that the panel sorts the list by last update, so that a changed row is at the top like a new
	// one. Other lists are sorted by creation.
	byUpdate bool
	// open is the loop over open records, or nil if the resource has none.
	open func(*run, context.Context, *models.StreamLoop) error
	// tail is the loop over closed records that may still change, or nil if the resource has none.
	tail func(*run, context.Context, *models.StreamLoop) error
}

// resources returns how each resource is read.
func resources() map[models.Resource]resource {
	return map[models.Resource]resource{
		models.Orders:   {read: orderRows.read, open: (*run).openOrders, tail: (*run).tailOrders},
		models.Payments: {read: paymentRows.read, tail: (*run).tailPayments},
		models.Users:    {read: userRows.read, tail: (*run).tailUsers},
		models.Tickets:  {read: ticketRows.read, byUpdate: true, open: (*run).openTickets},
		models.Services: {read: serviceRows.read},
	}
}

// run is one worker's work on one stream under one lease.
type run struct {
	*Worker
	stream   models.Stream
	panel    *panel.Client
	access   models.PanelAccess // the credentials of the client
	settings models.ResourceSettings
	rules    models.SyncSettings
	resource resource
	aside    map[string]int64 // the quarantined records by name; see SetAside
	holds    *holds           // the memory reserved for pages that are being read or written
	log      *slog.Logger
	until    time.Time      // end of the slice
	lane     Lane           // the lane of the current calls
	record   models.SyncRun // the record of the current loop
}

func (w *Worker) newRun(ctx context.Context, s models.Stream) (*run, error) {
	how, known := resources()[s.Resource]
	if !known {
		return nil, fmt.Errorf("unknown resource %q", s.Resource)
	}
	client, access, err := w.provenClient(ctx, s.PanelID)
	if err != nil {
		return nil, err
	}
	settings, err := w.DB.ResourceSettings(ctx, s.Resource)
	if err != nil {
		return nil, fmt.Errorf("settings of %s: %w", s.Resource, err)
	}
	rules, err := w.settings.get(ctx)
	if err != nil {
		return nil, err
	}
	aside, err := w.DB.SetAside(ctx, s.StreamKey)
	if err != nil {
		return nil, err
	}
	return &run{Worker: w, aside: aside, holds: &holds{}, stream: s, panel: client, access: access, settings: settings, rules: rules, resource: how,
		log: w.Log.With("panel", s.PanelID, "resource", s.Resource)}, nil
}

// runLoop runs one loop and saves a record of it, unless the loop made no call.
func (r *run) runLoop(ctx context.Context, l *models.StreamLoop, until time.Time) error {
	r.until, r.lane = until, laneOf(l.Loop)
	if l.Loop == models.LoopHead && !r.stream.AskedAt.IsZero() {
		r.lane = LaneStaff
	}
	r.record = models.SyncRun{PanelID: r.stream.PanelID, Resource: r.stream.Resource, Loop: l.Loop, StartedAt: r.Now()}
	err := r.loop(l.Loop)(ctx, l)
	r.record.FinishedAt, r.record.Outcome = r.Now(), outcomeOK
	var early *noTurnError
	switch {
	case err != nil && ctx.Err() == nil && !errors.As(err, &early):
		r.record.Outcome, r.record.ErrorWords = outcomeFailed, words(err)
	case err != nil || !l.DueAt.IsZero() && !l.DueAt.After(r.Now()):
		r.record.Outcome = outcomePartial
	}
	if r.record.Calls == 0 {
		return err
	}
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if saveErr := r.DB.SaveRun(saving, r.record); saveErr != nil {
		r.log.Warn("sync: cannot save run", "error", saveErr)
	}
	return err
}

func (r *run) loop(name models.Loop) func(context.Context, *models.StreamLoop) error {
	switch {
	case name == models.LoopHead:
		return r.head
	case name == models.LoopBackfill:
		return r.backfill
	case name == models.LoopOpen && r.resource.open != nil:
		return func(ctx context.Context, l *models.StreamLoop) error { return r.resource.open(r, ctx, l) }
	}
	if name == models.LoopTail && r.resource.tail != nil {
		return r.tail
	}
	return func(context.Context, *models.StreamLoop) error {
		return fmt.Errorf("%s have no loop %q", r.stream.Resource, name)
	}
}

// words returns the text of an error for staff.
func words(err error) string {
	var e *panel.Error
	if errors.As(err, &e) {
		return e.Sentence()
	}
	return "Something went wrong in Masterpanel, not on the panel. See the log for details"
}

// find returns the stream's loop with that name, or nil.
func (r *run) find(name models.Loop) *models.StreamLoop {
	for i := range r.stream.Loops {
		if r.stream.Loops[i].Loop == name {
			return &r.stream.Loops[i]
		}
	}
	return nil
}

// headIsDue reports whether the other loops should make way for the head.
func (r *run) headIsDue() bool {
	head := r.find(models.LoopHead)
	return head != nil && !head.DueAt.IsZero() && !head.DueAt.After(r.Now())
}

// mayGoOn reports whether a loop other than the head may make another call before other loops run.
func (r *run) mayGoOn() bool { return r.Now().Before(r.until) && !r.headIsDue() }

// ask makes one call of this run and returns the moment just before the request left. It truncates the moment to
// microseconds: PostgreSQL would round it, possibly up, and an answer would then seem older than itself.
func (r *run) ask(ctx context.Context, do func(context.Context) error) (fetchedAt time.Time, err error) {
	caller := Caller{PanelID: r.stream.PanelID, Lane: r.lane, Name: string(r.stream.Resource)}
	err = r.call(ctx, caller, func(ctx context.Context) error {
		r.record.Calls++
		fetchedAt = r.Now().Truncate(time.Microsecond)
		return do(ctx)
	})
	var limited *limitedError
	if errors.As(err, &limited) {
		r.record.Limited++
	}
	return fetchedAt, err
}

// again sets a loop's next due time. Pages show the reason to staff.
func (r *run) again(l *models.StreamLoop, wait time.Duration, reason string) {
	l.DueAt = r.Now().Add(wait).Truncate(time.Microsecond) // PostgreSQL might round it up, and the loop would miss a tick
	l.IntervalSeconds, l.IntervalReason = int(wait/time.Second), reason
	l.LastSuccessAt = r.Now()
}

// readCursor reads a loop's cursor. If it is invalid, the loop restarts from zero, which costs calls but loses no
// data.
func readCursor[T any](r *run, l *models.StreamLoop) T {
	var c T
	if err := json.Unmarshal(l.Cursor, &c); err != nil {
		r.log.Warn("sync: invalid cursor, restarting the loop", "loop", l.Loop, "error", err)
		var zero T
		return zero
	}
	return c
}

// setCursor stores a cursor in the loop. It ignores the error, because cursors are structs of plain values, which
// always encode.
func setCursor[T any](l *models.StreamLoop, c T) {
	l.Cursor, _ = json.Marshal(c)
}
