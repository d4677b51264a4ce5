package handlers

import "masterpanel/models"

// heatClass is how a waiting time is shown against the targets.
func heatClass(h models.Heat) string {
	switch h {
	case models.Warm:
		return "heat-warm"
	case models.Hot:
		return "heat-hot"
	}
	return ""
}
