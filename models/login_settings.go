package models

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"
)

// LongestSession is the most that the settings allow a session to last.
const LongestSession = 7 * 24 * time.Hour

// LoginSettings are how long a session lasts and what it takes to begin one, for everybody.
type LoginSettings struct {
	bun.BaseModel `bun:"table:login_settings,alias:login_settings"`
	// IdleMinutes end a session that no person used; auto-refresh is not use.
	IdleMinutes int `bun:"idle_minutes"`
	// LongestMinutes end a session in any case.
	LongestMinutes int `bun:"longest_minutes"`
	// EverybodyTwoFactor leads whoever has no second factor to set one up, before anything else.
	EverybodyTwoFactor bool `bun:"everybody_two_factor"`
}

func (s LoginSettings) idle() time.Duration    { return time.Duration(s.IdleMinutes) * time.Minute }
func (s LoginSettings) longest() time.Duration { return time.Duration(s.LongestMinutes) * time.Minute }

func (s LoginSettings) check() error {
	invalid := Invalid{}
	if s.IdleMinutes < 5 || s.IdleMinutes > 1440 {
		invalid["idle_minutes"] = "Use 5 to 1440 minutes, which is a day."
	}
	if s.LongestMinutes < 5 || s.LongestMinutes > int(LongestSession.Minutes()) {
		invalid["longest_minutes"] = "Use 5 to 10080 minutes, which is a week."
	}
	if len(invalid) == 0 && s.LongestMinutes < s.IdleMinutes {
		invalid["longest_minutes"] = "The longest time must not be below the time without use."
	}
	return invalid.orNil()
}

// LoginSettings reads how people log in.
func (db *DB) LoginSettings(ctx context.Context) (LoginSettings, error) {
	var s LoginSettings
	err := db.idb.NewSelect().Model(&s).Scan(ctx)
	return s, notFound(err)
}

// SetLoginSettings changes how people log in; only an owner may. Its errors are Invalid by field.
func (db *DB) SetLoginSettings(ctx context.Context, v Viewer, s LoginSettings) error {
	if v.Role != RoleOwner {
		return ErrNotAllowed
	}
	if err := s.check(); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		var old LoginSettings
		if err := db.idb.NewSelect().Model(&old).For("UPDATE").Scan(ctx); err != nil {
			return notFound(err)
		}
		if _, err := db.idb.NewUpdate().Model(&s).Where("one").Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActLoginSettings, Changes: changed(
			Change{"Session ends without use after", minutes(old.IdleMinutes), minutes(s.IdleMinutes)},
			Change{"Session ends in any case after", minutes(old.LongestMinutes), minutes(s.LongestMinutes)},
			Change{"Everybody must use 2FA", yesNo(old.EverybodyTwoFactor), yesNo(s.EverybodyTwoFactor)})})
	})
}

func minutes(n int) string { return strconv.Itoa(n) + " minutes" }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
