package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"masterpanel/handlers"
	"masterpanel/jobs"
	"masterpanel/models"
)

// services holds the dependencies of the long-running commands.
type services struct {
	config
	db      *models.DB
	redis   *jobs.Redis
	log     *slog.Logger
	metrics *metrics
	// startWithin limits how long prepare waits for Redis; 0 means one try.
	startWithin time.Duration
	// pause waits for a time or until ctx ends; tests replace it.
	pause func(context.Context, time.Duration)
}

func newServices(c config, db *models.DB, log *slog.Logger) *services {
	return &services{config: c, db: db, log: log, metrics: newMetrics(), pause: pause}
}

// openServices reads the environment and connects. An outdated schema ends the program, unless migrate is set.
func (p program) openServices(ctx context.Context, args []string, migrate bool) (*services, error) {
	if err := noArguments(args); err != nil {
		return nil, err
	}
	c, err := readConfig(p.env, "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
	if err != nil {
		return nil, err
	}
	log := newLog(p.err, c)
	db, err := openDatabase(ctx, c, starting{log, p.startWithin})
	if err != nil {
		return nil, err
	}
	s := newServices(c, db, log)
	s.startWithin = p.startWithin
	if err := s.prepare(ctx, migrate); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *services) prepare(ctx context.Context, migrate bool) (err error) {
	if migrate {
		if _, err := s.db.Migrate(ctx); err != nil {
			return err
		}
	}
	if err := checkDatabase(ctx, s.db); err != nil {
		return err
	}
	if err := s.firstOwner(ctx); err != nil {
		return err
	}
	if s.redis, err = openRedis(ctx, s.config, starting{s.log, s.startWithin}); err != nil {
		return err
	}
	if warning := s.redis.EvictionWarning(ctx); warning != "" {
		s.log.Warn("redis: " + warning)
	}
	return nil
}

// firstOwner creates the owner that the environment names, on the first start only.
func (s *services) firstOwner(ctx context.Context) error {
	if s.AdminUsername == "" {
		return nil
	}
	n, err := s.db.StaffCount(ctx)
	if err != nil || n > 0 {
		return err
	}
	_, err = s.db.CreateStaff(ctx, models.NewStaff{Username: s.AdminUsername, Password: s.AdminPassword,
		Role: models.RoleOwner, AllPanels: true})
	var invalid models.Invalid
	if errors.As(err, &invalid) {
		if n, countErr := s.db.StaffCount(ctx); countErr == nil && n > 0 {
			return nil // another process created it first
		}
		return usageError{fmt.Errorf("ADMIN_USERNAME and ADMIN_PASSWORD: %w", err)}
	}
	return err
}

func (s *services) close() error { return errors.Join(s.redis.Close(), s.db.Close()) }

func (p program) web(ctx context.Context, args []string) error {
	return p.serve(ctx, args, false, (*services).openWeb)
}

func (p program) worker(ctx context.Context, args []string) error {
	return p.serve(ctx, args, false, (*services).openWorker)
}

func (p program) all(ctx context.Context, args []string) error {
	return p.serve(ctx, args, true, (*services).openWeb, (*services).openWorker)
}

// part opens a part of the program that runs until ctx ends. All parts are opened before any runs, so that a port in
// use ends the program before any part starts.
type part func(*services) (run func(ctx context.Context) error, err error)

// serve runs the parts and the metrics until one fails or ctx ends, and then ends all of them.
func (p program) serve(ctx context.Context, args []string, migrate bool, parts ...part) error {
	s, err := p.openServices(ctx, args, migrate)
	if err != nil {
		return err
	}
	runs := make([]func(context.Context) error, 0, len(parts)+1)
	for _, open := range append(parts, (*services).openMetrics) {
		run, err := open(s)
		if err != nil {
			return errors.Join(err, s.close())
		}
		runs = append(runs, run)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range runs {
		group.Go(func() error { return run(ctx) })
	}
	return s.untilEnded(ctx, func() error { return errors.Join(group.Wait(), s.close()) })
}

func (s *services) openWeb() (func(context.Context) error, error) {
	listener, err := listen(s.ListenAddress, s.Port, "set PORT to a free one, or LISTEN_ADDRESS to an address of this machine")
	return func(ctx context.Context) error { return s.serveWeb(ctx, listener) }, err
}

func (s *services) openWorker() (func(context.Context) error, error) { return s.runWorker, nil }

// listen opens a TCP port on an address of this machine, or on all if host is "". wayOut is the advice in the error.
func listen(host string, port int, wayOut string) (net.Listener, error) {
	address := net.JoinHostPort(host, strconv.Itoa(port))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, usageError{fmt.Errorf("cannot listen on %s (%w): %s", address, errors.Unwrap(err), wayOut)}
	}
	return listener, nil
}

// serveWeb serves the pages until ctx ends, drains after SIGTERM, and then lets open requests finish.
func (s *services) serveWeb(ctx context.Context, listener net.Listener) error {
	stages := newStages()
	feed := jobs.NewFeed(s.redis, s.log, nil)
	queue := jobs.NewQueue(s.redis)
	versions := jobs.NewVersions(s.redis)
	server, err := handlers.New(handlers.Config{
		DB: s.db, Log: s.log, Version: buildVersion(), PublicURL: s.PublicURL, TrustedProxies: s.TrustedProxies,
		Feed: feed, Versions: versions, CheckPanel: queue.EnqueueCheck,
		WakeSync: queue.EnqueueSync, WakeAction: queue.EnqueueAction, Presence: jobs.NewPresence(s.redis, versions, nil),
		Budget:    jobs.NewCallCounts(s.redis, nil).Budget,
		PanelURL:  func(raw string) (string, error) { return jobs.CheckPanelURL(raw, s.AllowPrivatePanels) },
		Answered:  s.metrics.answered,
		PingQueue: func(ctx context.Context) error { return s.redis.Ping(ctx).Err() }, RedisWarning: s.redis.EvictionWarning,
		Draining: stages.draining, Stopping: stages.stopping,
	})
	if err != nil {
		return err
	}
	serve := func() error { return server.Listener(listener) }
	stop := func() error {
		// Shutdown has no effect on a server that has not started to serve, so its listener has to be closed as well.
		defer listener.Close()
		if err := server.ShutdownWithTimeout(stopWithin); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return nil
	}
	return s.untilStopped(ctx, stages, serve, stop, func(ctx context.Context) {
		s.log.Info("web: listening", "address", listener.Addr().String())
		feed.Run(ctx)
	})
}

func (s *services) runWorker(ctx context.Context) error {
	worker := jobs.NewWorker(jobs.Options{DB: s.db, Redis: s.redis, Log: s.log, AllowPrivate: s.AllowPrivatePanels, Called: s.metrics.called})
	s.log.Info("worker: running")
	return worker.Run(ctx)
}
