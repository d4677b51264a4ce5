package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/models/modelstest"
)

// realTime matches time.Now. measured matches its use for a deadline or a duration, which tests may have.
var (
	realTime = regexp.MustCompile(`\btime\.Now\b`)
	measured = regexp.MustCompile(`\b(began|ended|deadline)\b.*\btime\.Now\b`)
)

// TestNoTestTakesTheRealTimeForTheProgramsClock keeps modelstest.Clock's promise: a test that fails at some hour
// fails at every hour with that TEST_CLOCK. It skips files with a build tag, which run the real program, and the
// simulator, the private PostgreSQL and the embedded Redis, which do not use our clock.
func TestNoTestTakesTheRealTimeForTheProgramsClock(t *testing.T) {
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch filepath.ToSlash(file) {
		case "jobs/panel/sim", "models/privatepg", "jobs/embedredis", ".git":
			return filepath.SkipDir
		}
		helper := filepath.ToSlash(filepath.Dir(file)) == "models/modelstest" && d.Name() != "clock.go"
		if err != nil || !helper && !strings.HasSuffix(file, "_test.go") || file == "clocks_test.go" {
			return err
		}
		text, err := os.ReadFile(file) // #nosec G304 -- a file of this repository
		if err != nil || strings.HasPrefix(string(text), "//go:build") {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if realTime.MatchString(line) && !measured.MatchString(line) {
				t.Errorf("%s:%d: take modelstest.Now(t) or modelstest.Clock(t); only began, ended and deadline are real times", file, i+1)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMakeTestPrintsTheClockThatItSetsAlsoWithoutGit(t *testing.T) {
	tarball := t.TempDir()
	text, err := os.ReadFile("Makefile")
	if err == nil {
		err = os.WriteFile(filepath.Join(tarball, "Makefile"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{".", tarball} {
		plan := exec.CommandContext(t.Context(), "make", "-n", "test")
		plan.Dir, plan.Env = dir, slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, modelstest.ClockVariable+"=") })
		out, err := plan.CombinedOutput()
		printed := regexp.MustCompile(`"clock of the tests: (.+)"`).FindSubmatch(out)
		if err != nil || printed == nil {
			t.Fatalf("in %s: %v, %s", dir, err, out)
		}
		if _, err := time.Parse(time.RFC3339, string(printed[1])); err != nil {
			t.Error(err)
		}
	}
}
