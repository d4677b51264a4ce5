// Masterpanel lets a team run many hosted Perfect Panel shops from one place. This file wires the commands; their
// work is in handlers (browser to database), jobs (clock to panels) and models (tables, rules, queries).
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"masterpanel/models"
)

// program holds the environment, input and outputs of a command, so that tests can replace them.
type program struct {
	env      func(string) string
	in       io.Reader
	out, err io.Writer
	// startWithin limits how long a start waits for PostgreSQL and Redis; 0 means one try.
	startWithin time.Duration
}

// command is one subcommand of the program.
type command struct {
	name, summary string
	run           func(p program, ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"web", "serve the pages on PORT", program.web},
		{"worker", "sync the panels and carry out jobs; start as many as needed", program.worker},
		{"all", "migrate, then web and worker in one process", program.all},
		{"migrate", "bring the database's schema up to this version", program.migrate},
		{"admin", "admin create --username U: add an owner; it asks for the password or reads ADMIN_PASSWORD", program.admin},
		{"rotate-key", "seal all secrets of SECRET_KEY_OLD again with SECRET_KEY", program.rotateKey},
		{"demo", "try it: simulated panels, a private PostgreSQL, nothing to set up", program.demo},
		{"version", "print the version", program.version},
	}
}

func main() {
	p := program{env: os.Getenv, in: os.Stdin, out: os.Stdout, err: os.Stderr, startWithin: startWithin}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

// run runs one command and returns the exit code: 0, 1 for a failure, 2 for a mistake in how it was started.
func (p program) run(ctx context.Context, args []string) int {
	ctx, stop := untilSignal(ctx)
	defer stop()
	err := p.dispatch(ctx, args)
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintln(p.err, "masterpanel:", oneLine(err))
		return 2
	default:
		fmt.Fprintln(p.err, "masterpanel:", oneLine(err))
		return 1
	}
}

func (p program) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		p.usage()
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(p, ctx, args[1:])
		}
	}
	return usageError{fmt.Errorf("unknown command %q: run `masterpanel help` for the list", args[0])}
}

func (p program) usage() {
	fmt.Fprintln(p.out, "usage: masterpanel COMMAND")
	for _, c := range commands() {
		fmt.Fprintf(p.out, "  %-10s %s\n", c.name, c.summary)
	}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// noArguments refuses arguments of a command that takes none.
func noArguments(args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected %q: this command takes no arguments", args[0])}
	}
	return nil
}

func (p program) version(_ context.Context, args []string) error {
	if err := noArguments(args); err != nil {
		return err
	}
	fmt.Fprintln(p.out, "masterpanel", buildVersion())
	return nil
}

// buildVersion returns the module's version, or the commit of the build.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (version == "" || version == "(devel)") {
			version = s.Value[:min(12, len(s.Value))]
		}
	}
	return version
}

func (p program) migrate(ctx context.Context, args []string) error {
	if err := noArguments(args); err != nil {
		return err
	}
	_, db, err := p.openConfigured(ctx, p.env, "DATABASE_URL")
	if err != nil {
		return err
	}
	defer db.Close()
	applied, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		fmt.Fprintln(p.out, "the database is up to date")
	}
	for _, name := range applied {
		fmt.Fprintln(p.out, "applied", name)
	}
	return nil
}

func (p program) rotateKey(ctx context.Context, args []string) error {
	if err := noArguments(args); err != nil {
		return err
	}
	_, db, err := p.openConfigured(ctx, p.env, "DATABASE_URL", "SECRET_KEY")
	if err != nil {
		return err
	}
	defer db.Close()
	if err := checkDatabase(ctx, db); err != nil {
		return err
	}
	r, err := db.RotateKeys(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "sealed the keys of %d panels, the seeds of %d second factors and the passwords of %d new users again; SECRET_KEY_OLD is not needed any more\n",
		r.Panels, r.SecondFactors, r.Actions)
	return nil
}

func (p program) admin(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("admin create", flag.ContinueOnError)
	flags.SetOutput(p.err)
	username := flags.String("username", "", "the owner's username, the same as in the panels")
	if len(args) == 0 || args[0] != "create" {
		return usageError{errors.New("usage: masterpanel admin create --username U")}
	}
	if err := parse(flags, args[1:]); err != nil {
		return err
	}
	if *username == "" {
		return usageError{errors.New("--username is missing: masterpanel admin create --username U")}
	}
	c, db, err := p.openConfigured(ctx, func(name string) string {
		if name == "ADMIN_USERNAME" { // not the first start: only the password comes from the environment
			return ""
		}
		return p.env(name)
	}, "DATABASE_URL")
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.CheckSchema(ctx); err != nil {
		return usageError{err}
	}
	password, err := p.password(c)
	if err != nil {
		return err
	}
	if password == "" { // models would create an owner who cannot log in
		return usageError{errors.New("no password was given, and no owner was created: type one, write it to the standard input, or set ADMIN_PASSWORD")}
	}
	return p.createOwner(ctx, db, *username, password)
}

func (p program) createOwner(ctx context.Context, db *models.DB, username, password string) error {
	s, err := db.CreateStaff(ctx, models.NewStaff{Username: username, Password: password, Role: models.RoleOwner, AllPanels: true})
	var invalid models.Invalid
	if errors.As(err, &invalid) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "created the owner %s\n", s.Username)
	return nil
}

// password reads the password from ADMIN_PASSWORD, from a terminal without echo, or from the first line of a pipe.
func (p program) password(c config) (string, error) {
	if c.AdminPassword != "" {
		return c.AdminPassword, nil
	}
	if file, ok := p.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(p.err, "Password (at least 12 characters): ")
		word, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(p.err)
		return string(word), err
	}
	line, err := bufio.NewReader(p.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// parse reads flags. Unknown flags and remaining arguments are a usageError.
func parse(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", flags.Name(), err)}
	}
	return noArguments(flags.Args())
}

// newLog returns a log in the format and from the level of the settings.
func newLog(out io.Writer, c config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
