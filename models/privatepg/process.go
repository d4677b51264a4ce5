package privatepg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The time limits of each way of stopping; together they stay below the five seconds that Stop promises.
const (
	fastPatience      = 3 * time.Second // the server ends its connections and writes all data
	immediatePatience = time.Second     // like a crash: the next start recovers
)

// startPatience limits a start whose context has no deadline; the slow part is recovery after a crash.
const startPatience = time.Minute

// process is the running server.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed once it has ended; err is then its error
	err   error
}

// serve starts the server and waits until it accepts a connection.
func (h *home) serve(ctx context.Context, t tools, o Options, dsn string, log *tail) (*process, error) {
	if err := h.writeAccess(); err != nil {
		return nil, err
	}
	if err := h.clearPidFile(); err != nil {
		return nil, err
	}
	p, err := h.spawn(t, o, log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := p.ready(ctx, dsn); err != nil {
		return nil, errors.Join(p.explain(err, log), p.end())
	}
	if err := h.sameProcess(p); err != nil {
		return nil, errors.Join(err, p.end())
	}
	return p, nil
}

func (h *home) pidFile() string { return filepath.Join(h.data(), "postmaster.pid") }

// clearPidFile removes the pid file of a killed server. Another process may have this number by now, and PostgreSQL
// would then refuse to start. We hold the lock that each of our servers holds, so only a server that a person started
// by hand can be alive, and it answers at the address in the file.
func (h *home) clearPidFile() error {
	text, err := os.ReadFile(h.pidFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// The lines are: process id, data folder, start time, port, socket folder.
	if lines := strings.Split(string(text), "\n"); len(lines) > 4 && lines[4] != "" {
		conn, err := net.Dial("unix", lines[4]+"/.s.PGSQL."+lines[3])
		if err == nil {
			return errors.Join(fmt.Errorf("%s is %w: PostgreSQL %s runs there", h.data(), ErrInUse, lines[0]), conn.Close())
		}
	}
	return os.Remove(h.pidFile())
}

// spawn starts the server with the server's lock as an inherited file.
func (h *home) spawn(t tools, o Options, log *tail) (*process, error) {
	p := &process{ended: make(chan struct{})}
	// Not ctx, because ctx limits only the start.
	p.cmd = h.as.command(context.Background(), "/", filepath.Join(t.bin, "postgres"), h.settings(o)...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.ExtraFiles = []*os.File{h.server}
	p.cmd.WaitDelay = time.Second // a child that outlives the server keeps the log's pipe open
	started := make(chan error)
	go func() {
		defer close(p.ended)
		p.err = withOwner(func() error {
			err := p.cmd.Start()
			started <- err
			if err != nil {
				return err
			}
			return p.cmd.Wait()
		}, p.cmd.SysProcAttr)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return p, nil
}

// withOwner runs a child on one dedicated thread from start to end, because the kernel ends the child with the thread
// that started it, not with the process.
func withOwner(run func() error, attr *syscall.SysProcAttr) error {
	dieWithParent(attr)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return run()
}

// ready waits until a connection succeeds, the server ends or ctx ends.
func (p *process) ready(ctx context.Context, dsn string) error {
	every := time.NewTicker(5 * time.Millisecond)
	defer every.Stop()
	for {
		conn, err := pgx.Connect(ctx, dsn)
		if err == nil {
			return conn.Close(ctx)
		}
		if refused := new(pgconn.PgError); errors.As(err, &refused) && refused.Code == invalidAuthorization {
			return err
		}
		select {
		case <-every.C:
		case <-p.ended:
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("postgres is not ready: %w", ctx.Err())
		}
	}
}

// invalidAuthorization is the SQLSTATE of a server that does not accept our user; waiting would not help.
const invalidAuthorization = "28000"

var errEnded = errors.New("postgres ended during its start")

// explain adds the server's own message to an error of its start.
func (p *process) explain(err error, log *tail) error {
	if reason := log.reason(); reason != "" {
		return fmt.Errorf("%w: %s", err, reason)
	}
	return err
}

// sameProcess refuses a postgres that is a wrapper which starts the server and waits for it: the server would survive
// us.
func (h *home) sameProcess(p *process) error {
	text, err := os.ReadFile(h.pidFile())
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return fmt.Errorf("%s: %w", h.pidFile(), err)
	}
	if pid == p.pid() {
		return nil
	}
	return errors.Join(fmt.Errorf("%s is a wrapper that does not exec the server: put PostgreSQL's own bin folder on PATH", p.cmd.Path),
		syscall.Kill(pid, syscall.SIGQUIT))
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// end stops the server, cleanly if that is fast enough, and returns when it has ended. A requested exit is no error,
// nor is a server that had ended before.
func (p *process) end() error {
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{
		{syscall.SIGINT, fastPatience},
		{syscall.SIGQUIT, immediatePatience},
		{syscall.SIGKILL, startPatience},
	} {
		if err := p.cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("private PostgreSQL: stopping: %w", err)
		}
		select {
		case <-p.ended:
			return nil
		case <-time.After(step.patience):
		}
	}
	return fmt.Errorf("private PostgreSQL: process %d does not end", p.pid())
}
