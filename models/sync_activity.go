package models

import (
	"strconv"
	"strings"
)

// changesFrom returns the differences from earlier settings in words.
func (s SyncSettings) changesFrom(old SyncSettings) []Change {
	number := strconv.Itoa
	return changed(
		Change{"Calls per second", number(old.CallsPerSecond), number(s.CallsPerSecond)},
		Change{"Share left to staff, %", number(old.StaffShare), number(s.StaffShare)},
		Change{"Minimum interval, seconds", number(old.MinIntervalSeconds), number(s.MinIntervalSeconds)},
		Change{"Maximum interval, seconds", number(old.MaxIntervalSeconds), number(s.MaxIntervalSeconds)},
		Change{"Lookback, days", number(old.LookbackDays), number(s.LookbackDays)},
		Change{"History limit, records", number(old.HistoryMax), number(s.HistoryMax)},
		Change{"Adaptive", onOff(old.Adaptive), onOff(s.Adaptive)})
}

// changesFrom returns the differences from earlier settings of the resource. A change of its retention has its own log
// entry.
func (s ResourceSettings) changesFrom(old ResourceSettings) []Change {
	return append([]Change{{Field: "Resource", New: string(s.Name)}}, changed(
		Change{"Interval, seconds", strconv.Itoa(old.IntervalSeconds), strconv.Itoa(s.IntervalSeconds)},
		Change{"Records per fetch", strconv.Itoa(old.RecordsPerFetch), strconv.Itoa(s.RecordsPerFetch)})...)
}

// retentionChanges returns the change of a retention and the number of rows that it deletes.
func retentionChanges(s, old ResourceSettings, deletes int64) []Change {
	changes := []Change{{Field: "Resource", New: string(s.Name)}, {"Days", daysWords(old.RetentionDays), daysWords(s.RetentionDays)}}
	if deletes > 0 {
		changes = append(changes, Change{Field: "Rows to delete", New: strconv.FormatInt(deletes, 10)})
	}
	return changes
}

// entry returns the log entry for the first purge after a change of retention.
func (p Purge) entry() Entry {
	return Entry{Action: ActPurged, PanelID: p.PanelID, Changes: []Change{{Field: "Resource", New: string(p.Resource)},
		{Field: "Rows deleted", New: strconv.FormatInt(p.Deleted, 10)}, {Field: "Rows kept", New: strconv.FormatInt(p.Kept, 10)}}}
}

func daysWords(days *int) string {
	if days == nil {
		return "for ever"
	}
	return strconv.Itoa(*days)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// onPanels returns a log entry for an action on several panels: on one panel its PanelID is that panel; on more it is
// ManyPanels, and the changes list them.
func onPanels(action Action, v Viewer, panels []int64, changes ...Change) Entry {
	e := Entry{Action: action, PanelID: ManyPanels, Changes: changes}
	switch {
	case len(panels) == 0:
		e.PanelID = NoPanel
	case len(panels) == 1:
		e.PanelID = panels[0]
	case len(panels) == len(v.Panels):
		e.Changes = append(e.Changes, Change{Field: "Panels", New: "all " + strconv.Itoa(len(panels))})
	default:
		codes := make([]string, len(panels))
		for i, id := range panels {
			p, _ := v.Panel(id)
			codes[i] = p.ShortCode
		}
		e.Changes = append(e.Changes, Change{Field: "Panels", New: strings.Join(codes, ", ")})
	}
	return e
}

func resourcesChange(resources []Resource) Change {
	words := make([]string, len(resources))
	for i, r := range resources {
		words[i] = string(r)
	}
	return Change{Field: "What", New: strings.Join(words, ", ")}
}
