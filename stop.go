package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// stopWithin limits how long open requests may delay the end of the web server once its port is closed.
	stopWithin = 10 * time.Second
	// endWithin limits the time from the signal to the end of the process. It is longer than DRAIN_SECONDS and stopWithin.
	endWithin = 24 * time.Second
)

// errTerminated is the cause of a context that SIGTERM ended. An interrupt at a terminal has another cause, because a
// person does not want to wait for proxies.
var errTerminated = errors.New("terminated")

// untilSignal returns a context that ends at an interrupt or a SIGTERM. A second signal ends the process immediately.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		select {
		case s := <-signals:
			signal.Stop(signals)
			if s == syscall.SIGTERM {
				cancel(errTerminated)
			}
			cancel(nil)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// untilEnded returns the result of wait. When wait takes longer than endWithin after ctx has ended, it returns an error, so
// that the process ends; other processes take over its leases.
func (s *services) untilEnded(ctx context.Context, wait func() error) error {
	result, overdue := make(chan error, 1), make(chan struct{})
	go func() { result <- wait() }()
	context.AfterFunc(ctx, func() {
		s.pause(context.Background(), endWithin)
		close(overdue)
	})
	select {
	case err := <-result:
		return err
	case <-overdue:
		return fmt.Errorf("some work had not ended %s after the signal; it was stopped", endWithin)
	}
}

// stages are the steps in which a web server stops. Each channel is closed when its step begins.
type stages struct {
	draining chan struct{} // told to stop; the port stays open, so that proxies can notice
	stopping chan struct{} // the port closes
}

func newStages() stages { return stages{make(chan struct{}), make(chan struct{})} }

// drain waits until ctx ends, and after SIGTERM for another while in which the port stays open. It ends early when the
// server fails.
func (s *services) drain(ctx, failed context.Context, stages stages) {
	select {
	case <-ctx.Done():
	case <-failed.Done():
	}
	close(stages.draining)
	defer close(stages.stopping)
	if s.Drain == 0 || !errors.Is(context.Cause(ctx), errTerminated) {
		return
	}
	s.log.Info("web: told to stop, the port closes after DRAIN_SECONDS", "wait", s.Drain)
	s.pause(failed, s.Drain)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// untilStopped runs serve until ctx ends and the server has drained, and then stop. background runs until the end.
func (s *services) untilStopped(ctx context.Context, stages stages, serve, stop func() error, background func(context.Context)) error {
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	group, running := errgroup.WithContext(running)
	group.Go(func() error { background(running); return nil })
	group.Go(func() error {
		if err := serve(); ctx.Err() == nil {
			return err
		}
		return nil
	})
	group.Go(func() error {
		defer end()
		s.drain(ctx, running, stages)
		return stop()
	})
	return group.Wait()
}
