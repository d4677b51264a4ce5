package models

import "cmp"

// entry returns a log entry for an action on the panel.
func (p Panel) entry(action Action, changes []Change) Entry {
	return Entry{Action: action, PanelID: p.ID, Object: ObjectPanel, ObjectIDs: []int64{p.ID}, Changes: changes}
}

// changesFrom returns the differences from an earlier state of the panel after a form was stored. A typed key always
// counts as changed, because the stored data does not show if it is the same.
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

// recognised returns the part of a sealed key that people can recognise: its last four characters.
func recognised(sealed []byte, last4 string) string {
	if len(sealed) == 0 {
		return "none"
	}
	return "•••• " + cmp.Or(last4, "(too short to show)")
}
