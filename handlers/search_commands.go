package handlers

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// command is an entry of the palette: a page to open (URL), or a one-button form to send (Action).
type command struct {
	Label, Keys string
	URL         string
	Action      string
	Fields      []hiddenInput
	Icon        string // the section of its icon, or ""
	also        string // further words that find it
	quiet       bool   // shown only when the text matches it
}

// Is reports whether the command shows this section's icon.
func (c command) Is(section string) bool { return c.Icon == section }

// commandsShown is the maximum number of commands beside the results.
const commandsShown = 8

// goKeys holds the shortcuts after g that keys.js implements.
var goKeys = map[string]string{"/": "g h", "/orders": "g o", "/tickets": "g t", "/users": "g u", "/payments": "g p", "/services": "g s"}

// placeOf returns the page of the request: the page itself, or for the palette the page below it.
func placeOf(c *fiber.Ctx) string {
	current, err := url.Parse(c.Get("HX-Current-URL"))
	if !isHTMX(c) || err != nil {
		return localPath(c.OriginalURL())
	}
	return localPath(current.RequestURI())
}

// commandsFor returns the viewer's commands with words that start with every word of the text. Without a text it
// returns the most common commands.
func commandsFor(v models.Viewer, text, place string) []command {
	words := strings.Fields(strings.ToLower(text))
	var matching []command
	for _, c := range commands(v, place) {
		if len(words) == 0 && !c.quiet || len(words) > 0 && c.matches(words) {
			matching = append(matching, c)
		}
	}
	if len(words) > 0 && len(matching) > commandsShown {
		matching = matching[:commandsShown]
	}
	return matching
}

func (c command) matches(words []string) bool {
	have := strings.Fields(strings.ToLower(c.Label + " " + c.also))
	for _, word := range words {
		found := false
		for _, one := range have {
			found = found || strings.HasPrefix(one, word)
		}
		if !found {
			return false
		}
	}
	return true
}

// commands returns all palette commands for the viewer on the page at place.
func commands(v models.Viewer, place string) []command {
	next := hiddenInput{"next", place}
	var all []command
	for _, item := range navigation(v, "") {
		all = append(all, command{Label: "Go to " + item.Label, Keys: goKeys[item.URL], URL: item.URL, Icon: item.Section, also: strings.ToLower(item.Heading)})
	}
	all = append(all,
		command{Label: "Go to My account", URL: "/account", also: "password time zone sessions settings"},
		command{Label: "Refresh now", Action: "/sync/refresh", Icon: "sync", Fields: []hiddenInput{{"section", sectionOf(place)}, next}, also: "sync read"})
	if v.AutoRefresh {
		all = append(all, command{Label: "Turn auto-refresh off", Action: "/account/auto-refresh", Fields: []hiddenInput{{"auto_refresh", "false"}, next}, also: "auto refresh", quiet: true})
	} else {
		all = append(all, command{Label: "Turn auto-refresh on", Action: "/account/auto-refresh", Fields: []hiddenInput{{"auto_refresh", "true"}, next}, also: "auto refresh"})
	}
	for _, theme := range []string{"light", "dark", "system"} {
		if theme != v.Theme {
			all = append(all, command{Label: "Theme: " + theme, Action: "/account/theme", Fields: []hiddenInput{{"theme", theme}, next}, also: "switch mode colour night day " + theme})
		}
	}
	all = append(all, panelCommands(v, next)...)
	return append(all, command{Label: "Log out", Action: "/logout", also: "sign out"})
}

// panelCommands are the choices of the panel switcher.
func panelCommands(v models.Viewer, next hiddenInput) []command {
	var all []command
	if len(v.Selection) > 0 {
		all = append(all, command{Label: "Work on all panels", Action: "/panels", Fields: []hiddenInput{{"all", "1"}, next}, also: "panel choose switch"})
	}
	for _, p := range v.Panels {
		all = append(all, command{Label: "Work on " + p.ShortCode + " · " + p.Name + " only", Action: "/panels", Fields: []hiddenInput{{"panel", pathID(p.ID)}, next},
			also: "panel choose switch", quiet: true})
	}
	return all
}

// sectionOf returns the section of a page.
func sectionOf(place string) string {
	section, _, _ := strings.Cut(strings.TrimPrefix(place, "/"), "/")
	section, _, _ = strings.Cut(section, "?")
	if section == "" {
		return "home"
	}
	return section
}
