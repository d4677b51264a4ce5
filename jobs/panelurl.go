package jobs

import "masterpanel/jobs/panel"

// CheckPanelURL normalises a panel's address as a person typed it, or returns a sentence that says what the mistake
// is. It makes no network request, so handlers may call it.
func CheckPanelURL(raw string, allowPrivate bool) (string, error) {
	return panel.NormalizeURL(raw, allowPrivate)
}
