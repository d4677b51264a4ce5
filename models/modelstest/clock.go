package modelstest

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// ClockVariable names the environment variable with the start of the tests' clocks, in RFC 3339.
const ClockVariable = "TEST_CLOCK"

// usualStart is the start of a test's clock without that variable: an ordinary Wednesday.
const usualStart = "2026-09-16T10:20:30Z"

// Start returns the start of every test's clock. It is the same in each run, because a test that starts at the real
// time passes in the morning and fails in the evening.
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

// clocks holds the clock of every running test by the test's name.
var clocks sync.Map

// Clock returns the test's clock. It starts at Start with its first use in the test, runs at real speed, and is shared
// by all subtests. The program under test uses it. Only deadlines for waiting, benchmark figures and processes of the
// real program use time.Now.
func Clock(t testing.TB) func() time.Time {
	name, _, _ := strings.Cut(t.Name(), "/")
	clock, there := clocks.LoadOrStore(name, RunFrom(Start()))
	if !there {
		t.Cleanup(func() { clocks.Delete(name) })
	}
	return clock.(func() time.Time)
}

// Now returns the current time of the test's clock.
func Now(t testing.TB) time.Time { return Clock(t)() }

// RunFrom returns a clock that shows start now and runs at real speed.
func RunFrom(start time.Time) func() time.Time {
	began := time.Now()
	return func() time.Time { return start.Add(time.Since(began)) }
}

// RealClock starts the clock of a test at the real time. A test calls it first if it uses PostgreSQL's own clock or the
// real program.
func RealClock(t testing.TB) {
	t.Helper()
	t.Setenv(ClockVariable, time.Now().Format(time.RFC3339Nano))
}
