package privatepg

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// abandon creates the folder that a killed owner of a temporary cluster leaves in base, last modified at the given
// time.
func abandon(tb testing.TB, base, name string, at time.Time) string {
	tb.Helper()
	home := filepath.Join(base, temporaryPrefix+name, "postgres")
	for _, lock := range []string{ownerLock, serverLock} {
		write(tb, filepath.Join(home, lock), "", 0o600)
	}
	if err := os.Chtimes(home, at, at); err != nil {
		tb.Fatal(err)
	}
	return filepath.Dir(home)
}

func TestOnlyAbandonedTemporaryClustersAreSwept(t *testing.T) {
	base, old := reachable(t), time.Now().Add(-time.Hour)
	abandoned := abandon(t, base, "abandoned", old)
	young := abandon(t, base, "young", time.Now())
	owned := abandon(t, base, "owned", old)
	serving := abandon(t, base, "serving", old)
	for path, lock := range map[string]string{owned: ownerLock, serving: serverLock} {
		file, err := openLock(filepath.Join(path, "postgres", lock))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := tryLock(file); err != nil {
			t.Fatal(err)
		}
	}
	stranger := filepath.Join(base, "stranger")
	write(t, filepath.Join(stranger, "postgres", ownerLock), "", 0o600)

	sweep(base)

	for path, want := range map[string]bool{abandoned: false, young: true, owned: true, serving: true, stranger: true} {
		_, err := os.Stat(path)
		if got := !errors.Is(err, os.ErrNotExist); got != want {
			t.Errorf("%s is there: got %v, want %v", filepath.Base(path), got, want)
		}
	}
}

func TestAMissingTemporaryFolderIsPassedOver(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(reachable(t), "missing"))
	if err := roomy(os.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
	mustStart(t, Options{Ephemeral: true})
}
