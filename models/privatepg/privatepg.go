// Package privatepg runs a PostgreSQL of one's own: the demo keeps its data in one, the tests clone databases in one.
//
// The programs come from PATH, from where the distributions put them, or, where there are none, from a pinned and
// checked npm package. The server listens on a Unix socket only, in a folder that other users of the machine cannot
// enter, and accepts nobody but the user who started it (peer authentication); there is no password to leak.
//
// It lives as long as its owner: Stop ends it in order, and on Linux the kernel ends it when the owner is killed. Two
// locks guard a folder: one is held by the owner, one is inherited by the server itself, so that the next owner waits
// for an orphan that is still ending and is not stopped by what it left behind.
//
// PostgreSQL refuses to run as root. Started by root it runs as the user postgres, or nobody, and where that user
// cannot reach the given folder the cluster is put below /var/tmp instead.
package privatepg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Superuser is the role that DSN logs in as.
const Superuser = "masterpanel"

var (
	// ErrInUse says that another living process owns the folder.
	ErrInUse = errors.New("in use by another process")
	// ErrNotFound says that PostgreSQL is not installed and could not be fetched.
	ErrNotFound = errors.New("no PostgreSQL")
	// ErrVersion says that the PostgreSQL at hand is too old, or not of the major version that made the cluster.
	ErrVersion = errors.New("wrong PostgreSQL version")
)

// Options say where a cluster lives and how safe it must be.
type Options struct {
	// Dir keeps the cluster between runs, in its subfolder "postgres". Empty means a new folder of its own, which only
	// makes sense with Ephemeral.
	Dir string
	// Ephemeral trades durability for speed (no fsync) and removes the cluster on Stop.
	Ephemeral bool
	// Fresh removes an earlier cluster before starting.
	Fresh bool
	// Log receives the server's log and a line for everything unusual; nil discards both.
	Log io.Writer
	// CacheDir keeps fetched programs; empty means the folder masterpanel in the user's cache folder.
	CacheDir string
	// MaxConnections is 100 where it is zero.
	MaxConnections int
}

// Server is a running PostgreSQL.
type Server struct {
	home    *home
	tools   tools
	process *process
	log     *tail
	cleanup []string // folders that Stop removes

	stop    sync.Once
	stopErr error
}

// Start returns a server that accepts connections, making its cluster first where there is none. ctx bounds the start,
// not the server's life. Its errors are one line; ErrInUse, ErrNotFound and ErrVersion are among them.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, o Options) (*Server, error) {
	log := newTail(o.Log)
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	s := &Server{log: log}
	if o.Dir == "" {
		if o.Dir, err = temporary(ctx, as); err != nil {
			return nil, err
		}
		s.cleanup = append(s.cleanup, o.Dir)
	}
	if s.home, err = openHome(ctx, o.Dir, o.Fresh, as, log); err != nil {
		return nil, errors.Join(err, removeAll(s.cleanup))
	}
	if o.Ephemeral {
		s.cleanup = append([]string{s.home.path, s.home.socket}, s.cleanup...)
	}
	if err := s.launch(ctx, o); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// launch does what needs the locks: settle the programs, make the cluster, run it.
func (s *Server) launch(ctx context.Context, o Options) (err error) {
	finder := finder{as: s.home.as, cacheDir: o.CacheDir, log: s.log}
	if s.tools, err = finder.find(ctx, s.home.data()); err != nil {
		return err
	}
	if err := s.home.initialise(ctx, s.tools, o.Ephemeral, s.log); err != nil {
		return err
	}
	s.process, err = s.home.serve(ctx, s.tools, o, s.DSN("postgres"), s.log)
	return err
}

// DSN returns the URL of a database, for pgx and for psql alike. It works for the user who called Start.
func (s *Server) DSN(database string) string { return s.home.dsn(database) }

// PID is the process id of the server's parent process.
func (s *Server) PID() int { return s.process.pid() }

// Version is the server's version, such as "15.14".
func (s *Server) Version() string { return s.tools.version.text }

// Source tells where the programs came from: "system" or "fetched".
func (s *Server) Source() string { return s.tools.source }

// Stop ends the server within five seconds, in order where that is possible, and removes an ephemeral cluster. Further
// calls return what the first one did.
func (s *Server) Stop() error {
	s.stop.Do(func() { s.stopErr = errors.Join(s.process.end(), s.release()) })
	return s.stopErr
}

// release removes what must not stay and only then lets the next owner in.
func (s *Server) release() error {
	return errors.Join(removeAll(s.cleanup), s.home.unlock())
}

// Create makes a database; template is the database to clone, empty for PostgreSQL's own. Nobody may be connected to
// the template meanwhile.
func (s *Server) Create(ctx context.Context, name, template string) error {
	if template == "" {
		template = "template1"
	}
	return s.exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template))
}

// Drop removes a database with whoever is connected to it. One that does not exist is no error.
func (s *Server) Drop(ctx context.Context, name string) error {
	return s.exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)")
}

func (s *Server) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("private PostgreSQL: %w", err)
	}
	_, err = conn.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("private PostgreSQL: %s: %w", statement, err)
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func removeAll(folders []string) error {
	var errs []error
	for _, folder := range folders {
		errs = append(errs, os.RemoveAll(filepath.Clean(folder)))
	}
	return errors.Join(errs...)
}
