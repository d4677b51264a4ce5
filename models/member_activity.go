package models

import (
	"context"
	"slices"
	"strings"
)

// entry is what an action on the staff member adds to the log.
func (s Staff) entry(action Action, changes []Change) Entry {
	return Entry{Action: action, Object: ObjectStaff, ObjectIDs: []int64{s.ID},
		Changes: append([]Change{{Field: "Username", New: s.Username}}, changes...)}
}

// recordPanels notes which panels a member works on now. It is an entry of its own, for those who see all panels: it
// names panels that whoever may read of the rest of the change may not see.
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

// panelWords are the panels that a staff member works on, by their short codes.
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
		return "set, to be changed at the first login"
	}
	return "set"
}
