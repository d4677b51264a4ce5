package models

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"time"
)

// Limits that slow down guessing.
const (
	freeAccountFailures = 5  // failures before an account is slowed down
	freeAddressFailures = 20 // the same for an address, which a whole office may share
	firstDelay          = 10 * time.Second
	longestDelay        = 15 * time.Minute
	failuresForgotten   = 24 * time.Hour
)

// network returns the key under which failures of an address are counted: an IPv4 address, or the /64 prefix of an IPv6
// address, because one line can use all addresses of its /64.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() {
		return ip
	}
	return netip.PrefixFrom(addr.WithZone(""), 64).Masked().String()
}

// countLogin counts one failed try per key, until forgiveLogin undoes it. It returns Throttled if the next try is not
// allowed yet. In that case no key counts the try, so that a throttled client cannot slow down others. The first key is
// the account, the second the address.
func (db *DB) countLogin(ctx context.Context, keys []string) error {
	return db.Tx(ctx, func(db *DB) error {
		if err := db.countFailure(ctx, keys[0], freeAccountFailures); err != nil {
			return err
		}
		return db.countFailure(ctx, keys[1], freeAddressFailures)
	})
}

// countFailure adds a failure and sets the time of the next try: no delay for the free failures, then a delay that
// doubles. It is one statement, so parallel tries queue on the row and each sees the one before. "No delay" is stored
// as a time long ago, because the clock of the next process, or of one that waited for the row, may be behind this one.
func (db *DB) countFailure(ctx context.Context, key string, free int) error {
	now := db.now()
	forgotten := now.Add(-failuresForgotten)
	var until time.Time
	err := db.idb.NewRaw(`
		INSERT INTO login_failures AS f (key, failures, last_failed_at, blocked_until)
		VALUES (?0, 1, ?1, ?2)
		ON CONFLICT (key) DO UPDATE SET
			failures       = CASE WHEN f.last_failed_at < ?2 THEN 1 ELSE f.failures + 1 END,
			last_failed_at = ?1,
			blocked_until  = CASE WHEN f.last_failed_at < ?2 OR f.failures + 1 < ?3 THEN ?2
				ELSE ?1::timestamptz + least(?4, ?5 * 2 ^ least(f.failures + 1 - ?3, 20)) * interval '1 second' END
		WHERE f.blocked_until <= ?1
		RETURNING blocked_until`,
		key, now, forgotten, free, longestDelay.Seconds(), firstDelay.Seconds()).Scan(ctx, &until)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = db.idb.NewRaw("SELECT COALESCE(max(blocked_until), ?) FROM login_failures WHERE key = ?", now, key).Scan(ctx, &until)
	if err != nil {
		return err
	}
	return Throttled{Until: until}
}

// forgiveLogin undoes countLogin: it clears all failures of the account and one failure of the address, so that an
// attacker's own valid login does not clear their failures with other names.
func (db *DB) forgiveLogin(ctx context.Context, keys []string) error {
	if err := db.forgive(ctx, keys[0]); err != nil {
		return err
	}
	_, err := db.idb.NewRaw(`UPDATE login_failures SET failures = failures - 1, blocked_until = ?
		WHERE key = ?`, db.now().Add(-failuresForgotten), keys[1]).Exec(ctx)
	return err
}

func (db *DB) forgive(ctx context.Context, key string) error {
	_, err := db.idb.NewRaw("DELETE FROM login_failures WHERE key = ?", key).Exec(ctx)
	return err
}
