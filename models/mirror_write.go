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

// errAlreadyThere means that rows were not added because one of them is there by now.
var errAlreadyThere = errors.New("a row is already there")

// add adds rows that were not there when their hashes were read. They travel by COPY straight into the table: nothing
// is faster. Should another transaction have added one meanwhile, none is added and the error is errAlreadyThere; the
// transaction goes on.
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

// direct calls fn with a connection of pgx, that of the transaction if there is one, for what bun cannot do.
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

// upsert writes rows whatever is there, unless that was fetched later, and returns how many of them were not there.
// They travel as one JSON text, which names each value by its column.
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
		case "created_at": // what the panel once said stays, and so does when a row was first seen
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

// emptyIsNull tells whether the empty text of a column stands for one that is unknown.
func emptyIsNull(f *schema.Field) bool {
	return f.NullZero && f.IndirectType.Kind() == reflect.String
}

// writtenFields are the columns that a row type writes: those that have a name in its JSON as well.
func writtenFields(table *schema.Table) []*schema.Field {
	var fields []*schema.Field
	for _, f := range table.Fields {
		if f.StructField.Tag.Get("json") == f.Name {
			fields = append(fields, f)
		}
	}
	return fields
}
