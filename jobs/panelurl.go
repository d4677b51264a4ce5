package jobs

import "masterpanel/jobs/panel"

// CheckPanelURL turns a panel's address as a person typed it into the one that is stored, or says in a sentence what
// is wrong with it. It is pure and asks nobody, so handlers may call it.
func CheckPanelURL(raw string, allowPrivate bool) (string, error) {
	return panel.NormalizeURL(raw, allowPrivate)
}
