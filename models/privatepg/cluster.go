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

// madeBy returns the major version that made the cluster in data, 0 where there is none yet.
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

// initialise makes the cluster unless there is one. It is made beside its place and moved there whole, so that one
// whose making was interrupted is never taken for a cluster.
func (h *home) initialise(ctx context.Context, t tools, ephemeral bool, log *tail) error {
	major, err := madeBy(h.data())
	if err != nil {
		return err
	}
	if major != 0 {
		return ownedBy(h.data(), h.as.uid)
	}
	unfinished := h.data() + ".new"
	// Lower and upper case of all languages, the order of bytes; a system without C.UTF-8 knows ASCII's case only.
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

// writeAccess says who may connect: our own user, by what the kernel says of the other end of the socket. The files
// lie in our own folder and are written at every start, as the cluster may have moved with its folder.
func (h *home) writeAccess() error {
	hba := "local all all peer map=own\n"
	ident := fmt.Sprintf("own %q %s\n", h.as.client, Superuser)
	return errors.Join(h.publish("pg_hba.conf", hba), h.publish("pg_ident.conf", ident))
}

// publish writes a file of ours that the account may read, whatever our umask is.
func (h *home) publish(name, text string) error {
	path := filepath.Join(h.path, name)
	return errors.Join(os.WriteFile(path, []byte(text), 0o644), os.Chmod(path, 0o644)) // #nosec G302 G306 -- no secret: the account that runs PostgreSQL reads it
}

// settings are given to the server as arguments, so that a cluster made by an earlier release gets today's.
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
		"log_min_error_statement=panic", // a failed statement's text may hold what customers wrote
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
