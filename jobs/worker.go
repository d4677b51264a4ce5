package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// Defaults and bounds of a worker.
const (
	defaultConcurrency = 40
	staffConcurrency   = 4
	defaultTick        = time.Second
	defaultCallTimeout = 20 * time.Second
	// shutdownTimeout is how long asynq waits for its tasks. They are told to stop at once and need far less.
	shutdownTimeout = 8 * time.Second
	// goodbye bounds what is still written after a run was told to stop.
	goodbye = 5 * time.Second
)

// Options are what a Worker needs. DB, Redis and Log must be set; zero values of the others mean what is said.
type Options struct {
	DB    *models.DB
	Redis redis.UniversalClient // stays the caller's to close
	Log   *slog.Logger
	// AllowPrivate lets a panel's address be http or private, for the demo and tests.
	AllowPrivate bool
	// Concurrency is how many streams are worked on at once; 0 is 40. Most of them wait for an answer or a turn.
	Concurrency int
	// CallsPerSecond is the limit at each panel; 0 is what the settings say, negative is none.
	CallsPerSecond int
	// CallTimeout bounds one call to a panel; 0 is 20 s.
	CallTimeout time.Duration
	// Tick is how often the schedule looks for what is due; 0 is a second.
	Tick time.Duration
	// Now tells the time; nil is time.Now.
	Now func() time.Time
	// Random draws from [0, 1) for jitter; nil is math/rand.
	Random func() float64
	// Called is told of every call to a panel once it has ended; nil is nobody.
	Called func(Call)
	// Transport carries the calls; nil is panel.NewTransport(AllowPrivate).
	Transport http.RoundTripper
}

// Worker runs the jobs: the schedule, and tasks from the queue. Any number of workers may run at once.
type Worker struct {
	Options
	queue     *Queue
	settings  *liveSettings
	limiter   *Limiter
	versions  *Versions
	budget    *panel.Budget // of all answers that this worker reads
	limits    pageLimits
	waking    sync.WaitGroup // streams that wait for a call, each to be woken up when it may be made
	syncMoved atomic.Bool    // a stream's state changed since SyncVersion was last bumped
}

// NewWorker makes a worker; it does nothing until Run.
func NewWorker(o Options) *Worker {
	o.Concurrency = cmp.Or(o.Concurrency, defaultConcurrency)
	o.CallTimeout = cmp.Or(o.CallTimeout, defaultCallTimeout)
	o.Tick = cmp.Or(o.Tick, defaultTick)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Called == nil {
		o.Called = func(Call) {}
	}
	if o.Transport == nil {
		o.Transport = newTransport(o.AllowPrivate)
	}
	settings := &liveSettings{db: o.DB, now: o.Now, log: o.Log}
	// A call is made within its timeout; the second on top is for what happens around it.
	limiter := NewLimiter(o.Redis, settings.rules(o.CallsPerSecond), o.CallTimeout+time.Second, o.Random)
	return &Worker{Options: o, queue: NewQueue(o.Redis), settings: settings, limiter: limiter, versions: NewVersions(o.Redis),
		budget: panel.NewBudget()}
}

// newTransport keeps as many connections to each panel as calls may be under way there.
func newTransport(allowPrivate bool) *http.Transport {
	t := panel.NewTransport(allowPrivate)
	t.MaxIdleConnsPerHost, t.MaxIdleConns = DefaultCallsPerSecond, 1000
	return t
}

// Run works until ctx ends and then stops within 20 s: runs that are under way end at their next step and give their
// lease back. Killed instead, it loses nothing: its leases end within 30 s.
func (w *Worker) Run(ctx context.Context) error {
	servers := []*asynq.Server{w.server(queueStaff, staffConcurrency), w.server(queueSync, w.Concurrency),
		w.server(queueActions, actionConcurrency)}
	handler := w.handler(ctx)
	for i, s := range servers {
		if err := s.Start(handler); err != nil {
			shutdown(servers[:i])
			return fmt.Errorf("starting the queue's workers: %w", err)
		}
	}
	w.waking.Go(func() { w.rekeyLinks(ctx) })
	w.schedule(ctx)
	shutdown(servers)
	w.waking.Wait()
	return w.flushSyncVersion(context.WithoutCancel(ctx))
}

func (w *Worker) server(queue string, concurrency int) *asynq.Server {
	return asynq.NewServerFromRedisClient(w.Redis, asynq.Config{
		Queues:            map[string]int{queue: 1},
		Concurrency:       concurrency,
		TaskCheckInterval: 100 * time.Millisecond,
		ShutdownTimeout:   shutdownTimeout,
		Logger:            asynqLog{w.Log.With("queue", queue)},
		LogLevel:          asynq.WarnLevel,
	})
}

func shutdown(servers []*asynq.Server) {
	var stopped sync.WaitGroup
	for _, s := range servers {
		stopped.Go(s.Shutdown)
	}
	stopped.Wait()
}

// handler runs tasks by the job table. It never fails a task: what went wrong is in the log or on the stream, and the
// schedule brings the work again, while asynq would keep a failed task's lock. The context that asynq gives must not
// end with ours, or asynq would take every task that is under way for a failed one.
func (w *Worker) handler(running context.Context) asynq.Handler {
	table := map[string]job{}
	for _, j := range jobTable() {
		table[j.kind] = j
	}
	return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(running, cancel)()
		var t target
		if err := json.Unmarshal(task.Payload(), &t); err != nil {
			w.Log.Error("a task cannot be read", "kind", task.Type(), "error", err)
			return nil
		}
		j, known := table[task.Type()]
		if !known {
			w.Log.Error("a task is of an unknown kind", "kind", task.Type())
			return nil
		}
		err := j.run(w, ctx, t)
		var early *noTurnError
		var again *againError
		switch {
		case errors.As(err, &early):
			w.wakeAfter(running, early.wait, j, t)
		case errors.As(err, &again):
			w.wakeAfter(running, again.wait, j, t)
		case err != nil && !errors.Is(err, context.Canceled):
			w.Log.Error("a task ended badly", "kind", j.kind, "panel", t.PanelID, "resource", t.Resource, "error", err)
		}
		return nil
	})
}

// againError is no failure: somebody waits for what the task is about, and it is to run again after a while, to the
// moment and not at the schedule's next look, which may be a second late.
type againError struct{ wait time.Duration }

// Error says after how long.
func (e *againError) Error() string { return fmt.Sprintf("there is more to do in %v", e.wait) }

// wakeAfter brings a task back to the queue when its next call may be made. Meanwhile it holds no worker and no place
// in the queue. asynq could hold a delayed task, but not one like the task that is just ending. Should this process
// end before, the schedule finds the stream or the action.
func (w *Worker) wakeAfter(running context.Context, wait time.Duration, j job, t target) {
	w.waking.Go(func() {
		if err := sleep(running, wait); err != nil {
			return
		}
		err := w.queue.enqueue(running, j.kind, j.queue, t)
		if err != nil && running.Err() == nil {
			w.Log.Warn("what waited for a call is left to the schedule", "kind", j.kind, "panel", t.PanelID, "error", err)
		}
	})
}

// client opens a panel's keys and makes a client of them. models.ErrNotFound when the panel is removed.
func (w *Worker) client(ctx context.Context, panelID int64) (*panel.Client, models.PanelAccess, error) {
	access, err := w.DB.PanelAccess(ctx, panelID)
	if err != nil {
		return nil, access, fmt.Errorf("opening panel %d: %w", panelID, err)
	}
	client, err := panel.New(panel.Config{BaseURL: access.URL, AdminKey: access.AdminKey.Reveal(),
		ServicesKey: access.ServicesKey.Reveal(), AllowPrivate: w.AllowPrivate, Transport: w.Transport, Timeout: w.CallTimeout, Budget: w.budget})
	if err != nil {
		err = &panel.Error{Op: "settings", Class: panel.ErrRefused, Words: err.Error()}
	}
	return client, access, err
}

// call makes one call to a panel when the caller's turn has come, which may be a *noTurnError. If the panel answers 429
// all the same, everybody leaves it alone for a while, and the error is a *limitedError.
func (w *Worker) call(ctx context.Context, c Caller, do func(context.Context) error) error {
	turn, err := w.limiter.Wait(ctx, c)
	if err != nil {
		return err
	}
	return w.inTurn(ctx, turn, c, do)
}

// Call is one call to a panel, as it is counted.
type Call struct {
	PanelID int64
	Lane    Lane
	Limited bool // the panel answered 429
}

// inTurn makes the call that a turn is for, and ends the turn.
func (w *Worker) inTurn(ctx context.Context, turn Turn, c Caller, do func(context.Context) error) error {
	within, cancel := context.WithDeadline(ctx, turn.Deadline)
	defer cancel()
	err := do(within)
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	if doneErr := turn.Done(after); doneErr != nil {
		w.Log.Warn("a turn ends by itself", "error", doneErr)
	}
	var e *panel.Error
	limited := errors.As(err, &e) && e.Class == panel.ErrLimited
	w.Called(Call{PanelID: c.PanelID, Lane: c.Lane, Limited: limited})
	if !limited {
		return err
	}
	pause, blockErr := w.limiter.Block(after, c.PanelID, e.After)
	if blockErr != nil {
		w.Log.Warn("only this run leaves the panel alone", "error", blockErr)
	}
	return &limitedError{cause: e, pause: pause}
}

// bump moves versions after a commit. If it fails, the schedule's next tick tries again.
func (w *Worker) bump(ctx context.Context, keys ...string) {
	if err := w.versions.Bump(ctx, keys...); err != nil && ctx.Err() == nil {
		w.Log.Warn("pages learn late of a change", "keys", keys, "error", err)
	}
}

// flushSyncVersion bumps SyncVersion if a stream's state has changed, and what could not be bumped before. Streams change all the time and only pages that
// show the syncing itself care, so this happens once a tick and not once a stream.
func (w *Worker) flushSyncVersion(ctx context.Context) error {
	var keys []string
	if w.syncMoved.Swap(false) {
		keys = []string{SyncVersion}
	}
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	return w.versions.Bump(ctx, keys...)
}
