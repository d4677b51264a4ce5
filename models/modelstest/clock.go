package modelstest

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// ClockVariable names the environment variable that says when the tests' clocks start, in RFC 3339.
const ClockVariable = "TEST_CLOCK"

// usualStart is the start of a test's clock without that variable: an ordinary Wednesday.
const usualStart = "2026-09-16T10:20:30Z"

// Start is when the clock of every test starts. It is the same in each run, because a test that starts at the real time
// passes in the morning and fails in the evening.
func Start() time.Time {
	text := os.Getenv(ClockVariable)
	if text == "" {
		text = usualStart
	}
	start, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(ClockVariable + " is not a time such as " + usualStart + ": " + err.Error())
	}
	return start.UTC()
}

// clocks holds the clock of every running test by its name.
var clocks sync.Map

// Clock is the test's clock: it starts at Start with its first use in the test, runs as fast as the real one, and is the
// same for all subtests. The program under test takes it. Only deadlines for waiting, figures of benchmarks and
// processes of the real program use time.Now.
func Clock(t testing.TB) func() time.Time {
	name, _, _ := strings.Cut(t.Name(), "/")
	clock, there := clocks.LoadOrStore(name, RunFrom(Start()))
	if !there {
		t.Cleanup(func() { clocks.Delete(name) })
	}
	return clock.(func() time.Time)
}

// Now is the present of the test's clock.
func Now(t testing.TB) time.Time { return Clock(t)() }

// RunFrom is a clock that shows start now and runs as fast as the real one.
func RunFrom(start time.Time) func() time.Time {
	began := time.Now()
	return func() time.Time { return start.Add(time.Since(began)) }
}

// RealClock starts the clock of a test at the real time. A test calls it first, where PostgreSQL's own clock or the
// real program takes part in it.
func RealClock(t testing.TB) {
	t.Helper()
	t.Setenv(ClockVariable, time.Now().Format(time.RFC3339Nano))
}
