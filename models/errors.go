package models

import (
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Errors by meaning. Handlers and jobs act on them.
var (
	// ErrNotFound means that the row does not exist or that this viewer may not see it. Callers cannot tell the two
	// apart.
	ErrNotFound = errors.New("not found")
	// ErrNotAllowed means that the viewer's role does not permit the action.
	ErrNotAllowed = errors.New("not allowed")
	// ErrLogin means that the username or the password is wrong; it does not say which.
	ErrLogin = errors.New("wrong username or password")
	// ErrCode means that a code of a second factor is wrong or was used before.
	ErrCode = errors.New("this code is wrong or was used before")
	// ErrBusy means that another worker holds the lease.
	ErrBusy = errors.New("another worker holds the lease")
	// ErrLeaseLost means that the lease expired or was taken. The caller must not write its result.
	ErrLeaseLost = errors.New("the lease expired or was taken")
	// ErrTooLate means that an action changed after the caller read it.
	ErrTooLate = errors.New("too late: the row has changed")
	// ErrUnreachable means that PostgreSQL did not answer, or is starting or stopping. A later try may succeed.
	ErrUnreachable = errors.New("cannot reach PostgreSQL")
	// ErrRefused means that PostgreSQL answered and refused the connection. Another try has the same result.
	ErrRefused = errors.New("cannot connect to PostgreSQL")
	// ErrAddress means that the address of PostgreSQL is malformed.
	ErrAddress = errors.New("this address is not valid")
	// ErrTooOld means that PostgreSQL's version is not supported.
	ErrTooOld = errors.New("PostgreSQL is too old")
	// ErrSchema means that the database's schema is older than the program needs.
	ErrSchema = errors.New("the database is not migrated")
	// ErrKey means that no configured key opens the sealed values of this database.
	ErrKey = errors.New("another key sealed the secrets of this database")
)

// Invalid is input that a person must change. It maps field names, as in the form, to messages.
type Invalid map[string]string

// Error joins the messages.
func (e Invalid) Error() string {
	var words []string
	for field, message := range e {
		words = append(words, field+": "+message)
	}
	return strings.Join(words, "; ")
}

// orNil returns the error, or nil if no field is wrong.
func (e Invalid) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// notFound translates the driver's "no rows" to ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// violates reports whether err is a violation of the named unique index.
func violates(err error, index string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == index
}
