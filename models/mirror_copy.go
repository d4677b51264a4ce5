package models

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/uptrace/bun/schema"
)

// copyHeader is the header of PostgreSQL's binary COPY format: its signature, no flags, no extension.
const copyHeader = "PGCOPY\n\377\r\n\000" + "\000\000\000\000" + "\000\000\000\000"

// copyInto copies rows into their table under the savepoint "adding". The savepoint remains only if the copy failed.
// All of it is one round trip. It encodes rows while PostgreSQL inserts the earlier ones, which takes PostgreSQL far
// longer.
func copyInto[P mirrored](ctx context.Context, conn *pgx.Conn, table *schema.Table, rows []P) error {
	fields := writtenFields(table)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	encoded := &copyRows[P]{types: conn.TypeMap(), fields: fields, rows: rows, data: []byte(copyHeader)}
	_, err := conn.PgConn().CopyFrom(ctx, encoded, "SAVEPOINT adding; COPY "+table.Name+
		" ("+strings.Join(names, ", ")+") FROM STDIN (FORMAT binary); RELEASE SAVEPOINT adding")
	if encoded.err != nil { // PostgreSQL's own error then only says that we stopped
		return encoded.err
	}
	return err
}

// copyRows is a reader of rows in PostgreSQL's binary COPY format. It encodes each row right before it is read.
type copyRows[P mirrored] struct {
	types  *pgtype.Map
	fields []*schema.Field
	rows   []P    // not encoded yet
	data   []byte // encoded; the bytes before read are already read
	read   int
	ended  bool
	err    error // the error of a row that cannot be encoded
}

// Read fills p with encoded rows.
func (c *copyRows[P]) Read(p []byte) (int, error) {
	c.data, c.read = append(c.data[:0], c.data[c.read:]...), 0
	for len(c.data) < len(p) && !c.ended {
		if err := c.encodeNext(); err != nil {
			c.err = err
			return 0, err
		}
	}
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	c.read = copy(p, c.data)
	return c.read, nil
}

// encodeNext encodes the next row, or the end marker after the last one.
func (c *copyRows[P]) encodeNext() (err error) {
	if len(c.rows) == 0 {
		c.data, c.ended = append(c.data, 0xff, 0xff), true
		return nil
	}
	row := reflect.ValueOf(c.rows[0]).Elem()
	c.rows = c.rows[1:]
	c.data = binary.BigEndian.AppendUint16(c.data, uint16(len(c.fields))) // #nosec G115 -- a table has 1,600 columns at most
	for _, f := range c.fields {
		if emptyIsNull(f) && f.HasZeroValue(row) {
			c.data = appendLength(c.data, -1)
		} else if c.data, err = appendValue(c.types, c.data, f.Value(row).Addr().Interface()); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}
