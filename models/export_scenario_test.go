//go:build scenario

package models

import (
	"context"

	"github.com/uptrace/bun"
)

// OnQuery calls fn with the text of every statement.
func (db *DB) OnQuery(fn func(statement string)) {
	db.pool = db.pool.WithQueryHook(onQuery(fn))
	db.idb = db.pool
}

type onQuery func(string)

func (fn onQuery) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }
func (fn onQuery) AfterQuery(_ context.Context, event *bun.QueryEvent)                { fn(event.Query) }
