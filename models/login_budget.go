package models

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Unknown devices share a budget of tries per account. A day of guessing from many networks is about a hundred tries.
// One network gets fewer tries a day (perNetwork) than the budget gains, so that it cannot lock out other networks.
const (
	budgetTries = 50
	budgetEvery = 24 * time.Hour / 50 // the budget gains a try
)

// spendBudget takes one try from an account's budget. It returns Throttled if none is left.
func (db *DB) spendBudget(ctx context.Context, key string) error {
	now := db.now()
	var fullAt time.Time
	err := db.idb.NewRaw(`
		INSERT INTO login_budgets AS b (key, full_at)
		VALUES (?0, ?1::timestamptz + ?2 * interval '1 second')
		ON CONFLICT (key) DO UPDATE SET full_at = greatest(b.full_at, ?1) + ?2 * interval '1 second'
		WHERE b.full_at <= ?3
		RETURNING full_at`,
		key, now, budgetEvery.Seconds(), now.Add((budgetTries-1)*budgetEvery)).Scan(ctx, &fullAt)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = db.idb.NewRaw("SELECT COALESCE(max(full_at), ?) FROM login_budgets WHERE key = ?", now, key).Scan(ctx, &fullAt)
	if err != nil {
		return err
	}
	return Throttled{Until: fullAt.Add(-(budgetTries - 1) * budgetEvery)}
}

// refundBudget returns one try to an account's budget. The tries of others stay counted.
func (db *DB) refundBudget(ctx context.Context, key string) error {
	_, err := db.idb.NewRaw("UPDATE login_budgets SET full_at = full_at - ? * interval '1 second' WHERE key = ?",
		budgetEvery.Seconds(), key).Exec(ctx)
	return err
}
