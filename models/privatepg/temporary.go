package privatepg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const temporaryPrefix = "masterpanel-pg-"

// The free space that a temporary cluster needs: a new one takes 40 MiB and its write-ahead log 80 at first. In memory
// the limit is higher, so that the cluster does not exhaust the memory.
const (
	roomOnDisk   = 256 << 20
	roomInMemory = 2 << 30
)

// temporary creates a new folder with space for a cluster that the account can reach. It tries memory first: a clone of
// a database is many small files, and memory is ten times as fast as a busy disk.
func temporary(ctx context.Context, as account) (string, error) {
	var errs []error
	for _, base := range append([]string{sharedMemory}, temporaryFolders()...) {
		if err := roomy(base); err != nil {
			errs = append(errs, err)
			continue
		}
		sweep(base)
		path, err := os.MkdirTemp(base, temporaryPrefix)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if err := os.Chmod(path, as.folderMode()); err != nil {
			return "", err
		}
		if as.reaches(ctx, path) {
			return path, nil
		}
		errs = append(errs, fmt.Errorf("user %d cannot reach %s", as.uid, base), os.Remove(path))
	}
	return "", fmt.Errorf("no temporary folder: %s", strings.ReplaceAll(errors.Join(errs...).Error(), "\n", "; "))
}

// sharedMemory is a file system in memory on Linux. It is small in most containers and does not exist elsewhere.
const sharedMemory = "/dev/shm"

func temporaryFolders() []string {
	return []string{os.TempDir(), "/tmp", "/var/tmp"}
}

// roomy returns an error for a folder with too little free space.
func roomy(folder string) error {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	need := uint64(roomOnDisk)
	if folder == sharedMemory {
		need = roomInMemory
	}
	if free := uint64(stat.Bavail) * uint64(stat.Bsize); free < need { // #nosec G115 -- sizes of the kernel, never negative
		return fmt.Errorf("%s has only %d MiB free", folder, free>>20)
	}
	return nil
}

// sweep removes the temporary clusters of killed owners. It ignores folders that it cannot remove.
func sweep(base string) {
	found, err := filepath.Glob(filepath.Join(base, temporaryPrefix+"*", "postgres"))
	if err != nil {
		return
	}
	for _, path := range found {
		if ownedBy(path, os.Geteuid()) == nil && abandoned(path) {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
}

// abandoned reports whether no process holds a lock of a cluster. A cluster younger than a minute does not count,
// because its owner may be between opening a lock and taking it.
func abandoned(path string) bool {
	info, err := os.Stat(path)
	if err != nil || time.Since(info.ModTime()) < time.Minute {
		return false
	}
	for _, name := range []string{ownerLock, serverLock} {
		file, err := openLock(filepath.Join(path, name))
		if err != nil {
			return false
		}
		defer file.Close()
		if tryLock(file) != nil {
			return false
		}
	}
	return true
}
