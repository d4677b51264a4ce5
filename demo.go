package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"masterpanel/jobs/embedredis"
	"masterpanel/models"
	"masterpanel/models/privatepg"
)

// demoOptions holds the flags of the demo.
type demoOptions struct {
	dir    string
	port   int
	fresh  bool
	panels int
	orders int
	speed  float64
}

func (p program) demoOptions(args []string) (demoOptions, error) {
	o := demoOptions{dir: ".masterpanel"}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.IntVar(&o.port, "port", 8080, "where the pages are served, on 127.0.0.1")
	flags.BoolVar(&o.fresh, "fresh", false, "delete the data of earlier runs and start again")
	flags.IntVar(&o.panels, "panels", 4, "how many panels are simulated")
	flags.IntVar(&o.orders, "orders", 5000, "how many orders each panel has at first")
	flags.Float64Var(&o.speed, "speed", 1, "how fast the panels live")
	if err := parse(flags, args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(p.out)
			flags.PrintDefaults()
		}
		return o, err
	}
	switch {
	case o.panels < 1 || o.panels > 50:
		return o, usageError{errors.New("--panels must be from 1 to 50")}
	case o.orders < 0 || o.orders > 1_000_000:
		return o, usageError{errors.New("--orders must be from 0 to 1000000")}
	case o.speed <= 0 || o.speed > 1000:
		return o, usageError{errors.New("--speed must be above 0 and at most 1000")}
	}
	return o, nil
}

// demo runs the whole product on simulated data until ctx ends.
func (p program) demo(ctx context.Context, args []string) (err error) {
	o, err := p.demoOptions(args)
	if err != nil {
		return err
	}
	listener, err := listen("127.0.0.1", o.port, "choose another with --port")
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := os.MkdirAll(o.dir, 0o755); err != nil { // #nosec G301 -- another account runs PostgreSQL in it
		return usageError{fmt.Errorf("the demo keeps its data in %s: %w", o.dir, err)}
	}
	d := &demo{options: o, out: p.out}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.open(ctx); err != nil {
		return err
	}
	return d.run(ctx, listener)
}

// demo is a running demo.
type demo struct {
	options demoOptions
	out     io.Writer
	state   demoState
	// closers stop the started parts. close calls them in reverse order.
	closers  []func() error
	services *services
	panels   []*demoPanel
}

func (d *demo) closeLater(f func() error) { d.closers = append(d.closers, f) }

func (d *demo) close() error {
	var errs []error
	for i := len(d.closers) - 1; i >= 0; i-- {
		errs = append(errs, d.closers[i]())
	}
	return errors.Join(errs...)
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// open starts the services that the web server and the worker need. PostgreSQL comes first: its lock on the folder
// keeps a second demo out before anything is changed.
func (d *demo) open(ctx context.Context) error {
	logFile, err := os.OpenFile(filepath.Join(d.options.dir, "masterpanel.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	d.closeLater(logFile.Close)
	log := newLog(logFile, config{})

	postgres, err := d.startPostgres(ctx, logFile)
	if err != nil {
		return err
	}
	if d.state, err = openDemoState(d.options); err != nil {
		return err
	}
	redis, err := embedredis.Start(embedredis.Options{})
	if err != nil {
		return err
	}
	d.closeLater(func() error { redis.Close(); return nil })
	return d.openServices(ctx, postgres.DSN("postgres"), redis.URL(), log)
}

func (d *demo) startPostgres(ctx context.Context, log io.Writer) (*privatepg.Server, error) {
	started := time.Now()
	postgres, err := privatepg.Start(ctx, privatepg.Options{Dir: d.options.dir, Fresh: d.options.fresh, Log: log})
	switch {
	case errors.Is(err, privatepg.ErrInUse):
		return nil, usageError{fmt.Errorf("another demo already uses the data in %s: stop it, or start this one in another folder", d.options.dir)}
	case errors.Is(err, privatepg.ErrNotFound), errors.Is(err, privatepg.ErrVersion):
		return nil, usageError{err}
	case err != nil:
		return nil, err
	}
	d.closeLater(postgres.Stop)
	d.say("PostgreSQL %s (%s) is up after %.1f s", postgres.Version(), postgres.Source(), time.Since(started).Seconds())
	return postgres, nil
}

func (d *demo) openServices(ctx context.Context, databaseURL, redisURL string, log *slog.Logger) error {
	c, err := readConfig(func(name string) string {
		return map[string]string{"DATABASE_URL": databaseURL, "REDIS_URL": redisURL, "SECRET_KEY": d.state.SecretKey,
			"ALLOW_PRIVATE_PANELS": "1", "DRAIN_SECONDS": "0", "ADMIN_USERNAME": demoUsername, "ADMIN_PASSWORD": d.state.Password}[name]
	})
	if err != nil {
		return err
	}
	db, err := models.Open(ctx, c.DatabaseURL, models.Options{Box: c.Box, MaxConns: c.DatabasePool})
	if err != nil {
		return err
	}
	d.services = newServices(c, db, log)
	if err = d.forgetLostPanels(ctx); err == nil {
		err = d.services.prepare(ctx, true)
	}
	if errors.Is(err, models.ErrKey) {
		err = usageError{fmt.Errorf("the key in %s does not match its database: start a new demo with --fresh", d.options.dir)}
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	d.closeLater(d.services.close)
	return nil
}

// forgetLostPanels handles a database that has no owner: a run with --fresh was killed before it wrote the new state.
// The panels in the state were then not removed by staff, and have to be connected again.
func (d *demo) forgetLostPanels(ctx context.Context) error {
	if _, err := d.services.db.Migrate(ctx); err != nil {
		return err
	}
	n, err := d.services.db.StaffCount(ctx)
	if err != nil || n > 0 || len(d.state.PanelIDs) == 0 {
		return err
	}
	d.state.PanelIDs, d.state.Methods = nil, false
	return d.state.save(d.options.dir)
}

// run serves the demo until ctx ends. It prints READY when the server runs and the lists show the first orders of
// each panel.
func (d *demo) run(ctx context.Context, listener net.Listener) error {
	started := time.Now()
	if err := d.openPanels(ctx); err != nil {
		return err
	}
	if err := d.setUpMethods(ctx); err != nil {
		return err
	}
	d.say("%d panels with %d orders each are up after %.1f s", len(d.panels), d.options.orders, time.Since(started).Seconds())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.services.serveWeb(ctx, listener) })
	group.Go(func() error { return d.services.runWorker(ctx) })
	for _, panel := range d.panels {
		group.Go(func() error { return panel.run(ctx) })
	}
	group.Go(func() error {
		d.awaitOrders(ctx)
		if ctx.Err() == nil {
			d.say("Data is kept in %s; Ctrl-C stops everything.", d.options.dir)
			d.say("READY http://%s user=%s password=%s", listener.Addr(), demoUsername, d.state.Password)
		}
		return nil
	})
	return group.Wait()
}

// awaitOrders waits until the mirror has orders of every panel, at most ten seconds: empty lists would mislead a
// visitor, and a failing panel must not block the demo.
func (d *demo) awaitOrders(ctx context.Context) {
	if d.options.orders == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		statuses, err := d.services.db.SyncStatuses(ctx, d.viewer(), nil)
		if err != nil {
			continue // the web server's health check reports it better
		}
		waiting := false
		for _, s := range statuses {
			waiting = waiting || s.Resource == models.Orders && !s.PanelPaused && s.Cached == 0
		}
		if !waiting {
			return
		}
	}
}

// viewer returns a viewer who sees the demo's panels as their owner does.
func (d *demo) viewer() models.Viewer {
	v := models.Viewer{Role: models.RoleOwner}
	for _, panel := range d.panels {
		v.Panels = append(v.Panels, models.PanelRef{ID: panel.id})
	}
	return v
}
