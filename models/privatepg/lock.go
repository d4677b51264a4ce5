package privatepg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// openLock opens a lock file without following a link. The kernel releases its lock when the last process that has it
// open ends in any way, so a lock file that is left on disk means nothing.
func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600) // #nosec G304 -- a name in our own folder, no link followed
}

// tryLock takes the lock or returns ErrInUse without waiting.
func tryLock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrInUse
	}
	if err != nil {
		return fmt.Errorf("locking %s: %w", file.Name(), err)
	}
	return nil
}

// waitLock takes the lock as soon as it is free. It returns ErrInUse if ctx ends first.
func waitLock(ctx context.Context, file *os.File) error {
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for {
		err := tryLock(file)
		if !errors.Is(err, ErrInUse) {
			return err
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return err
		}
	}
}
