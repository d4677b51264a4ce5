package privatepg

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// home is the folder of one cluster. It belongs to us; the account owns only data and the socket's folder in it, so
// that another process of the account cannot misdirect a root process with links.
type home struct {
	path   string
	socket string // folder of the Unix socket
	as     account
	stale  bool     // the cluster found here has no owner any more
	owner  *os.File // locked by the process that called Start
	server *os.File // locked as long as the server or one of its children lives
}

// marker is a file in Options.Dir. It says that the cluster had to be put elsewhere.
const marker = "postgres.elsewhere"

// The lock files of a home.
const (
	ownerLock  = "owner.lock"
	serverLock = "server.lock"
)

// orphanPatience is how long a server whose owner was killed may take to stop before the folder counts as in use.
const orphanPatience = 15 * time.Second

// openHome determines the folder of dir's cluster, takes its locks and, with fresh, removes an earlier cluster.
func openHome(ctx context.Context, dir string, fresh bool, as account, log io.Writer) (*home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, as.folderMode()); err != nil {
		return nil, err
	}
	h := &home{as: as}
	if err := h.settle(ctx, dir, log); err != nil {
		return nil, err
	}
	if err := h.lock(ctx, dir); err != nil {
		return nil, errors.Join(err, h.unlock())
	}
	if err := errors.Join(h.claim(dir, fresh), h.openSocketFolder(ctx)); err != nil {
		return nil, errors.Join(err, h.unlock())
	}
	return h, nil
}

func (h *home) data() string { return filepath.Join(h.path, "data") }

// dsn returns a URL with the socket's folder as the host. The folder's characters need no escaping, see
// openSocketFolder. A database name may need it, and libpq does not read a plus sign as a space.
func (h *home) dsn(database string) string {
	return "postgres://" + Superuser + "@/" + url.PathEscape(database) + "?host=" + h.socket + "&port=5432"
}

// settle creates and checks the cluster's folder: dir/postgres, or one below /var/tmp if the account cannot reach dir.
// A cluster below /var/tmp without dir's marker belonged to a dir that was removed since, so it is stale.
func (h *home) settle(ctx context.Context, dir string, log io.Writer) error {
	h.path = filepath.Join(dir, "postgres")
	if !h.as.dropped() || h.as.reaches(ctx, dir) {
		return ours(h.path, h.as)
	}
	h.path = elsewhere("/var/tmp", dir)
	fmt.Fprintf(log, "privatepg: user %d cannot reach %s, the cluster is in %s\n", h.as.uid, dir, h.path)
	if err := ours(h.path, h.as); err != nil {
		return err
	}
	_, err := os.Lstat(filepath.Join(dir, marker))
	h.stale = errors.Is(err, os.ErrNotExist)
	return nil
}

// claim removes a cluster that is stale or that fresh asks to remove. The caller holds the locks.
func (h *home) claim(dir string, fresh bool) error {
	if fresh || h.stale {
		if err := os.RemoveAll(h.data()); err != nil {
			return err
		}
	}
	if !h.stale {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, marker), []byte(h.path+"\n"), 0o600)
}

// ours creates a folder that we own and that the account can pass through, or checks the existing one.
func ours(path string, as account) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := ownedBy(path, os.Geteuid()); err != nil {
		return err
	}
	return os.Chmod(path, as.folderMode())
}

// elsewhere returns the name of a folder in base that is always the same for dir and our user.
func elsewhere(base, dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(base, fmt.Sprintf("masterpanel-%d-%x", os.Geteuid(), sum[:6]))
}

// lock takes both locks: it tries the owner's lock once, and waits a short time for the server's lock, so that an
// orphan can stop.
func (h *home) lock(ctx context.Context, dir string) (err error) {
	if h.owner, err = openLock(filepath.Join(h.path, ownerLock)); err != nil {
		return err
	}
	if err := tryLock(h.owner); err != nil {
		return fmt.Errorf("%s is %w: stop that one or choose another folder", dir, err)
	}
	if h.server, err = openLock(filepath.Join(h.path, serverLock)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, orphanPatience)
	defer cancel()
	if err := waitLock(ctx, h.server); err != nil {
		return fmt.Errorf("%s: the server of an earlier run still runs: %w", dir, err)
	}
	return nil
}

func (h *home) unlock() error {
	var errs []error
	for _, file := range []*os.File{h.server, h.owner} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}

var plain = regexp.MustCompile(`^[A-Za-z0-9/._-]+$`)

// openSocketFolder uses home/run, or a short name in a temporary folder. It uses the latter if home/run is longer than
// the 103 bytes that every system allows for a socket's address, or would need escaping in a URL or in PostgreSQL's
// list of folders.
func (h *home) openSocketFolder(ctx context.Context) error {
	candidates := []string{filepath.Join(h.path, "run")}
	for _, base := range temporaryFolders() {
		candidates = append(candidates, elsewhere(base, h.path)+"-run")
	}
	var errs []error
	for _, folder := range candidates {
		if len(folder)+len("/.s.PGSQL.5432.lock") > 103 || !plain.MatchString(folder) {
			continue
		}
		err := h.as.makeFolder(folder)
		if err == nil && h.as.reaches(ctx, folder) {
			h.socket = folder
			return nil
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("no folder for a socket of %s: %w", h.path, errors.Join(errs...))
}
