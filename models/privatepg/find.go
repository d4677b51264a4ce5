package privatepg

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the first major version with DROP DATABASE … WITH (FORCE).
const oldest = 13

// tools is a folder with PostgreSQL's programs.
type tools struct {
	bin     string
	version release
	source  string // "system" or "fetched"
}

// release is a version of PostgreSQL: its text, such as "15.14" or "18beta1", and its first number.
type release struct {
	text  string
	major int
}

// finder looks for programs that the account can run.
type finder struct {
	as       account
	cacheDir string
	log      io.Writer
}

// find returns the programs for the cluster in data: of the major version that created it, or else the first found.
func (f finder) find(ctx context.Context, data string) (tools, error) {
	wanted, err := madeBy(data)
	if err != nil {
		return tools{}, err
	}
	var unfit []string
	for _, bin := range candidates() {
		found := tools{bin: bin, source: "system"}
		if found.version, err = f.version(ctx, bin); err != nil {
			fmt.Fprintf(f.log, "privatepg: %s ignored: %v\n", bin, err)
			continue
		}
		if found.version.major >= oldest && (wanted == 0 || wanted == found.version.major) {
			return found, nil
		}
		unfit = append(unfit, found.version.text)
	}
	if wanted == 0 || wanted == fetchable {
		fetched, err := f.fetch(ctx)
		if err == nil {
			return fetched, nil
		}
		if len(unfit) == 0 {
			return tools{}, err
		}
	}
	return tools{}, misfit(data, wanted, unfit)
}

// misfit returns a one-line error with the found version, the required version, and the solution.
func misfit(data string, wanted int, found []string) error {
	if wanted == 0 {
		return fmt.Errorf("%w: found %s, need %d or newer: install one", ErrVersion, list(found), oldest)
	}
	return fmt.Errorf("%w: the cluster in %s was made by PostgreSQL %d, found %s: install PostgreSQL %d or start fresh",
		ErrVersion, data, wanted, list(found), wanted)
}

func list(versions []string) string {
	if len(versions) == 0 {
		return "none"
	}
	text := versions[0]
	for _, version := range versions[1:] {
		text += ", " + version
	}
	return text
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) ((\d+)\S*)`)

// version runs the program as the account, so that programs which it cannot reach or run do not count.
func (f finder) version(ctx context.Context, bin string) (release, error) {
	out, err := f.as.command(ctx, "/", filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return release{}, err
	}
	match := versionLine.FindSubmatch(out)
	if match == nil {
		return release{}, fmt.Errorf("its version reads %.60q", out)
	}
	major, err := strconv.Atoi(string(match[2]))
	if err != nil {
		return release{}, err
	}
	return release{string(match[1]), major}, nil
}

// candidates returns the folders that contain both programs, in this order: PATH, the usual places with the newest
// first, and last a script on PATH, because such a wrapper may not exec the server.
func candidates() []string {
	var first, last, found []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil && !isScript(real) {
			first = append(first, filepath.Dir(real))
		} else {
			last = append(last, filepath.Dir(path))
		}
	}
	for _, bin := range slices.Concat(first, usualPlaces(), last) {
		if !slices.Contains(found, bin) && has(bin, "initdb") && has(bin, "postgres") {
			found = append(found, bin)
		}
	}
	return found
}

// usualPlaces returns the folders of Debian, Alpine, Red Hat, source builds, Homebrew and Postgres.app.
func usualPlaces() []string {
	var places []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/libexec/postgresql[0-9]*",
		"/usr/pgsql-*/bin",
		"/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/[0-9]*/bin",
	} {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			continue // the patterns above are well formed
		}
		slices.SortStableFunc(matches, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
		places = append(places, matches...)
	}
	return places
}

var digits = regexp.MustCompile(`\d+`)

// number returns the version in a path, 0 if it has none.
func number(path string) int {
	n, err := strconv.Atoi(digits.FindString(path))
	if err != nil {
		return 0
	}
	return n
}

func has(bin, program string) bool {
	info, err := os.Stat(filepath.Join(bin, program))
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

func isScript(path string) bool {
	file, err := os.Open(path) // #nosec G304 -- a program found on this machine, only read
	if err != nil {
		return false
	}
	defer file.Close()
	start := make([]byte, 2)
	_, err = io.ReadFull(file, start)
	return err == nil && string(start) == "#!"
}
