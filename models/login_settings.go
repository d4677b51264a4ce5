package models

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"
)

// LongestSession is the maximum that the settings allow for the length of a session.
const LongestSession = 7 * 24 * time.Hour

// LoginSettings are the length of sessions and the requirements to start one, for all staff.
type LoginSettings struct {
	bun.BaseModel `bun:"table:login_settings,alias:login_settings"`
	// IdleMinutes ends a session after this time without use by a person; auto-refresh does not count as use.
	IdleMinutes int `bun:"idle_minutes"`
	// LongestMinutes ends a session after this time in any case.
	LongestMinutes int `bun:"longest_minutes"`
	// EverybodyTwoFactor makes staff without a second factor set one up before they can do anything else.
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
		invalid["longest_minutes"] = "The maximum length must not be less than the time without use."
	}
	return invalid.orNil()
}

// LoginSettings returns the login settings.
func (db *DB) LoginSettings(ctx context.Context) (LoginSettings, error) {
	var s LoginSettings
	err := db.idb.NewSelect().Model(&s).Scan(ctx)
	return s, notFound(err)
}

// SetLoginSettings stores the login settings; only an owner may. Its errors are Invalid by field.
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
			Change{"Maximum session length", minutes(old.LongestMinutes), minutes(s.LongestMinutes)},
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
