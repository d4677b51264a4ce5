//go:build chaos

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/models/modelstest"
)

// between draws a random duration in [from, to).
func between(chance *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(chance.Int64N(int64(to-from)))
}

// rage starts two workers and all faults. calm ends the faults; the workers run until the test ends.
func (r *chaosRun) rage() (calm func()) {
	r.Helper()
	raging, stop := context.WithCancel(r.Context())
	running, end := context.WithCancel(context.Background())
	var workers, harm sync.WaitGroup
	for i := range 2 {
		workers.Go(func() { r.keepWorker(running, raging, r.random(uint64(10+i))) }) // #nosec G115 -- a small counter
	}
	harm.Go(func() { r.harmRedis(raging, r.random(20)) })
	harm.Go(func() { r.cutConnections(raging, r.random(21)) })
	r.Cleanup(func() {
		stop()
		end()
		workers.Wait()
	})
	return func() {
		stop()
		harm.Wait()
	}
}

// keepWorker keeps a worker running until ctx ends. Until raging ends, it kills the worker after 0.6 to 3.4 seconds
// and starts a new one immediately.
func (r *chaosRun) keepWorker(ctx, raging context.Context, chance *rand.Rand) {
	log, err := os.OpenFile(filepath.Join(r.TempDir(), "worker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.Error(err)
		return
	}
	defer log.Close()
	for ctx.Err() == nil {
		worker := exec.Command(r.binary, "worker")
		worker.Stdout, worker.Stderr = log, log
		worker.Env = append(os.Environ(), "DATABASE_URL="+r.url, "REDIS_URL="+r.redis.url(), "SECRET_KEY="+modelstest.Key, "ALLOW_PRIVATE_PANELS=1")
		if err := worker.Start(); err != nil {
			r.Error(err)
			return
		}
		ended := make(chan error, 1)
		go func() { ended <- worker.Wait() }()
		var dies <-chan time.Time
		if raging != nil && raging.Err() == nil {
			dies = time.After(between(chance, 600*time.Millisecond, 3400*time.Millisecond))
		}
		select {
		case <-ended: // it could not start without PostgreSQL or Redis, so it is restarted, as a supervisor would
			pass(ctx, 200*time.Millisecond)
			continue
		case <-dies:
			r.result.killed.Add(1)
		case <-ctx.Done():
		}
		if err := worker.Process.Kill(); err != nil {
			r.Error(err)
		}
		<-ended
	}
}

// cutConnections ends all database connections every few seconds, including the test's own.
func (r *chaosRun) cutConnections(ctx context.Context, chance *rand.Rand) {
	for pass(ctx, between(chance, time.Second, 5*time.Second)) {
		r.result.cut.Add(int64(r.count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")))
	}
}

// harmRedis flushes Redis every few seconds. Every third time it kills Redis instead, and restarts it after a while.
func (r *chaosRun) harmRedis(ctx context.Context, chance *rand.Rand) {
	for i := 1; pass(ctx, between(chance, 3*time.Second, 8*time.Second)); i++ {
		if i%3 == 0 {
			r.redis.kill()
			pass(ctx, between(chance, 200*time.Millisecond, 2*time.Second))
			r.redis.start()
			r.result.restarted.Add(1)
			continue
		}
		if err := r.redis.flush(ctx); err != nil && ctx.Err() == nil {
			r.Error(err)
		}
		r.result.flushed.Add(1)
	}
}

func (m *mortalRedis) flush(ctx context.Context) error {
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprint("127.0.0.1:", m.port)})
	defer client.Close()
	return client.FlushAll(ctx).Err()
}
