package models

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun/schema"
)

// errAlreadyThere means that no row was inserted because one of them exists by now.
var errAlreadyThere = errors.New("a row is already there")

// add inserts rows that did not exist when their hashes were read. It uses COPY directly into the table, which is the
// fastest way. If another transaction has inserted one of them meanwhile, add inserts none and returns errAlreadyThere;
// the transaction stays usable.
func add[P mirrored](ctx context.Context, db *DB, table *schema.Table, rows []P) error {
	if len(rows) == 0 {
		return nil
	}
	err := db.direct(ctx, func(conn *pgx.Conn) error { return copyInto(ctx, conn, table, rows) })
	if violates(err, table.Name+"_pkey") {
		_, err = db.idb.ExecContext(ctx, "ROLLBACK TO SAVEPOINT adding")
		return errors.Join(errAlreadyThere, err)
	}
	return err
}

// direct calls fn with a pgx connection, the transaction's own if there is one. It serves for features that bun lacks.
func (db *DB) direct(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn := db.conn
	if conn == nil {
		own, err := db.pool.Conn(ctx)
		if err != nil {
			return err
		}
		defer own.Close()
		conn = own.Conn
	}
	return conn.Raw(func(driver any) error { return fn(driver.(*stdlib.Conn).Conn()) })
}

// upsert inserts or updates rows, except where the stored row was fetched later, and returns the number of inserted
// rows. The rows are sent as one JSON text with the column names as keys.
func upsert[P mirrored](ctx context.Context, db *DB, table *schema.Table, rows []P) (inserted int, err error) {
	if len(rows) == 0 {
		return 0, nil
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return 0, err
	}
	var columns, values, set []string
	for _, f := range writtenFields(table) {
		columns = append(columns, f.Name)
		if value := f.Name; emptyIsNull(f) {
			values = append(values, "nullif("+value+", '')")
		} else {
			values = append(values, value)
		}
		switch f.Name {
		case "panel_id", "id":
		case "created_at": // an undated record keeps an earlier date of the panel, or the time when we first saw the row
			set = append(set, "created_at = CASE WHEN EXCLUDED.undated THEN old.created_at ELSE EXCLUDED.created_at END")
		case "undated":
			set = append(set, "undated = old.undated AND EXCLUDED.undated")
		case "updated_at":
			if _, ticket := table.FieldMap["undated_update"]; ticket {
				set = append(set, "updated_at = CASE WHEN EXCLUDED.undated_update THEN EXCLUDED.fetched_at ELSE EXCLUDED.updated_at END")
				continue
			}
			fallthrough
		default:
			set = append(set, f.Name+" = EXCLUDED."+f.Name)
		}
	}
	list := strings.Join(columns, ", ")
	// xmax is 0 in a row that was inserted and not updated.
	query := `WITH written AS (
			INSERT INTO ` + table.Name + ` AS old (` + list + `)
			SELECT ` + strings.Join(values, ", ") + ` FROM json_populate_recordset(NULL::` + table.Name + `, $1)
			ON CONFLICT (panel_id, id) DO UPDATE SET ` + strings.Join(set, ", ") + `
			WHERE old.fetched_at <= EXCLUDED.fetched_at
			RETURNING xmax = 0 AS inserted)
		SELECT count(*) FILTER (WHERE inserted) FROM written`
	err = db.direct(ctx, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, query, string(text)).Scan(&inserted) })
	return inserted, err
}

// emptyIsNull reports whether an empty text in the column means unknown, which the table stores as NULL.
func emptyIsNull(f *schema.Field) bool {
	return f.NullZero && f.IndirectType.Kind() == reflect.String
}

// writtenFields returns the columns that a row type writes: the fields whose JSON name equals the column name.
func writtenFields(table *schema.Table) []*schema.Field {
	var fields []*schema.Field
	for _, f := range table.Fields {
		if f.StructField.Tag.Get("json") == f.Name {
			fields = append(fields, f)
		}
	}
	return fields
}
