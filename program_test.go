//go:build chaos || scenario

package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// What the tests share that run the program itself, each command a process of its own.

// buildProgram builds the program and returns where it is.
func buildProgram(t testing.TB) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "masterpanel")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return binary
}

// number reads a whole number from the environment.
func number(t testing.TB, name string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(otherwise)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func fine(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// waitFor waits for a condition.
func waitFor(t testing.TB, what string, within time.Duration, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for !done() {
		if !pass(ctx, 200*time.Millisecond) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// pass lets time pass; false when ctx ends before.
func pass(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// mortalRedis is a redis-server that keeps nothing on disk.
type mortalRedis struct {
	testing.TB
	port    int
	process *exec.Cmd
}

func startMortalRedis(t testing.TB) *mortalRedis {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	fine(t, err)
	m := &mortalRedis{TB: t, port: free.Addr().(*net.TCPAddr).Port}
	fine(t, free.Close())
	m.start()
	t.Cleanup(m.kill)
	return m
}

func (m *mortalRedis) url() string { return fmt.Sprint("redis://127.0.0.1:", m.port) }

// start returns when it answers.
func (m *mortalRedis) start() {
	m.process = exec.Command("redis-server", "--port", strconv.Itoa(m.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	if err := m.process.Start(); err != nil {
		m.Errorf("this test needs redis-server: %v", err)
		return
	}
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprint("127.0.0.1:", m.port)})
	defer client.Close()
	for client.Ping(m.Context()).Err() != nil && m.Context().Err() == nil {
		pass(m.Context(), 20*time.Millisecond)
	}
}

func (m *mortalRedis) kill() {
	if m.process.Process != nil {
		m.process.Process.Kill()
		m.process.Wait()
	}
}

// lateAnswer lets time pass between what is done and what is answered.
type lateAnswer struct {
	http.ResponseWriter
	by time.Duration
}

func (a lateAnswer) WriteHeader(status int) {
	<-time.After(a.by)
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the panel close the connection.
func (a lateAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
