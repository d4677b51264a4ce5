package models_test

import (
	"net/url"
	"testing"
	"time"
	_ "time/tzdata"

	"masterpanel/models"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestADayBeginsAtItsFirstInstant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone  string
		day   time.Time
		start string
	}{
		{"America/Santiago", time.Date(2026, 9, 6, 0, 0, 0, 0, time.UTC), "2026-09-06T04:00:00Z"}, // the clock goes from 24:00 to 01:00
		{"America/Santiago", time.Date(2026, 9, 5, 0, 0, 0, 0, time.UTC), "2026-09-05T04:00:00Z"},
		{"Africa/Cairo", time.Date(2026, 4, 24, 0, 0, 0, 0, time.UTC), "2026-04-23T22:00:00Z"},
		{"Asia/Beirut", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), "2026-03-28T22:00:00Z"},
		{"America/Havana", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "2026-11-01T04:00:00Z"},  // two midnights
		{"America/Santiago", time.Date(2026, 4, 5, 0, 0, 0, 0, time.UTC), "2026-04-05T04:00:00Z"}, // the day before has 25 hours
		{"Europe/Istanbul", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "2026-02-28T21:00:00Z"},
		{"Pacific/Apia", time.Date(2011, 12, 31, 0, 0, 0, 0, time.UTC), "2011-12-30T10:00:00Z"}, // the day before did not happen
		{"UTC", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "2026-03-01T00:00:00Z"},
	} {
		got := models.StartOfDay(c.day.Year(), c.day.Month(), c.day.Day(), zone(t, c.zone)).UTC().Format(time.RFC3339)
		if got != c.start {
			t.Errorf("%s in %s begins at %s, want %s", c.day.Format(time.DateOnly), c.zone, got, c.start)
		}
	}
}

func TestADayWithoutMidnightHoldsNothingOfTheDayBefore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, at, in, notIn string }{
		{"America/Santiago", "2026-09-06T03:30:00Z", "2026-09-05", "2026-09-06"},
		{"Africa/Cairo", "2026-04-23T21:30:00Z", "2026-04-23", "2026-04-24"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		holds := func(values url.Values, now time.Time) bool {
			q := models.ParseListQuery(models.OrderList, values, zone(t, c.zone), now)
			return !at.Before(q.CreatedFrom) && at.Before(q.CreatedTo)
		}
		day := func(word string) url.Values { return url.Values{"created_from": {word}, "created_to": {word}} }
		if !holds(day(c.in), at) || holds(day(c.notIn), at) {
			t.Errorf("%s: %s is not on %s alone", c.zone, c.at, c.in)
		}
		later := at.Add(12 * time.Hour)
		if holds(url.Values{"created": {"today"}}, later) || !holds(url.Values{"created": {"yesterday"}}, later) {
			t.Errorf("%s: the presets disagree a day later", c.zone)
		}
	}
}
