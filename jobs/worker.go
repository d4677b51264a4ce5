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

// Defaults and limits of a worker.
const (
	defaultConcurrency = 40
	staffConcurrency   = 4
	defaultTick        = time.Second
	defaultCallTimeout = 20 * time.Second
	// shutdownTimeout is how long asynq waits for its tasks. They are told to stop immediately and need far less.
	shutdownTimeout = 8 * time.Second
	// goodbye limits the time for final writes after a run was told to stop.
	goodbye = 5 * time.Second
)

// Options configures a Worker. DB, Redis and Log must be set; each other field names its default.
type Options struct {
	DB    *models.DB
	Redis redis.UniversalClient // the caller closes it
	Log   *slog.Logger
	// AllowPrivate allows http and private addresses for panels, for the demo and tests.
	AllowPrivate bool
	// Concurrency is how many streams run in parallel; 0 means 40. Most of them wait for an answer or a slot.
	Concurrency int
	// CallsPerSecond is the limit at each panel; 0 means the value from the settings, negative means no limit.
	CallsPerSecond int
	// CallTimeout limits one call to a panel; 0 means 20 s.
	CallTimeout time.Duration
	// Tick is how often the schedule checks for due work; 0 means 1 s.
	Tick time.Duration
	// Now returns the time; nil means time.Now.
	Now func() time.Time
	// Random draws from [0, 1) for jitter; nil means math/rand.
	Random func() float64
	// Called is called after every call to a panel; nil means no callback.
	Called func(Call)
	// Transport carries the calls; nil means panel.NewTransport(AllowPrivate).
	Transport http.RoundTripper
}

// Worker runs the jobs: the schedule, and tasks from the queue. Any number of workers may run in parallel.
type Worker struct {
	Options
	queue     *Queue
	settings  *liveSettings
	limiter   *Limiter
	versions  *Versions
	budget    *panel.Budget // for all answers that this worker reads
	limits    pageLimits
	waking    sync.WaitGroup // timers of tasks to enqueue again later, and the job that rekeys links
	syncMoved atomic.Bool    // a stream's state has changed since the last bump of SyncVersion
}

// NewWorker makes a worker. It does nothing until Run.
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
	// A call must end within its timeout; the extra second is for the work around it.
	limiter := NewLimiter(o.Redis, settings.rules(o.CallsPerSecond), o.CallTimeout+time.Second, o.Random)
	return &Worker{Options: o, queue: NewQueue(o.Redis), settings: settings, limiter: limiter, versions: NewVersions(o.Redis),
		budget: panel.NewBudget()}
}

// newTransport keeps as many idle connections per panel as DefaultCallsPerSecond allows calls.
func newTransport(allowPrivate bool) *http.Transport {
	t := panel.NewTransport(allowPrivate)
	t.MaxIdleConnsPerHost, t.MaxIdleConns = DefaultCallsPerSecond, 1000
	return t
}

// Run works until ctx ends and then stops within 20 s: running tasks end at their next step and release their leases.
// If the process is killed instead, no work is lost, because its leases expire within 30 s.
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

// handler runs tasks by the job table. It never fails a task: the log or the stream holds the error, and the schedule
// brings the work again, whereas asynq would keep a failed task's lock. asynq's context must not end with ours, or
// asynq would take every running task for a failed one.
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
			w.Log.Error("worker: cannot read task", "kind", task.Type(), "error", err)
			return nil
		}
		j, known := table[task.Type()]
		if !known {
			w.Log.Error("worker: unknown kind of task", "kind", task.Type())
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
			w.Log.Error("worker: task failed", "kind", j.kind, "panel", t.PanelID, "resource", t.Resource, "error", err)
		}
		return nil
	})
}

// againError is not a failure. It asks to run the task again after a wait, because a person is waiting for the
// result: the schedule's next tick might be a second late.
type againError struct{ wait time.Duration }

// Error returns the text with the wait.
func (e *againError) Error() string { return fmt.Sprintf("more work in %v", e.wait) }

// wakeAfter enqueues a task again after a wait. In the meantime the task takes no worker and no place in the queue.
// asynq could delay a task, but not one that equals the task that is just ending. If this process ends before, the
// schedule finds the stream or the action.
func (w *Worker) wakeAfter(running context.Context, wait time.Duration, j job, t target) {
	w.waking.Go(func() {
		if err := sleep(running, wait); err != nil {
			return
		}
		err := w.queue.enqueue(running, j.kind, j.queue, t)
		if err != nil && running.Err() == nil {
			w.Log.Warn("worker: cannot enqueue delayed task, the schedule will enqueue it", "kind", j.kind, "panel", t.PanelID, "error", err)
		}
	})
}

// client decrypts a panel's keys and makes a client with them. It returns models.ErrNotFound if the panel was
// removed.
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

// call makes one call to a panel once the caller has a slot. It returns a *noTurnError if the wait would be too long.
// If the panel answers 429 all the same, all workers stop calling it for a while, and the error is a *limitedError.
func (w *Worker) call(ctx context.Context, c Caller, do func(context.Context) error) error {
	turn, err := w.limiter.Wait(ctx, c)
	if err != nil {
		return err
	}
	return w.inTurn(ctx, turn, c, do)
}

// Call describes one call to a panel, for metrics.
type Call struct {
	PanelID int64
	Lane    Lane
	Limited bool // the panel answered 429
}

// inTurn makes the call that a turn allows, and ends the turn.
func (w *Worker) inTurn(ctx context.Context, turn Turn, c Caller, do func(context.Context) error) error {
	within, cancel := context.WithDeadline(ctx, turn.Deadline)
	defer cancel()
	err := do(within)
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	if doneErr := turn.Done(after); doneErr != nil {
		w.Log.Warn("limiter: slot not released, it will expire", "error", doneErr)
	}
	var e *panel.Error
	limited := errors.As(err, &e) && e.Class == panel.ErrLimited
	w.Called(Call{PanelID: c.PanelID, Lane: c.Lane, Limited: limited})
	if !limited {
		return err
	}
	pause, blockErr := w.limiter.Block(after, c.PanelID, e.After)
	if blockErr != nil {
		w.Log.Warn("limiter: cannot pause the panel for other workers", "error", blockErr)
	}
	return &limitedError{cause: e, pause: pause}
}

// bump changes versions after a commit. If it fails, the schedule's next tick tries again.
func (w *Worker) bump(ctx context.Context, keys ...string) {
	if err := w.versions.Bump(ctx, keys...); err != nil && ctx.Err() == nil {
		w.Log.Warn("versions: cannot announce change, pages update late", "keys", keys, "error", err)
	}
}

// flushSyncVersion bumps SyncVersion if a stream's state has changed, and repeats bumps that failed. Streams change
// all the time and only the pages about the sync show it, so this happens once per tick and not once per stream.
func (w *Worker) flushSyncVersion(ctx context.Context) error {
	var keys []string
	if w.syncMoved.Swap(false) {
		keys = []string{SyncVersion}
	}
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	return w.versions.Bump(ctx, keys...)
}
