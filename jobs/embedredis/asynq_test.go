package embedredis

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
)

type queue struct {
	*asynq.Client
	*asynq.Inspector
	ran chan string // payloads in the order in which they ran
}

// work runs an asynq server on server. Its handler reports each payload; the payload "fails once" fails the first
// time.
func work(tb testing.TB, server *Server) queue {
	tb.Helper()
	options, err := asynq.ParseRedisURI(server.URL())
	if err != nil {
		tb.Fatal(err)
	}
	q := queue{asynq.NewClient(options), asynq.NewInspector(options), make(chan string, 100)}
	worker := asynq.NewServer(options, asynq.Config{
		Concurrency:              2,
		TaskCheckInterval:        20 * time.Millisecond,
		DelayedTaskCheckInterval: 20 * time.Millisecond,
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return time.Millisecond },
		LogLevel:                 asynq.FatalLevel,
	})
	var failed atomic.Bool
	handler := func(_ context.Context, task *asynq.Task) error {
		payload := string(task.Payload())
		if payload == "fails once" && failed.CompareAndSwap(false, true) {
			return errors.New("once")
		}
		q.ran <- payload
		return nil
	}
	if err := worker.Start(asynq.HandlerFunc(handler)); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		worker.Shutdown()
		if err := errors.Join(q.Client.Close(), q.Inspector.Close()); err != nil {
			tb.Error(err)
		}
	})
	return q
}

func (q queue) add(tb testing.TB, payload string, options ...asynq.Option) {
	tb.Helper()
	if _, err := q.Enqueue(asynq.NewTask("test", []byte(payload)), options...); err != nil {
		tb.Fatal(err)
	}
}

func (q queue) wants(tb testing.TB, payload string) {
	tb.Helper()
	select {
	case got := <-q.ran:
		if got != payload {
			tb.Errorf("ran %q, want %q", got, payload)
		}
	case <-time.After(30 * time.Second):
		tb.Fatalf("%q never ran", payload)
	}
}

func TestTasksRunNowLaterAndAgain(t *testing.T) {
	q := work(t, start(t))
	q.add(t, "now")
	q.wants(t, "now")
	info, err := q.Enqueue(asynq.NewTask("test", []byte("later")), asynq.ProcessIn(2*time.Second))
	if err != nil || info.State != asynq.TaskStateScheduled {
		t.Fatalf("delayed task: got %+v, %v; want it scheduled", info, err)
	}
	q.wants(t, "later")
	q.add(t, "fails once", asynq.MaxRetry(3))
	q.wants(t, "fails once")
}

func TestAUniqueTaskMayComeAgainOnceItsLockHasEnded(t *testing.T) {
	server := start(t)
	q := work(t, server)
	unique := func() error {
		_, err := q.Enqueue(asynq.NewTask("test", []byte("unique")),
			asynq.Queue("nobody-works-here"), asynq.Unique(time.Hour))
		return err
	}
	if err := unique(); err != nil {
		t.Fatal(err)
	}
	if err := unique(); !errors.Is(err, asynq.ErrDuplicateTask) {
		t.Errorf("within the hour: got %v, want ErrDuplicateTask", err)
	}
	server.FastForward(59 * time.Minute)
	if err := unique(); !errors.Is(err, asynq.ErrDuplicateTask) {
		t.Errorf("after 59 minutes: got %v, want ErrDuplicateTask", err)
	}
	server.FastForward(2 * time.Minute)
	if err := unique(); err != nil {
		t.Errorf("after 61 minutes: got %v, want it accepted", err)
	}
	info, err := q.GetQueueInfo("nobody-works-here")
	if err != nil || info.Pending != 2 {
		t.Errorf("got %+v, %v; want 2 pending", info, err)
	}
}

func TestAWorkerGoesOnAfterFlushAll(t *testing.T) {
	server := start(t)
	q := work(t, server)
	q.add(t, "before")
	q.wants(t, "before")
	server.FlushAll()
	q.add(t, "after")
	q.wants(t, "after")
}
