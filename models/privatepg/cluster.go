package privatepg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// madeBy returns the major version that created the cluster in data, 0 if there is none yet.
func madeBy(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION")) // #nosec G304 -- our own folder
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s/PG_VERSION says %q: start fresh", data, strings.TrimSpace(string(text)))
	}
	return major, nil
}

// initialise creates the cluster if there is none. It creates it under a temporary name and renames it when complete,
// so that an interrupted one is never used.
func (h *home) initialise(ctx context.Context, t tools, ephemeral bool, log *tail) error {
	major, err := madeBy(h.data())
	if err != nil {
		return err
	}
	if major != 0 {
		return ownedBy(h.data(), h.as.uid)
	}
	unfinished := h.data() + ".new"
	// C.UTF-8 gives lower and upper case of all languages with byte order; on a system without it, C knows only the
	// case of ASCII.
	for _, ctype := range []string{"C.UTF-8", "C"} {
		if err := os.RemoveAll(unfinished); err != nil {
			return err
		}
		if err := h.as.makeFolder(unfinished); err != nil {
			return err
		}
		if err = h.initdb(ctx, t, unfinished, ctype, ephemeral, log); err == nil {
			return os.Rename(unfinished, h.data())
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(err, os.RemoveAll(unfinished))
}

func (h *home) initdb(ctx context.Context, t tools, data, ctype string, ephemeral bool, log *tail) error {
	args := []string{"-D", data, "-U", Superuser, "-E", "UTF8", "--auth=peer", "--locale=C", "--lc-ctype=" + ctype}
	if ephemeral {
		args = append(args, "--no-sync")
	}
	cmd := h.as.command(ctx, "/", filepath.Join(t.bin, "initdb"), args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := withOwner(cmd.Run, cmd.SysProcAttr); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("initdb: %w: %s", err, log.reason()))
	}
	return nil
}

// writeAccess allows connections only for our own user, as the kernel reports it for the other end of the socket. The
// files are in our own folder and are written at every start, because the cluster may have moved with its folder.
func (h *home) writeAccess() error {
	hba := "local all all peer map=own\n"
	ident := fmt.Sprintf("own %q %s\n", h.as.client, Superuser)
	return errors.Join(h.publish("pg_hba.conf", hba), h.publish("pg_ident.conf", ident))
}

// publish writes a file that the account can read, regardless of our umask.
func (h *home) publish(name, text string) error {
	path := filepath.Join(h.path, name)
	return errors.Join(os.WriteFile(path, []byte(text), 0o644), os.Chmod(path, 0o644)) // #nosec G302 G306 -- no secret: the account that runs PostgreSQL reads it
}

// settings returns the settings as arguments of the server, so that a cluster from an earlier release gets the current
// ones.
func (h *home) settings(o Options) []string {
	connections := o.MaxConnections
	if connections == 0 {
		connections = 100
	}
	settings := []string{
		"hba_file=" + filepath.Join(h.path, "pg_hba.conf"),
		"ident_file=" + filepath.Join(h.path, "pg_ident.conf"),
		"listen_addresses=",
		"port=5432",
		`unix_socket_directories="` + h.socket + `"`,
		"unix_socket_permissions=0700",
		"max_connections=" + strconv.Itoa(connections),
		"shared_buffers=128MB",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_destination=stderr",
		"logging_collector=off",
		"log_min_error_statement=panic", // a failed statement may contain texts of customers
	}
	if o.Ephemeral {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0")
	}
	args := []string{"-D", h.data()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}
