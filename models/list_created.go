package models

import (
	"net/url"
	"time"
)

// CreatedPresets are the named spans of the created filter, with their labels.
var CreatedPresets = []struct{ Value, Label string }{
	{"today", "Today"}, {"yesterday", "Yesterday"}, {"7d", "Last 7 days"}, {"30d", "Last 30 days"}, {"month", "This month"},
}

// parseCreated reads either a preset or a span of days, both in the viewer's zone and both inclusive.
func (q *ListQuery) parseCreated(values url.Values, zone *time.Location, now time.Time) {
	now = now.In(zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	tomorrow := today.AddDate(0, 0, 1)
	preset := values.Get("created")
	switch preset {
	case "":
	case "today":
		q.CreatedFrom, q.CreatedTo = today, tomorrow
	case "yesterday":
		q.CreatedFrom, q.CreatedTo = today.AddDate(0, 0, -1), today
	case "7d":
		q.CreatedFrom, q.CreatedTo = today.AddDate(0, 0, -6), tomorrow
	case "30d":
		q.CreatedFrom, q.CreatedTo = today.AddDate(0, 0, -29), tomorrow
	case "month":
		q.CreatedFrom, q.CreatedTo = today.AddDate(0, 0, 1-today.Day()), tomorrow
	default:
		q.notice("The days of Created were not understood and were left out.")
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
		q.CreatedTo, q.CreatedDays[1] = day.AddDate(0, 0, 1), values.Get("created_to")
	}
	if !q.CreatedFrom.IsZero() && !q.CreatedTo.IsZero() && !q.CreatedFrom.Before(q.CreatedTo) {
		q.notice("The first day comes after the last one, so nothing can match.")
	}
}

func (q *ListQuery) parseDay(word string, zone *time.Location) (time.Time, bool) {
	if word == "" {
		return time.Time{}, false
	}
	day, err := time.ParseInLocation(time.DateOnly, word, zone)
	if err != nil || day.Year() < 1970 || day.Year() > 2200 {
		q.notice("A day is written YYYY-MM-DD, such as 2026-01-31; what was given was left out.")
		return time.Time{}, false
	}
	return day, true
}
