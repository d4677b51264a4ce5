package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Unavailable reports whether an error means that PostgreSQL cannot be reached, is closing its connections, or accepts
// no more of them. The same call may succeed a few seconds later.
func Unavailable(err error) bool {
	if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P") || pg.Code == "53300" // too_many_connections
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Saved is the outcome of the writes of one request.
type Saved int

// The outcomes.
const (
	// SavedNothing means that no write of the request was committed.
	SavedNothing Saved = iota
	// SavedSome means that at least one write was committed.
	SavedSome
	// SavedPerhaps means that the connection was lost while a write was being committed.
	SavedPerhaps
)

// watchedWrites is the state of the writes under one context.
type watchedWrites struct {
	mu    sync.Mutex
	open  map[*pgx.Conn]bool // transactions with a write
	saved Saved
}

type watchedKey struct{}

// WatchWrites returns a context whose writes SavedUnder reports. It starts without the writes that an earlier
// WatchWrites saw.
func WatchWrites(ctx context.Context) context.Context {
	return context.WithValue(ctx, watchedKey{}, &watchedWrites{open: map[*pgx.Conn]bool{}})
}

// SavedUnder returns the outcome of the writes under a context of WatchWrites. For any other context it returns
// SavedPerhaps, because it has no information.
func SavedUnder(ctx context.Context) Saved {
	w, ok := ctx.Value(watchedKey{}).(*watchedWrites)
	if !ok {
		return SavedPerhaps
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.saved
}

// writeTracer traces statements in the driver, because only the driver knows if a COMMIT was sent and answered.
type writeTracer struct{}

// watchedStatement is a statement in progress. A decisive one commits its own writes or the writes of its transaction.
type watchedStatement struct{ writes, decisive bool }

type statementKey struct{}

var writing = regexp.MustCompile(`(?i)\b(insert|update|delete|merge)\b`)

// TraceQueryStart implements pgx.QueryTracer.
func (writeTracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	w, ok := ctx.Value(watchedKey{}).(*watchedWrites)
	if !ok {
		return ctx
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	outside := conn.PgConn().TxStatus() == 'I'
	s := watchedStatement{writes: writing.MatchString(data.SQL)}
	s.decisive = !conn.IsClosed() && (outside && s.writes || w.open[conn] && strings.EqualFold(data.SQL, "commit"))
	return context.WithValue(ctx, statementKey{}, s)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (writeTracer) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	s, ok := ctx.Value(statementKey{}).(watchedStatement)
	w, watched := ctx.Value(watchedKey{}).(*watchedWrites)
	if !ok || !watched {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case s.decisive && data.Err == nil && data.CommandTag.String() != "ROLLBACK":
		w.saved = max(w.saved, SavedSome)
	case s.decisive && data.Err != nil && inDoubt(data.Err):
		w.saved = SavedPerhaps
	case s.writes && !s.decisive:
		w.open[conn] = true
	}
	if conn.PgConn().TxStatus() == 'I' || conn.IsClosed() {
		delete(w.open, conn)
	}
}

// inDoubt reports whether a failed statement may still have been committed: it was sent, and PostgreSQL did not answer with
// a refusal. An error that is safe to retry does not prove that nothing was sent: pgconn 5.12 also returns
// "conn closed", which is such an error, for a connection that ended while it waited for the answer.
func inDoubt(err error) bool {
	var pg *pgconn.PgError
	sent := !pgconn.SafeToRetry(err) || errors.Is(err, pgconn.ErrConnClosed)
	return sent && (!errors.As(err, &pg) || Unavailable(err))
}
