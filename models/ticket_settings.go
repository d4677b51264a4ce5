package models

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// TicketSettings are the settings of the ticket desk for all staff. Times are in minutes.
type TicketSettings struct {
	bun.BaseModel `bun:"table:ticket_settings,alias:ticket_settings"`
	// WarnMinutes and LateMinutes are the waiting times that pages show as long and as too long.
	WarnMinutes int `bun:"warn_minutes"`
	LateMinutes int `bun:"late_minutes"`
	// ReturnMinutes is the inactivity of the assignee, while the customer waits, after which the ticket loses its
	// assignee; 0 turns this off.
	ReturnMinutes int `bun:"return_minutes"`
}

// Heat rates the waiting time of a ticket against the settings.
type Heat int

// The heats.
const (
	Cool Heat = iota
	Warm
	Hot
)

// heat returns the heat of a ticket that needs a reply since a time, or Cool for nil.
func (s TicketSettings) heat(since *time.Time, now time.Time) Heat {
	switch {
	case since == nil:
		return Cool
	case now.Sub(*since) >= time.Duration(s.LateMinutes)*time.Minute:
		return Hot
	case now.Sub(*since) >= time.Duration(s.WarnMinutes)*time.Minute:
		return Warm
	}
	return Cool
}

// warm sets the ticket's heat and the times at which it changes.
func (s TicketSettings) warm(t *Ticket, now time.Time) {
	t.Heat = s.heat(t.DueSince, now)
	if t.DueSince == nil {
		return
	}
	warmAt, hotAt := t.DueSince.Add(time.Duration(s.WarnMinutes)*time.Minute), t.DueSince.Add(time.Duration(s.LateMinutes)*time.Minute)
	t.WarmAt, t.HotAt = &warmAt, &hotAt
}

func (s TicketSettings) silentSince(now time.Time) time.Time {
	return now.Add(-time.Duration(s.ReturnMinutes) * time.Minute)
}

func (s TicketSettings) check() error {
	invalid := Invalid{}
	if s.WarnMinutes < 1 || s.WarnMinutes > 10080 {
		invalid["warn_minutes"] = "Use 1 to 10080 minutes, which is a week."
	}
	if s.LateMinutes < 1 || s.LateMinutes > 10080 {
		invalid["late_minutes"] = "Use 1 to 10080 minutes, which is a week."
	}
	if s.ReturnMinutes < 0 || s.ReturnMinutes > 10080 {
		invalid["return_minutes"] = "Use 0 to 10080 minutes. 0 turns this off."
	}
	if len(invalid) == 0 && s.LateMinutes < s.WarnMinutes {
		invalid["late_minutes"] = "“Too long” must not be less than “long”."
	}
	return invalid.orNil()
}

// TicketSettings returns the settings of the ticket desk.
func (db *DB) TicketSettings(ctx context.Context) (TicketSettings, error) {
	var s TicketSettings
	err := db.idb.NewSelect().Model(&s).Scan(ctx)
	return s, notFound(err)
}

// SetTicketSettings stores the settings of the ticket desk; its errors are Invalid by field.
func (db *DB) SetTicketSettings(ctx context.Context, v Viewer, s TicketSettings) error {
	if !v.Can(PermManage) {
		return ErrNotAllowed
	}
	if err := s.check(); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		var old TicketSettings
		if err := db.idb.NewSelect().Model(&old).For("UPDATE").Scan(ctx); err != nil {
			return notFound(err)
		}
		if _, err := db.idb.NewUpdate().Model(&s).Where("one").Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActTicketSettings, Changes: changed(
			Change{"Waiting is long after", minutes(old.WarnMinutes), minutes(s.WarnMinutes)},
			Change{"Waiting is too long after", minutes(old.LateMinutes), minutes(s.LateMinutes)},
			Change{"Return to queue after", minutes(old.ReturnMinutes), minutes(s.ReturnMinutes)})})
	})
}
