package handlers

import (
	"strconv"
	"strings"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
)

// streamState returns a stream's current state and, if it is not fresh, the reason.
func streamState(s models.SyncStatus, now time.Time, zone *time.Location) (badge, string) {
	at := func(t time.Time) string { return t.In(zone).Format("15:04:05") }
	switch {
	case s.PanelPaused:
		return badge{Label: "Paused", Tone: "off"}, "The panel is paused."
	case !s.KeyRefusedAt.IsZero():
		return badge{Label: "Needs key", Tone: "failed"}, "Key refused at " + s.KeyRefusedAt.In(zone).Format("15:04") + "." + nextCall(s.ProbeAt, now, zone)
	case s.Comparing:
		return badge{Label: "Comparing", Tone: "waiting"}, "Masterpanel first compares the panel's newest records with the mirror."
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
	case s.Trouble != "":
		return badge{Label: "Partly read", Tone: "failed"}, s.Trouble
	case !s.Backfilled:
		return badge{Label: "Reading history", Tone: "moving"}, "New records are up to date; " + jobs.BackfillWords(s.BackfillCursor) + "."
	case s.Status == models.StreamRunning:
		return badge{Label: "Reading", Tone: "moving"}, ""
	}
	return badge{Label: "Up to date", Tone: "done"}, ""
}

// failing describes the error and, for a panel that is down, since when. The last successful read is the only known
// time, so the text counts from it.
func failing(s models.SyncStatus, zone *time.Location) string {
	switch {
	case s.LastSuccessAt.IsZero():
		return s.ErrorWords + "."
	case s.ErrorClass == "down":
		return "Down since " + s.LastSuccessAt.In(zone).Format("15:04") + ". " + s.ErrorWords + "."
	}
	return s.ErrorWords + ". Last read at " + s.LastSuccessAt.In(zone).Format("15:04:05") + "."
}

// waitsForCall reports whether a stream released its worker until the rate limit permits its next call. A stream whose
// time has come is woken immediately; five seconds is the tolerance.
func waitsForCall(s models.SyncStatus, now time.Time) bool {
	return now.Sub(s.TurnAt) < 5*time.Second
}

// behind ends a sentence with the reason why a stream that has no error is not up to date.
func behind(s models.SyncStatus, now time.Time) string {
	switch {
	case waitsForCall(s, now):
		return "; waiting for rate limit, " + seconds(s.TurnAt, now) + "."
	case s.Status == models.StreamRunning:
		return "; the worker is reading it now."
	}
	return "; no worker has read it. Check that a worker runs."
}

// seconds returns the seconds until a time, rounded up, at least one.
func seconds(to, now time.Time) string {
	return strconv.Itoa(max(1, int((to.Sub(now)+time.Second-1)/time.Second))) + " s"
}

// nextCall says when a probe call will try a panel that is on hold.
func nextCall(at, now time.Time, zone *time.Location) string {
	switch {
	case at.IsZero():
		return ""
	case !at.After(now):
		return " One test call runs now."
	}
	return " One test call runs in " + plural(int(at.Sub(now).Seconds())+1, "second", "seconds") + ", at " + at.In(zone).Format("15:04:05") + "."
}

// cannotSync says for each unreadable panel why it cannot be read, and what "Sync now" does nevertheless. streams must
// be in the order of their panels. only restricts it to one panel; 0 means all.
func cannotSync(v models.Viewer, streams []models.SyncStatus, only int64) string {
	var words []string
	said := map[int64]bool{}
	for _, s := range streams {
		panel, _ := v.Panel(s.PanelID)
		does := syncNowDoes(s)
		if does == "" || said[s.PanelID] || only != 0 && only != s.PanelID {
			continue
		}
		said[s.PanelID] = true
		words = append(words, panel.ShortCode+" "+does)
	}
	if more := len(words) - whyLines; more > 0 {
		words = append(words[:whyLines], "The same applies to "+plural(more, "more panel", "more panels")+".")
	}
	return strings.Join(words, " ")
}

// syncNowDoes says what "Sync now" does for a stream that cannot be read; "" if it simply reads the stream.
func syncNowDoes(s models.SyncStatus) string {
	switch {
	case s.PanelPaused:
		return "is paused: the worker reads nothing until somebody resumes the panel."
	case !s.KeyRefusedAt.IsZero():
		return "refused its key: the worker tries the key now with one call and reads everything if the key works."
	case s.ErrorClass == "limited":
		return "asks for fewer calls: the worker reads it when the pause ends."
	case !s.ProbeAt.IsZero():
		return "is down: the worker tries it now with one call and reads everything if it answers."
	case s.ErrorWords != "":
		return "fails: the worker tries " + string(s.Resource) + " now with one small call and reads the rest if the answer is good."
	}
	return ""
}

func nextTry(s models.SyncStatus, now time.Time, zone *time.Location) string {
	if !s.RetryAt.After(now) {
		return " Next try now."
	}
	return " Next try in " + plural(int(s.RetryAt.Sub(now).Seconds())+1, "second", "seconds") + ", at " + s.RetryAt.In(zone).Format("15:04:05") + "."
}
