package models

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// sslModes are the values of sslmode that PostgreSQL's clients know.
var sslModes = []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

// parseAddress parses the address of a PostgreSQL server. Its errors wrap ErrAddress; they name the cause and repeat no
// part of the address, because a misread part may be a password.
func parseAddress(address string) (*pgx.ConnConfig, error) {
	if problem := addressProblem(address); problem != "" {
		return nil, fmt.Errorf("%w: %s", ErrAddress, problem)
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("%w: write it like postgres://user:password@host:5432/database", ErrAddress)
	}
	return config, nil
}

// addressProblem describes the error in an address that is written as a URL, or returns "".
func addressProblem(address string) string {
	if problem := PasswordInURLProblem(address); problem != "" {
		return problem
	}
	mode := ""
	if u, err := url.Parse(address); err == nil {
		mode = u.Query().Get("sslmode")
	}
	if _, after, found := strings.Cut(address, "sslmode="); mode == "" && found && !strings.Contains(address, "://") {
		mode, _, _ = strings.Cut(after, " ")
	}
	if mode != "" && !slices.Contains(sslModes, mode) {
		return "its sslmode is unknown: use " + strings.Join(sslModes[:len(sslModes)-1], ", ") + " or " + sslModes[len(sslModes)-1]
	}
	return ""
}

// PasswordInURLProblem returns a hint on how to write the user and password of a URL if they hold characters that end
// them too early or have another meaning in a URL; else "". It inspects the raw text, because a parser would take a
// part of the password for the host.
func PasswordInURLProblem(text string) string {
	_, rest, isURL := strings.Cut(text, "://")
	if !isURL {
		return ""
	}
	const how = `its user or password holds a character that a URL reads differently: write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25 and a space as %20`
	login, _, found := cutLast(rest, "@")
	if !found {
		return ""
	}
	_, password, _ := strings.Cut(login, ":")
	if strings.ContainsAny(login, "@/?# ") || strings.Contains(password, ":") {
		if inQuery := strings.IndexByte(login, '?'); inQuery < 0 || !strings.Contains(login[:inQuery], "/") || strings.Contains(login[:inQuery], "@") {
			return how
		}
		return "" // the @ is in the query, behind a host without a user
	}
	if _, err := url.PathUnescape(login); err != nil {
		return how
	}
	return ""
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// mayComeUp reports whether a failed connection may succeed later with the same address: the server is down, starting or
// stopping, or has no free connection. A wrong password, a missing database and a bad certificate do not change.
func mayComeUp(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return Unavailable(err)
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// connectProblem says why a connection failed, without the password of the address.
func connectProblem(err error, address string) string {
	words := err.Error()
	if i := strings.LastIndex(words, "): "); i >= 0 && strings.HasPrefix(words, "failed to connect") {
		words = words[i+3:]
	}
	if config, err := pgx.ParseConfig(address); err == nil && config.Password != "" {
		words = strings.ReplaceAll(words, config.Password, "•••")
	}
	return strings.TrimSpace(strings.ReplaceAll(words, "\n", " "))
}
