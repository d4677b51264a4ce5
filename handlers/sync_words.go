package handlers

import (
	"strconv"
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
		return badge{Label: "Failing", Tone: "failed"}, failing(s, zone) + nextTry(s, now, zone)
	case s.LastSuccessAt.IsZero() && !waitsForCall(s, now):
		return badge{Label: "First read", Tone: "waiting"}, "Waiting for the first answer."
	case s.LastSuccessAt.IsZero():
		return badge{Label: "First read", Tone: "waiting"}, "Waiting for rate limit, " + seconds(s.TurnAt, now) + "."
	case s.Stale(now):
		return badge{Label: "Behind", Tone: "failed"}, "Not read since " + at(s.LastSuccessAt) + behind(s, now)
	case !s.Backfilled:
		return badge{Label: "Reading history", Tone: "moving"}, "New ones are fresh; " + jobs.BackfillWords(s.BackfillCursor) + "."
	case s.Status == models.StreamRunning:
		return badge{Label: "Reading", Tone: "moving"}, ""
	}
	return badge{Label: "Up to date", Tone: "done"}, ""
}

// failing says what is wrong, and for a panel that does not work since when. The last answer is the only moment that is
// known of that.
func failing(s models.SyncStatus, zone *time.Location) string {
	switch {
	case s.LastSuccessAt.IsZero():
		return s.ErrorWords + "."
	case s.ErrorClass == "down":
		return "Down since " + s.LastSuccessAt.In(zone).Format("15:04") + ". " + s.ErrorWords + "."
	}
	return s.ErrorWords + ". Last read at " + s.LastSuccessAt.In(zone).Format("15:04:05") + "."
}

// waitsForCall tells whether a stream has given its worker back until its next call may be made. One whose time has
// come is woken up at once.
func waitsForCall(s models.SyncStatus, now time.Time) bool {
	return now.Sub(s.TurnAt) < 5*time.Second
}

// behind ends a sentence with why a stream is not read that does not fail.
func behind(s models.SyncStatus, now time.Time) string {
	switch {
	case waitsForCall(s, now):
		return "; waiting for rate limit, " + seconds(s.TurnAt, now) + "."
	case s.Status == models.StreamRunning:
		return "; it is being read now."
	}
	return "; no worker has come to it. Look whether one runs."
}

// seconds counts up to a moment, at least one.
func seconds(to, now time.Time) string {
	return strconv.Itoa(max(1, int((to.Sub(now)+time.Second-1)/time.Second))) + " s"
}

func nextTry(s models.SyncStatus, now time.Time, zone *time.Location) string {
	if !s.RetryAt.After(now) {
		return " Next try now."
	}
	return " Next try in " + plural(int(s.RetryAt.Sub(now).Seconds())+1, "second", "seconds") + ", at " + s.RetryAt.In(zone).Format("15:04:05") + "."
}
