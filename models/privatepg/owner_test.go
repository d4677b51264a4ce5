package privatepg

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestMain lets the test binary run as the owner of a server that a test kills.
func TestMain(m *testing.M) {
	dir := os.Getenv("PRIVATEPG_TEST_OWNER")
	if dir == "" {
		os.Exit(m.Run())
	}
	server, err := Start(context.Background(), Options{Dir: dir, Log: os.Stderr})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(server.PID())
	select {} // until killed
}

// killedOwner starts an owner of dir, kills it right away and returns the process id of its server.
func killedOwner(tb testing.TB, dir string) int {
	tb.Helper()
	owner := exec.CommandContext(tb.Context(), os.Args[0])
	owner.Env = append(os.Environ(), "PRIVATEPG_TEST_OWNER="+dir)
	out, err := owner.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		tb.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		tb.Fatalf("the owner says %q", line)
	}
	if err := owner.Process.Kill(); err != nil {
		tb.Fatal(err)
	}
	if err := owner.Wait(); err == nil {
		tb.Fatal("the owner ended in order, want it killed")
	}
	return pid
}

func TestAKilledOwnerLeavesNoServerAndAUsableFolder(t *testing.T) {
	dir := reachable(t)
	server := mustStart(t, Options{Dir: dir})
	execute(t, server, "postgres", "CREATE TABLE kept AS SELECT 7 AS n")
	stop(t, server)

	for range 3 {
		pid := killedOwner(t, dir)
		again := mustStart(t, Options{Dir: dir}) // it waits for the orphan to end
		if alive(pid) {
			t.Errorf("server %d still runs beside the new one", pid)
		}
		if got := query[int](t, again, "postgres", "SELECT n FROM kept"); got != 7 {
			t.Errorf("after the kill: got %d, want 7", got)
		}
		stop(t, again)
	}
	pid := killedOwner(t, dir)
	eventually(t, "the orphan ends by itself", func() bool { return !alive(pid) })
}

func TestAPidFileThatNamesSomebodyElseDoesNotPreventAStart(t *testing.T) {
	dir := reachable(t)
	server := mustStart(t, Options{Dir: dir})
	stop(t, server)
	as := server.home.as
	bystander := as.command(t.Context(), "/", "/bin/sh", "-c", "read forever")
	hold, err := bystander.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n", bystander.Process.Pid, server.home.data(), server.home.socket)
	if err := os.WriteFile(server.home.pidFile(), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(server.home.pidFile(), as.uid, as.gid); err != nil {
		t.Fatal(err)
	}
	stop(t, mustStart(t, Options{Dir: dir}))
	if err := hold.Close(); err != nil {
		t.Error(err)
	}
	if _, killed := errors.AsType[*exec.ExitError](bystander.Wait()); !killed {
		t.Error("the bystander ended as asked, want read to end with the pipe") // sh's read reports the end as 1
	}
}

func TestAServerStartedByHandIsNotDisturbed(t *testing.T) {
	dir := reachable(t)
	server := mustStart(t, Options{Dir: dir})
	stop(t, server)
	h := server.home
	var err error
	if h.server, err = os.Open(os.DevNull); err != nil { // a server that does not hold our lock
		t.Fatal(err)
	}
	byHand, err := h.spawn(server.tools, Options{}, newTail(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := byHand.ready(t.Context(), server.DSN("postgres")); err != nil {
		t.Fatal(err)
	}
	if second, err := Start(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, %v; want ErrInUse", second, err)
	}
	if got := query[int](t, server, "postgres", "SELECT 1"); got != 1 {
		t.Errorf("the server started by hand answers %d, want 1", got)
	}
	if err := byHand.end(); err != nil {
		t.Error(err)
	}
}

// Under root the cluster cannot be below a closed folder, because PostgreSQL's user could not reach it.
func TestAClosedParentFolder(t *testing.T) {
	parent := reachable(t)
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "checkout", ".masterpanel")
	var log bytes.Buffer
	server := mustStart(t, Options{Dir: dir, Log: &log})
	home := server.home.path
	execute(t, server, "postgres", "CREATE TABLE kept ()")
	stop(t, server)
	if !server.home.as.dropped() {
		if home != filepath.Join(dir, "postgres") {
			t.Errorf("cluster in %s, want it in %s: the folder is our own user's", home, dir)
		}
		return
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	if !strings.HasPrefix(home, "/var/tmp/masterpanel-0-") || !strings.Contains(log.String(), home) {
		t.Errorf("cluster in %s, want it below /var/tmp and the log to say so:\n%s", home, log.String())
	}
	again := mustStart(t, Options{Dir: dir})
	execute(t, again, "postgres", "SELECT FROM kept")
	stop(t, again)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	anew := mustStart(t, Options{Dir: dir})
	if !query[bool](t, anew, "postgres", "SELECT to_regclass('kept') IS NULL") {
		t.Error("the folder was removed, yet its old cluster is back")
	}
}

func TestSomebodyElsesFolderIsRefused(t *testing.T) {
	dir := reachable(t)
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	me := os.Geteuid()
	for path, refused := range map[string]bool{dir: false, link: true, "/etc/passwd": true} {
		if err := ownedBy(path, me); (err != nil) != refused {
			t.Errorf("%s: got %v, want refused %v", path, err, refused)
		}
	}
	if err := ownedBy(dir, me+1); err == nil || !strings.Contains(err.Error(), "belongs to user") {
		t.Errorf("another user's folder: got %v, want it refused", err)
	}
}
