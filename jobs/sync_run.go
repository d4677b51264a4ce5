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

// Outcomes of a run, as they are stored.
const (
	outcomeOK      = "ok"
	outcomePartial = "partial" // stopped half way, to go on later
	outcomeFailed  = "failed"
)

// resource is how a resource is read. A page of its list is the same thing to every loop.
type resource struct {
	read reader
	// byUpdate says that the panel lists by last update, so that a changed row is at the top like a new one. Otherwise
	// lists are by creation.
	byUpdate bool
	// open is the loop over what is still open; nil if the resource has none.
	open func(*run, context.Context, *models.StreamLoop) error
	// tail is the loop over what is over but may change all the same; nil if the resource has none.
	tail func(*run, context.Context, *models.StreamLoop) error
}

// resources is how each resource is read.
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
	access   models.PanelAccess // what the client was made of
	settings models.ResourceSettings
	rules    models.SyncSettings
	resource resource
	aside    map[string]int64 // the records that were set aside, by their names; see SetAside
	holds    *holds           // of the pages that are in memory
	log      *slog.Logger
	until    time.Time      // when the slice is over
	lane     Lane           // of the calls that are made now
	record   models.SyncRun // of the loop that is running
}

func (w *Worker) newRun(ctx context.Context, s models.Stream) (*run, error) {
	how, known := resources()[s.Resource]
	if !known {
		return nil, fmt.Errorf("there is no resource %q", s.Resource)
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

// runLoop runs one loop and keeps a record of it, unless it made no call.
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
		r.log.Warn("a run is missing from the history", "error", saveErr)
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

// words are what staff read of an error.
func words(err error) string {
	var e *panel.Error
	if errors.As(err, &e) {
		return e.Sentence()
	}
	return "Something went wrong here and not on the panel; the log says more"
}

// find is the stream's loop of that name, or nil.
func (r *run) find(name models.Loop) *models.StreamLoop {
	for i := range r.stream.Loops {
		if r.stream.Loops[i].Loop == name {
			return &r.stream.Loops[i]
		}
	}
	return nil
}

// headIsDue says that a lesser loop should make way.
func (r *run) headIsDue() bool {
	head := r.find(models.LoopHead)
	return head != nil && !head.DueAt.IsZero() && !head.DueAt.After(r.Now())
}

// mayGoOn tells whether a lesser loop may make another call before it lets others run.
func (r *run) mayGoOn() bool { return r.Now().Before(r.until) && !r.headIsDue() }

// ask makes one call of this run and returns the moment just before the request left, in PostgreSQL's microseconds: it
// would round to the nearest, and an answer would then be older than itself.
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

// again makes a loop due after a wait, which the reason explains to staff.
func (r *run) again(l *models.StreamLoop, wait time.Duration, reason string) {
	l.DueAt = r.Now().Add(wait).Truncate(time.Microsecond) // PostgreSQL might round up, and a tick be missed
	l.IntervalSeconds, l.IntervalReason = int(wait/time.Second), reason
	l.LastSuccessAt = r.Now()
}

// readCursor reads a loop's cursor. One that cannot be read begins anew, which costs calls and loses nothing.
func readCursor[T any](r *run, l *models.StreamLoop) T {
	var c T
	if err := json.Unmarshal(l.Cursor, &c); err != nil {
		r.log.Warn("a cursor begins anew", "loop", l.Loop, "error", err)
		var zero T
		return zero
	}
	return c
}

// setCursor stores a cursor in the loop. Cursors are structs of numbers, which always encode.
func setCursor[T any](l *models.StreamLoop, c T) {
	l.Cursor, _ = json.Marshal(c)
}
