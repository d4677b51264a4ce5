package models

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// BadData reports whether PostgreSQL refused the values of a row, so that it will refuse the same row every time: a
// character or number that the type cannot hold (class 22), or a value too large for an index (class 54).
func BadData(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "54"))
}
