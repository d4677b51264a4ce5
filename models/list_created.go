package models

import (
	"net/url"
	"time"
)

// CreatedPresets are the named periods of the created filter, with their labels.
var CreatedPresets = []struct{ Value, Label string }{
	{"today", "Today"}, {"yesterday", "Yesterday"}, {"7d", "Last 7 days"}, {"30d", "Last 30 days"}, {"month", "This month"},
}

// StartOfDay returns the first instant of a day in a zone. In some zones a day starts at one o'clock or has two
// midnights. Like time.Date, it normalises days and months beyond their range.
func StartOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	noon := time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	year, month, day = noon.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, zone)
	// If midnight is on the day before, or is the second midnight, the clock changed within a few hours of it.
	first := midnight.Add(-3 * time.Hour)
	for first.Before(midnight.Add(3 * time.Hour)) {
		_, end := first.ZoneBounds()
		_, offset := first.Zone()
		starts := time.Date(year, month, day, 0, 0, 0, 0, time.FixedZone("", offset)).In(zone)
		if !starts.Before(first) && (end.IsZero() || starts.Before(end)) {
			return starts
		}
		if first = end; onDay(first.In(zone), year, month, day) {
			return first
		}
	}
	return midnight
}

func onDay(t time.Time, year int, month time.Month, day int) bool {
	y, m, d := t.Date()
	return y == year && m == month && d == day
}

// daysAfter returns the start of the day that is the given number of days after the day of t.
func daysAfter(t time.Time, days int) time.Time {
	return StartOfDay(t.Year(), t.Month(), t.Day()+days, t.Location())
}

// parseCreated reads either a preset or a range of days, both in the viewer's zone and inclusive.
func (q *ListQuery) parseCreated(values url.Values, zone *time.Location, now time.Time) {
	now = now.In(zone)
	today, tomorrow := daysAfter(now, 0), daysAfter(now, 1)
	preset := values.Get("created")
	switch preset {
	case "":
	case "today":
		q.CreatedFrom, q.CreatedTo = today, tomorrow
	case "yesterday":
		q.CreatedFrom, q.CreatedTo = daysAfter(now, -1), today
	case "7d":
		q.CreatedFrom, q.CreatedTo = daysAfter(now, -6), tomorrow
	case "30d":
		q.CreatedFrom, q.CreatedTo = daysAfter(now, -29), tomorrow
	case "month":
		q.CreatedFrom, q.CreatedTo = daysAfter(now, 1-now.Day()), tomorrow
	default:
		q.notice("The filter Created has an invalid value. The list ignores it.")
		preset = ""
	}
	if preset != "" {
		q.Created = preset
		return
	}
	if day, ok := q.parseDay(values.Get("created_from"), zone); ok {
		q.CreatedFrom, q.CreatedDays[0] = day, values.Get("created_from")
	}
	if day, ok := q.parseDay(values.Get("created_to"), zone); ok {
		q.CreatedTo, q.CreatedDays[1] = daysAfter(day, 1), values.Get("created_to")
	}
	if !q.CreatedFrom.IsZero() && !q.CreatedTo.IsZero() && !q.CreatedFrom.Before(q.CreatedTo) {
		q.notice("The first day is after the last day, so nothing matches.")
	}
}

func (q *ListQuery) parseDay(word string, zone *time.Location) (time.Time, bool) {
	if word == "" {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, word)
	if err != nil || day.Year() < 1970 || day.Year() > 2200 {
		q.notice("Write a day as YYYY-MM-DD, such as 2026-01-31. The list ignores this day.")
		return time.Time{}, false
	}
	return StartOfDay(day.Year(), day.Month(), day.Day(), zone), true
}
