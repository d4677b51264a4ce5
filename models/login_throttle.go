package models

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"time"
)

// limit slows down guessing: free failures have no delay, then the delay doubles with each failure up to longest.
type limit struct {
	free    int
	longest time.Duration
}

var (
	perAccount = limit{5, 15 * time.Minute}  // of one device, or of one person who is logged in
	perNetwork = limit{5, time.Hour}         // of one account from one network; less in a day than its budget gains
	perAddress = limit{20, 15 * time.Minute} // of all accounts; a whole office may share one address
)

const (
	firstDelay        = 10 * time.Second
	failuresForgotten = 24 * time.Hour
)

// tries are the counters of one try to log in to an account.
type tries struct {
	account string // its budget of unknown devices
	network string // the address as network returns it
	device  string // the counter of a known device, or "": then account and network count
}

// triesAt returns the counters for a try from an origin. owns tests if a member owns the account.
func (db *DB) triesAt(ctx context.Context, account string, from Origin, owns func(Staff) bool) (tries, error) {
	device, err := db.deviceOf(ctx, from.Device, account, owns)
	return tries{account: account, network: network(from.Address), device: device}, err
}

// pair returns the counter of this account and network.
func (t tries) pair() string { return t.account + "@" + t.network }

// address returns the counter of this network for all accounts.
func (t tries) address() string { return "address:" + t.network }

// network returns the key under which failures of an address are counted: an IPv4 address, or the /64 prefix of an IPv6
// address, because one line can use all addresses of its /64.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() {
		return ip
	}
	return netip.PrefixFrom(addr.WithZone(""), 64).Masked().String()
}

// countLogin counts one failed try, until forgiveLogin undoes it. It returns Throttled if the next try is not allowed
// yet. In that case no counter counts the try, so that a throttled client cannot slow down others. A known device has
// one counter, which no other device can change.
func (db *DB) countLogin(ctx context.Context, t tries) error {
	if t.device != "" {
		return db.countFailure(ctx, t.device, perAccount)
	}
	return db.Tx(ctx, func(db *DB) error {
		if err := db.countFailure(ctx, t.pair(), perNetwork); err != nil {
			return err
		}
		if err := db.spendBudget(ctx, t.account); err != nil {
			return err
		}
		return db.countFailure(ctx, t.address(), perAddress)
	})
}

// countFailure adds a failure and sets the time of the next try: no delay for the free failures, then a delay that
// doubles. It is one statement, so parallel tries queue on the row and each sees the one before. "No delay" is stored
// as a time long ago, because the clock of the next process, or of one that waited for the row, may be behind this one.
func (db *DB) countFailure(ctx context.Context, key string, at limit) error {
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
		key, now, forgotten, at.free, at.longest.Seconds(), firstDelay.Seconds()).Scan(ctx, &until)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = db.idb.NewRaw("SELECT COALESCE(max(blocked_until), ?) FROM login_failures WHERE key = ?", now, key).Scan(ctx, &until)
	if err != nil {
		return err
	}
	return Throttled{Until: until}
}

// forgiveLogin undoes countLogin: it clears the failures of the device, or of the account from this network. It returns
// one try to the account's budget and to the address, so that a valid login does not clear the failures of an attacker.
func (db *DB) forgiveLogin(ctx context.Context, t tries) error {
	if t.device != "" {
		return db.forgive(ctx, t.device)
	}
	if err := db.forgive(ctx, t.pair()); err != nil {
		return err
	}
	if err := db.refundBudget(ctx, t.account); err != nil {
		return err
	}
	_, err := db.idb.NewRaw(`UPDATE login_failures SET failures = failures - 1, blocked_until = ?
		WHERE key = ?`, db.now().Add(-failuresForgotten), t.address()).Exec(ctx)
	return err
}

func (db *DB) forgive(ctx context.Context, key string) error {
	_, err := db.idb.NewRaw("DELETE FROM login_failures WHERE key = ?", key).Exec(ctx)
	return err
}
