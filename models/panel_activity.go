package models

import "cmp"

// entry is what an action on the panel adds to the log.
func (p Panel) entry(action Action, changes []Change) Entry {
	return Entry{Action: action, PanelID: p.ID, Object: ObjectPanel, ObjectIDs: []int64{p.ID}, Changes: changes}
}

// changesFrom are what differs from an earlier state of the panel after a form was stored. A key that was typed counts
// as changed: whether it is the same is told by nothing that is kept.
func (p Panel) changesFrom(old Panel, in PanelInput) []Change {
	changes := changed(
		Change{"Name", old.Name, p.Name}, Change{"Short code", old.ShortCode, p.ShortCode},
		Change{"Colour", old.Colour, p.Colour}, Change{"URL", old.URL, p.URL})
	if in.AdminAPIKey != "" {
		changes = append(changes, Change{"Admin API key", recognised(old.AdminKeySealed, old.AdminKeyLast4), recognised(p.AdminKeySealed, p.AdminKeyLast4)})
	}
	if in.ServicesAPIKey != "" {
		changes = append(changes, Change{"Services API key", recognised(old.ServicesKeySealed, old.ServicesKeyLast4),
			recognised(p.ServicesKeySealed, p.ServicesKeyLast4)})
	}
	return changes
}

// recognised is what of a sealed key people may recognise it by.
func recognised(sealed []byte, last4 string) string {
	if len(sealed) == 0 {
		return "none"
	}
	return "•••• " + cmp.Or(last4, "(too short to show)")
}
