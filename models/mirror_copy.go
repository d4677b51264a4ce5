package models

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun/schema"
)

// copyHeader opens PostgreSQL's binary COPY format: its signature, no flags, no extension.
const copyHeader = "PGCOPY\n\377\r\n\000" + "\000\000\000\000" + "\000\000\000\000"

// copyInto copies rows into their table under the savepoint "adding", which stands only where that failed. All is one
// round trip, and the rows are encoded before it begins: while PostgreSQL has rows to add it need not wait for us.
func copyInto[P mirrored](ctx context.Context, conn *pgx.Conn, table *schema.Table, rows []P) error {
	fields := writtenFields(table)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	data := []byte(copyHeader)
	for _, row := range rows {
		data = binary.BigEndian.AppendUint16(data, uint16(len(fields))) // #nosec G115 -- a table has 1,600 columns at most
		value := reflect.ValueOf(row).Elem()
		for _, f := range fields {
			var err error
			if data, err = appendValue(conn.TypeMap(), data, f.Value(value).Interface()); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	data = append(data, 0xff, 0xff) // no more rows
	_, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(data), "SAVEPOINT adding; COPY "+table.Name+
		" ("+strings.Join(names, ", ")+") FROM STDIN (FORMAT binary); RELEASE SAVEPOINT adding")
	return err
}

// appendValue appends a value as COPY takes it: its length, which is -1 for NULL, and its bytes.
func appendValue(types *pgtype.Map, data []byte, value any) ([]byte, error) {
	oid, value := columnValue(value)
	at := len(data)
	data = binary.BigEndian.AppendUint32(data, 0xffffffff)
	with, err := types.Encode(oid, pgtype.BinaryFormatCode, value, data)
	if err != nil || with == nil {
		return data, err
	}
	binary.BigEndian.PutUint32(with[at:], uint32(len(with)-at-4)) // #nosec G115 -- a panel's answer is far smaller
	return with, nil
}

// columnValue is the type of the mirror's column for a field's value, and the value as pgx takes it: it knows nothing of
// decimals, and would read JSON once more.
func columnValue(value any) (oid uint32, v any) {
	switch v := value.(type) {
	case string:
		return pgtype.TextOID, v
	case int64, *int64:
		return pgtype.Int8OID, v
	case int:
		return pgtype.Int4OID, v
	case bool:
		return pgtype.BoolOID, v
	case time.Time, *time.Time:
		return pgtype.TimestamptzOID, v
	case json.RawMessage:
		return pgtype.JSONBOID, []byte(v)
	case decimal.Decimal:
		return pgtype.NumericOID, pgtype.Numeric{Int: v.Coefficient(), Exp: v.Exponent(), Valid: true}
	case decimal.NullDecimal:
		if v.Valid {
			return columnValue(v.Decimal)
		}
		return pgtype.NumericOID, nil
	}
	return pgtype.UnknownOID, value // pgx says what it cannot encode
}
