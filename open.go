package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
)

const (
	// startWithin limits how long a start waits for PostgreSQL and then for Redis.
	startWithin = 60 * time.Second
	// startAgain is the time between two tries.
	startAgain = time.Second
)

// openConfigured reads the environment, including the variables that the command requires, and connects to the
// database. The caller closes it.
func (p program) openConfigured(ctx context.Context, env func(string) string, needs ...string) (config, *models.DB, error) {
	c, err := readConfig(env, needs...)
	if err != nil {
		return config{}, nil, err
	}
	db, err := openDatabase(ctx, c, starting{newLog(p.err, c), p.startWithin})
	return c, db, err
}

// starting describes how a start waits for a server that is down.
type starting struct {
	log    *slog.Logger
	within time.Duration // 0 means one try
}

// untilUp connects to a server. While the error is down, it tries again.
func untilUp[T any](ctx context.Context, s starting, server string, down error, open func() (T, error)) (T, error) {
	connected, err := open()
	if s.within == 0 || !errors.Is(err, down) {
		return connected, err
	}
	s.log.Warn("start: server not reachable, retrying", "server", server, "for", s.within, "error", err)
	waiting, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	for errors.Is(err, down) && waiting.Err() == nil {
		pause(waiting, startAgain)
		connected, err = open()
	}
	if err == nil {
		s.log.Info("start: server reachable", "server", server)
	}
	return connected, err
}

// openDatabase connects to PostgreSQL. A mistake in the settings is a usageError, a server that is down is not.
func openDatabase(ctx context.Context, c config, s starting) (*models.DB, error) {
	db, err := untilUp(ctx, s, "PostgreSQL", models.ErrUnreachable, func() (*models.DB, error) {
		return models.Open(ctx, c.DatabaseURL, models.Options{Box: c.Box, MaxConns: c.DatabasePool})
	})
	return db, aboutSetting("DATABASE_URL", err, models.ErrRefused, models.ErrTooOld, models.ErrAddress)
}

// openRedis connects to Redis. A mistake in the settings is a usageError, a server that is down is not.
func openRedis(ctx context.Context, c config, s starting) (*jobs.Redis, error) {
	r, err := untilUp(ctx, s, "Redis", jobs.ErrRedis, func() (*jobs.Redis, error) { return jobs.OpenRedis(ctx, c.RedisURL, c.RedisPool) })
	return r, aboutSetting("REDIS_URL", err, jobs.ErrRedisRefused, jobs.ErrRedisAddress)
}

// aboutSetting adds the variable's name to an error, and makes it a usageError if it is one of the mistakes.
func aboutSetting(name string, err error, mistakes ...error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", name, err)
	for _, mistake := range mistakes {
		if errors.Is(err, mistake) {
			return usageError{err}
		}
	}
	return err
}

// checkDatabase refuses a database that lacks migrations, and one whose secrets SECRET_KEY cannot decrypt.
func checkDatabase(ctx context.Context, db *models.DB) error {
	if err := db.CheckSchema(ctx); errors.Is(err, models.ErrSchema) {
		return usageError{fmt.Errorf("DATABASE_URL: %w", err)}
	} else if err != nil {
		return err
	}
	err := db.CheckKey(ctx)
	if errors.Is(err, models.ErrKey) {
		return usageError{fmt.Errorf("SECRET_KEY: %w: set SECRET_KEY to that key, or add that key to SECRET_KEY_OLD", err)}
	}
	return err
}
