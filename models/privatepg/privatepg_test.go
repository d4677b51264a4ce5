package privatepg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func mustStart(tb testing.TB, o Options) *Server {
	tb.Helper()
	server, err := Start(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

func stop(tb testing.TB, server *Server) {
	tb.Helper()
	if err := server.Stop(); err != nil {
		tb.Fatal(err)
	}
}

func connect(tb testing.TB, server *Server, database string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), server.DSN(database))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.Background()) }) // the server may have ended first
	return conn
}

func query[T any](tb testing.TB, server *Server, database, sql string) T {
	tb.Helper()
	var value T
	if err := connect(tb, server, database).QueryRow(tb.Context(), sql).Scan(&value); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	return value
}

func execute(tb testing.TB, server *Server, database, sql string) {
	tb.Helper()
	if _, err := connect(tb, server, database).Exec(tb.Context(), sql); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// reachable returns a folder that any user of the machine can enter.
func reachable(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "privatepg-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return dir
}

// alive reports whether a process runs. It does not count a zombie, which has ended but which its parent has not waited
// for.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil && bytes.Contains(stat, []byte(") Z ")) {
		return false
	}
	return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// eventually waits until done reports true.
func eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	late := time.After(30 * time.Second)
	for !done() {
		select {
		case <-every.C:
		case <-late:
			tb.Fatalf("never happened: %s", what)
		}
	}
}

func TestDataStaysBetweenRuns(t *testing.T) {
	dir := filepath.Join(reachable(t), ".masterpanel")
	server := mustStart(t, Options{Dir: dir})
	execute(t, server, "postgres", "CREATE TABLE kept AS SELECT 'ĞÜŞ' AS word")
	if got, want := query[string](t, server, "postgres", "SHOW server_version"), server.Version(); !strings.HasPrefix(got, want) {
		t.Errorf("Version: got %q, the server says %q", want, got)
	}
	if got := server.Source(); got != "system" && got != "fetched" {
		t.Errorf("Source: got %q, want system or fetched", got)
	}
	pid := server.PID()
	if !alive(pid) {
		t.Errorf("process %d is not alive", pid)
	}
	stop(t, server)
	if alive(pid) {
		t.Errorf("process %d is alive after Stop", pid)
	}

	again := mustStart(t, Options{Dir: dir})
	if got := query[string](t, again, "postgres", "SELECT lower(word) FROM kept"); got != "ğüş" {
		t.Errorf("after a restart: got %q, want ğüş", got)
	}
	stop(t, again)

	fresh := mustStart(t, Options{Dir: dir, Fresh: true})
	if got := query[bool](t, fresh, "postgres", "SELECT to_regclass('kept') IS NULL"); !got {
		t.Error("a fresh start still has the table")
	}
}

func TestAnEphemeralClusterIsFastAndLeavesNothing(t *testing.T) {
	server := mustStart(t, Options{Ephemeral: true, MaxConnections: 33})
	for setting, want := range map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
		"max_connections": "33", "listen_addresses": "", "TimeZone": "UTC",
	} {
		if got := query[string](t, server, "postgres", "SHOW "+setting); got != want {
			t.Errorf("%s: got %q, want %q", setting, got, want)
		}
	}
	stop(t, server)
	for _, folder := range append(server.cleanup, server.home.socket) {
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s after Stop: got %v, want it gone", folder, err)
		}
	}
}

func TestADurableClusterIsDurable(t *testing.T) {
	server := mustStart(t, Options{Dir: reachable(t)})
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "100", "shared_buffers": "128MB",
	} {
		if got := query[string](t, server, "postgres", "SHOW "+setting); got != want {
			t.Errorf("%s: got %q, want %q", setting, got, want)
		}
	}
}

func TestOnlyItsOwnUserCanComeNear(t *testing.T) {
	server := mustStart(t, Options{Ephemeral: true})
	for _, folder := range []string{server.home.data(), server.home.socket} {
		info, err := os.Stat(folder)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o700 {
			t.Errorf("%s: got mode %o, want 700", folder, got)
		}
	}
	if got := query[string](t, server, "postgres",
		"SELECT string_agg(DISTINCT type || ' ' || auth_method, ',') FROM pg_hba_file_rules"); got != "local peer" {
		t.Errorf("ways in: got %q, want only local peer", got)
	}
	if got := query[bool](t, server, "postgres", "SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = current_user"); !got {
		t.Error("the role has a password")
	}
}

func TestTheServerGetsNoneOfOurSecrets(t *testing.T) {
	t.Setenv("SECRET_KEY", "not-for-children")
	t.Setenv("PGHOST", "elsewhere.example")
	t.Setenv("HOME", "")
	server := mustStart(t, Options{Ephemeral: true})
	for _, variable := range server.process.cmd.Env {
		if name, _, _ := strings.Cut(variable, "="); name == "SECRET_KEY" || name == "PGHOST" || name == "HOME" {
			t.Errorf("the server's environment holds %s", name)
		}
	}
}

func TestASecondOwnerIsRefused(t *testing.T) {
	dir := reachable(t)
	first := mustStart(t, Options{Dir: dir})
	second, err := Start(t.Context(), Options{Dir: dir, Fresh: true})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v, %v; want ErrInUse in one line that names the folder", second, err)
	}
	if got := query[int](t, first, "postgres", "SELECT 1"); got != 1 {
		t.Errorf("the first owner's server answers %d, want 1", got)
	}
	stop(t, first)
	mustStart(t, Options{Dir: dir})
}

func TestOddAndLongFoldersWork(t *testing.T) {
	for _, name := range []string{
		strings.Repeat("long/", 30) + "end",
		`space comma, quote" per%cent plus+ 'single' ümlaut`,
	} {
		dir := filepath.Join(reachable(t), name)
		server := mustStart(t, Options{Dir: dir, Ephemeral: true})
		if got := query[string](t, server, "postgres", "SHOW data_directory"); got != filepath.Join(dir, "postgres", "data") {
			t.Errorf("data folder: got %q, want it in %q", got, dir)
		}
		if got := len(server.home.socket + "/.s.PGSQL.5432"); got > 107 {
			t.Errorf("socket's address has %d bytes, want at most 107", got)
		}
		stop(t, server)
	}
}

func TestADatabaseIsClonedFromATemplate(t *testing.T) {
	server, ctx := mustStart(t, Options{Ephemeral: true}), t.Context()
	const template, clone = `the "template"`, "clone of+it 50%"
	if err := server.Create(ctx, template, ""); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, server.DSN(template))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE made AS SELECT 7 AS n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := server.Create(ctx, clone, template); err != nil {
		t.Fatal(err)
	}
	if got := query[int](t, server, clone, "SELECT n FROM made"); got != 7 {
		t.Errorf("the clone has %d, want 7", got)
	}
	if err := server.Create(ctx, clone, template); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("a name in use: got %v, want an error that says so", err)
	}
	for range 2 { // the first with a client still connected, the second with nothing to drop
		if err := server.Drop(ctx, clone); err != nil {
			t.Error(err)
		}
	}
	if got := query[bool](t, server, "postgres", "SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname LIKE 'clone%')"); !got {
		t.Error("the clone is still there after Drop")
	}
}

func TestStopEndsABusyServer(t *testing.T) {
	server := mustStart(t, Options{Ephemeral: true})
	busy := connect(t, server, "postgres")
	if _, err := busy.Exec(t.Context(), "BEGIN; CREATE TABLE half (n int)"); err != nil {
		t.Fatal(err)
	}
	stop(t, server)
	stop(t, server)
	if err := busy.Ping(t.Context()); err == nil {
		t.Error("a connection survived Stop")
	}
	if alive(server.PID()) {
		t.Error("the server survived Stop")
	}
}

func TestACancelledStartLeavesTheFolderUsable(t *testing.T) {
	dir := reachable(t)
	ctx, cancel := context.WithCancel(t.Context())
	log := writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("creating")) { // initdb is running
			cancel()
		}
		return len(p), nil
	})
	if _, err := Start(ctx, Options{Dir: dir, Log: log}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres", "data")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a cluster: got %v, want none", err)
	}
	mustStart(t, Options{Dir: dir})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	server, err := Start(t.Context(), Options{Ephemeral: true, MaxConnections: -5})
	if err == nil || !strings.Contains(err.Error(), "max_connections") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, %v; want one line with the server's own words", server, err)
	}
}

func BenchmarkColdStart(b *testing.B) {
	for b.Loop() {
		stop(b, mustStart(b, Options{Dir: reachable(b)}))
	}
}

func BenchmarkWarmStart(b *testing.B) {
	dir := reachable(b)
	stop(b, mustStart(b, Options{Dir: dir}))
	for b.Loop() {
		server := mustStart(b, Options{Dir: dir})
		b.StopTimer()
		stop(b, server)
		b.StartTimer()
	}
}

func BenchmarkEphemeralColdStart(b *testing.B) {
	for b.Loop() {
		server := mustStart(b, Options{Ephemeral: true})
		b.StopTimer()
		stop(b, server)
		b.StartTimer()
	}
}

// BenchmarkClone clones a template of 40 tables with two indexes each.
func BenchmarkClone(b *testing.B) {
	server := mustStart(b, Options{Ephemeral: true})
	if err := server.Create(b.Context(), "template", ""); err != nil {
		b.Fatal(err)
	}
	conn, err := pgx.Connect(b.Context(), server.DSN("template"))
	if err != nil {
		b.Fatal(err)
	}
	for n := range 40 {
		sql := fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, name text NOT NULL, at timestamptz); CREATE INDEX ON t%[1]d (at, id)", n)
		if _, err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	if err := conn.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n++
		if err := server.Create(b.Context(), fmt.Sprint("clone", n), "template"); err != nil {
			b.Fatal(err)
		}
	}
}
