package models

import (
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// What can go wrong, as meanings that handlers and jobs act on.
var (
	// ErrNotFound means that the row is not there, or not for this viewer: the two are never told apart.
	ErrNotFound = errors.New("not found")
	// ErrNotAllowed means that the viewer's role does not permit the action.
	ErrNotAllowed = errors.New("not allowed")
	// ErrLogin means that the username or the password is wrong; which one is not told.
	ErrLogin = errors.New("wrong username or password")
	// ErrCode means that a code of a second factor is wrong or was used before.
	ErrCode = errors.New("this code is wrong or was used before")
	// ErrBusy means that another worker holds the lease.
	ErrBusy = errors.New("another worker is on it")
	// ErrLeaseLost means that the lease ran out or was taken; what was about to be written must not be.
	ErrLeaseLost = errors.New("the lease is lost")
	// ErrTooLate means that an action has moved on since it was looked at.
	ErrTooLate = errors.New("too late: it has moved on")
	// ErrUnreachable means that PostgreSQL did not answer as it should.
	ErrUnreachable = errors.New("cannot reach PostgreSQL")
	// ErrAddress means that the address of PostgreSQL is written wrongly.
	ErrAddress = errors.New("this address cannot be used")
	// ErrTooOld means that PostgreSQL's version is not supported.
	ErrTooOld = errors.New("PostgreSQL is too old")
	// ErrSchema means that the database's schema is older than the program needs.
	ErrSchema = errors.New("the database is not migrated")
	// ErrKey means that no configured key opens what this database holds sealed.
	ErrKey = errors.New("another key sealed the secrets of this database")
)

// Invalid is input that a person must change: a message for each field, named as in the form.
type Invalid map[string]string

// Error joins the messages.
func (e Invalid) Error() string {
	var words []string
	for field, message := range e {
		words = append(words, field+": "+message)
	}
	return strings.Join(words, "; ")
}

// orNil is the error, or nil when no field is wrong.
func (e Invalid) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// notFound translates the driver's "no rows".
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// violates tells whether err is a violation of the named unique index.
func violates(err error, index string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == index
}
