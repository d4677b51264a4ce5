package models

import (
	"context"
	"slices"
	"strings"
)

// entry returns a log entry for an action on the staff member.
func (s Staff) entry(action Action, changes []Change) Entry {
	return Entry{Action: action, Object: ObjectStaff, ObjectIDs: []int64{s.ID},
		Changes: append([]Change{{Field: "Username", New: s.Username}}, changes...)}
}

// recordPanels logs a change of a member's panels. It is a separate entry that only viewers of all panels can read,
// because it names panels that other readers of the log may not see.
func (db *DB) recordPanels(ctx context.Context, actor Viewer, s Staff, old, now string) error {
	if old == now {
		return nil
	}
	e := s.entry(ActChangeStaff, []Change{{"Panels", old, now}})
	e.PanelID = ManyPanels
	return db.record(ctx, actor, e)
}

func permissionWords(permissions []Permission) string {
	var words []string
	for _, info := range Permissions {
		if slices.Contains(permissions, info.Name) {
			words = append(words, info.Label)
		}
	}
	return strings.Join(words, ", ")
}

// panelWords lists the panels of a staff member by their short codes.
func (v Viewer) panelWords(all bool, panels []int64) string {
	if all {
		return "all"
	}
	var words []string
	for _, p := range v.Panels {
		if slices.Contains(panels, p.ID) {
			words = append(words, p.ShortCode)
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func passwordWords(s Staff) string {
	switch {
	case !s.HasPassword():
		return "none yet"
	case s.MustChangePassword:
		return "set, must change at the first login"
	}
	return "set"
}
