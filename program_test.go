//go:build chaos || scenario

package main

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Helpers of the tests that run the program, each command in its own process.

// buildProgram builds the program and returns the path of the binary.
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

// waitFor waits for a condition, at most for the given time.
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

// pass waits for d. It returns false if ctx ends before.
func pass(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// lateAnswer delays the answer after the request was handled.
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
