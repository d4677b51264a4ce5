package privatepg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user that PostgreSQL runs as.
type account struct {
	uid, gid   int
	credential *syscall.Credential // nil: our own user
	client     string              // name of our own user, which may connect
}

// unprivileged returns our own user or, for root, the user postgres or nobody.
func unprivileged() (account, error) {
	self, err := user.LookupId(strconv.Itoa(os.Geteuid()))
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL needs a user with a name: %w", err)
	}
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid(), client: self.Username}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue // the next name may exist
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		credential := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return account{int(uid), int(gid), credential, self.Username}, nil
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody: add one")
}

// dropped reports whether the account is a different user from ours.
func (a account) dropped() bool { return a.credential != nil }

// folderMode returns the mode of one of our folders: the account can pass through it, and only we can list it.
func (a account) folderMode() os.FileMode {
	if a.dropped() {
		return 0o711
	}
	return 0o700
}

// command prepares a program to run as the account in dir. The program gets its own process group, so that Ctrl-C in a
// terminal reaches only us, and an environment without our secrets and without PostgreSQL's own variables.
func (a account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) // #nosec G204 -- only PostgreSQL's own programs, no shell
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "LOCALE_ARCHIVE", "LOCPATH", "TZDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential, Setpgid: true}
	return cmd
}

// reaches reports whether the account can enter dir. It tries instead of computing, because modes, ACLs and mounts all
// count.
func (a account) reaches(ctx context.Context, dir string) bool {
	return a.command(ctx, dir, "/bin/sh", "-c", ":").Run() == nil
}

// makeFolder creates a folder that belongs to the account and that only it can enter. It checks an existing one.
func (a account) makeFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, os.ErrExist) {
		return ownedBy(path, a.uid)
	}
	if err != nil {
		return err
	}
	return os.Lchown(path, a.uid, a.gid)
}

// ownedBy refuses a path that is not a folder of the user uid. This includes a link to one: in a folder that everybody
// can write to, another user may have created it.
func ownedBy(path string, uid int) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	if int(stat.Uid) != uid {
		return fmt.Errorf("%s belongs to user %d, not %d: run as that user or remove it", path, stat.Uid, uid)
	}
	return nil
}
