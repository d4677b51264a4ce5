package handlers

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// command is something to do from the palette: a page to go to (URL), or a form of one button to send (Action).
type command struct {
	Label, Keys string
	URL         string
	Action      string
	Fields      []hiddenInput
	Icon        string // a section's, or ""
	also        string // further words it is found by
	quiet       bool   // that it is shown only when it is asked for
}

// Is tells whether the command shows that section's icon.
func (c command) Is(section string) bool { return c.Icon == section }

// commandsShown bounds the commands beside what was found.
const commandsShown = 8

// goKeys are the keys behind g that keys.js knows.
var goKeys = map[string]string{"/": "g h", "/orders": "g o", "/tickets": "g t", "/users": "g u", "/payments": "g p", "/services": "g s"}

// placeOf is the page from which somebody asks: their own page, or for the palette the one that it lies on.
func placeOf(c *fiber.Ctx) string {
	current, err := url.Parse(c.Get("HX-Current-URL"))
	if !isHTMX(c) || err != nil {
		return localPath(c.OriginalURL())
	}
	return localPath(current.RequestURI())
}

// commandsFor are what the viewer may do, of which the text begins every word; without a text, what is done most.
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

// commands are all that the viewer may do from the palette, on the page at place.
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

// panelCommands choose what the switcher chooses.
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

// sectionOf is the section of the site that a page is in.
func sectionOf(place string) string {
	section, _, _ := strings.Cut(strings.TrimPrefix(place, "/"), "/")
	section, _, _ = strings.Cut(section, "?")
	if section == "" {
		return "home"
	}
	return section
}
