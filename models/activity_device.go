package models

import (
	"strings"

	"github.com/mileusna/useragent"
)

// device describes the client that sent a request, such as "Firefox 128 on Windows"; "" if it did not say. A browser
// can claim to be any other, so the text helps to recognise a device and proves nothing.
func device(userAgent string) string {
	if strings.TrimSpace(userAgent) == "" {
		return ""
	}
	ua := useragent.Parse(clip(userAgent, 300))
	name, on := ua.Name, ua.OS
	if major, _, _ := strings.Cut(ua.Version, "."); major != "" && name != "" {
		name += " " + major
	}
	if ua.Device != "" && ua.Device != on {
		on = strings.TrimSpace(ua.Device + " " + on)
	}
	switch {
	case name == "":
		return "Unknown device"
	case on == "":
		return clip(name, 80)
	}
	return clip(name+" on "+on, 80)
}
