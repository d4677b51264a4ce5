package handlers

import (
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
)

// streamState says what a stream does now and, when it is not fresh, why.
func streamState(s models.SyncStatus, now time.Time, zone *time.Location) (badge, string) {
	at := func(t time.Time) string { return t.In(zone).Format("15:04:05") }
	switch {
	case s.PanelPaused:
		return badge{Label: "Paused", Tone: "off"}, "The panel is paused."
	case !s.KeyRefusedAt.IsZero():
		return badge{Label: "Needs key", Tone: "failed"}, "Key refused at " + s.KeyRefusedAt.In(zone).Format("15:04") + "."
	case s.Resource == models.Services && s.NoServicesKey:
		return badge{Label: "Needs key", Tone: "off"}, "Set a Services API key in Panels settings."
	case s.ErrorClass == "limited":
		return badge{Label: "Waiting", Tone: "waiting"}, "The panel asks for fewer calls." + nextTry(s, now, zone)
	case s.ErrorWords != "":
		words := s.ErrorWords + "."
		if !s.LastSuccessAt.IsZero() {
			words += " Last read at " + at(s.LastSuccessAt) + "."
		}
		return badge{Label: "Failing", Tone: "failed"}, words + nextTry(s, now, zone)
	case s.LastSuccessAt.IsZero():
		return badge{Label: "First read", Tone: "waiting"}, "Waiting for the first answer."
	case s.Stale(now):
		return badge{Label: "Behind", Tone: "failed"}, "Not read since " + at(s.LastSuccessAt) + "; it waits for its turn at the panel, or the worker is stopped."
	case !s.Backfilled:
		return badge{Label: "Reading history", Tone: "moving"}, "New ones are fresh; " + jobs.BackfillWords(s.BackfillCursor) + "."
	case s.Status == models.StreamRunning:
		return badge{Label: "Reading", Tone: "moving"}, ""
	}
	return badge{Label: "Up to date", Tone: "done"}, ""
}

func nextTry(s models.SyncStatus, now time.Time, zone *time.Location) string {
	if !s.RetryAt.After(now) {
		return " Next try now."
	}
	return " Next try in " + plural(int(s.RetryAt.Sub(now).Seconds())+1, "second", "seconds") + ", at " + s.RetryAt.In(zone).Format("15:04:05") + "."
}
