package privatepg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(tb testing.TB, path, text string, mode os.FileMode) {
	tb.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), mode)
	}
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func testFinder(tb testing.TB, cache string) finder {
	tb.Helper()
	as, err := unprivileged()
	if err != nil {
		tb.Fatal(err)
	}
	return finder{as: as, cacheDir: cache, log: newTail(nil)}
}

// installed returns the programs that Start would use here for a new cluster.
func installed(tb testing.TB) tools {
	tb.Helper()
	found, err := testFinder(tb, "").find(tb.Context(), "/nonexistent")
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

func TestALinkOnPathLeadsToTheRealPrograms(t *testing.T) {
	real, links := installed(t).bin, reachable(t)
	for _, program := range []string{"initdb", "postgres"} {
		if err := os.Symlink(filepath.Join(real, program), filepath.Join(links, program)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", links)
	want, err := filepath.EvalSymlinks(filepath.Join(links, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if got := candidates(); len(got) == 0 || got[0] != filepath.Dir(want) {
		t.Errorf("got %q, want %s first", got, filepath.Dir(want))
	}
}

func TestAWrapperScriptComesLast(t *testing.T) {
	scripts := reachable(t)
	for _, program := range []string{"initdb", "postgres"} {
		write(t, filepath.Join(scripts, program), "#!/bin/sh\nexit 1\n", 0o755)
	}
	t.Setenv("PATH", scripts)
	got := candidates()
	if i := slices.Index(got, scripts); i != len(got)-1 {
		t.Errorf("the script is number %d of %q, want it last", i, got)
	}
}

func TestAWrapperThatExecsWorksAndOneThatDoesNotIsRefused(t *testing.T) {
	real := installed(t)
	for how, refused := range map[string]bool{"exec": false, "": true} {
		wrapped := tools{bin: reachable(t), version: real.version, source: real.source}
		for _, program := range []string{"initdb", "postgres"} {
			write(t, filepath.Join(wrapped.bin, program),
				fmt.Sprintf("#!/bin/sh\n%s %s/%s \"$@\"\nexit $?\n", how, real.bin, program), 0o755)
		}
		as := testFinder(t, "").as
		h, err := openHome(t.Context(), reachable(t), false, as, newTail(nil))
		if err != nil {
			t.Fatal(err)
		}
		log := newTail(nil)
		if err := h.initialise(t.Context(), wrapped, true, log); err != nil {
			t.Fatal(err)
		}
		p, err := h.serve(t.Context(), wrapped, Options{Ephemeral: true}, h.dsn("postgres"), log)
		if got := err != nil && strings.Contains(err.Error(), "wrapper"); got != refused {
			t.Errorf("wrapper with %q: got %v, want refused %v", how, err, refused)
		}
		if err == nil {
			if err := p.end(); err != nil {
				t.Error(err)
			}
		}
		eventually(t, "the server is gone", func() bool {
			_, err := os.Stat(filepath.Join(h.socket, ".s.PGSQL.5432"))
			return errors.Is(err, os.ErrNotExist)
		})
		if err := h.unlock(); err != nil {
			t.Error(err)
		}
	}
}

func TestAClusterOfAnotherMajorVersionIsRefusedWithTheWayOut(t *testing.T) {
	dir := reachable(t)
	write(t, filepath.Join(dir, "postgres", "data", "PG_VERSION"), "12\n", 0o644)
	_, err := Start(t.Context(), Options{Dir: dir})
	if !errors.Is(err, ErrVersion) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v, want ErrVersion in one line", err)
	}
	for _, want := range []string{"made by PostgreSQL 12", installed(t).version.text, "install PostgreSQL 12 or start fresh"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	mustStart(t, Options{Dir: dir, Fresh: true, Ephemeral: true})
}

func TestWhatDoesNotFitIsSaidInOneLine(t *testing.T) {
	for want, err := range map[string]error{
		"found 12.1, 9.6, need 13 or newer": misfit("/data", 0, []string{"12.1", "9.6"}),
		"by PostgreSQL 16, found none":      misfit("/data", 16, nil),
	} {
		if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrVersion with %q", err, want)
		}
	}
}

func TestVersionIsReadFromTheProgram(t *testing.T) {
	f := testFinder(t, "")
	for line, want := range map[string]release{
		"postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)": {"15.14", 15},
		"postgres (PostgreSQL) 18beta1":                        {"18beta1", 18},
		"postgres (PostgreSQL) 9.6.24":                         {"9.6.24", 9},
		"bash: command not found":                              {},
		"":                                                     {},
	} {
		bin := reachable(t)
		write(t, filepath.Join(bin, "postgres"), "#!/bin/sh\necho '"+line+"'\n", 0o755)
		got, err := f.version(t.Context(), bin)
		if got != want || (err != nil) != (want == release{}) {
			t.Errorf("%q: got %v, %v; want %v", line, got, err, want)
		}
	}
}
