package handlers

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// head holds the contents of a page's <head>, also for pages without login.
type head struct {
	Title, Theme, CSS, JS, Icon string
	ServedAt                    string // the server's time; the browser corrects its own clock with it
	Staff                       string // the id of the staff member that the page is for; "" without login
	Waiting                     string // how many tickets wait for the viewer; "" for none
}

func (a *app) head(title, theme string) head {
	return head{Title: title, Theme: theme, CSS: a.assets.CSS, JS: a.assets.JS, Icon: a.assets.Icon,
		ServedAt: a.Now().UTC().Format(time.RFC3339Nano)}
}

// shell is the frame of every page behind the login.
type shell struct {
	Head     head
	Section  string // the page's navigation section, also its CSS class
	Nav      []navItem
	Badges   navBadges
	Switcher switcher
	Fresh    freshness
	Refresh  refreshToggle
	Account  accountMenu
	Toast    toast
}

type navItem struct {
	Section, Label, URL, Heading string
	Current                      bool
	Badge                        *navBadge // nil when the item has no count
}

// Is reports whether the item belongs to this section; the template uses it to choose the icon.
func (n navItem) Is(section string) bool { return n.Section == section }

type switcher struct {
	Label  string
	Shown  []models.PanelRef // the chosen panels, if few enough to show
	Panels []switchPanel
	Next   string
}

type switchPanel struct {
	models.PanelRef
	Chosen bool
}

type refreshToggle struct {
	On           bool
	Words, Other string
	Next         string
}

type accountMenu struct {
	Username, Role, Next string
	Themes               []choice
}

type choice struct {
	Value, Label string
	Current      bool
}

func (a *app) shell(c *fiber.Ctx, title, section string) (shell, error) {
	v := viewer(c)
	fresh, err := a.freshness(c.UserContext(), v, section)
	if err != nil {
		return shell{}, err
	}
	nav := navigation(v, section)
	badges, err := a.navBadges(c.UserContext(), v)
	if err != nil {
		return shell{}, err
	}
	badges.put(nav)
	here := localPath(c.OriginalURL())
	if c.Method() == fiber.MethodPost { // a form with errors: its address need not answer a GET
		here = sectionURL(nav)
	}
	fresh.Next = here
	said, err := a.toast(c)
	if err != nil {
		return shell{}, err
	}
	head := a.head(title, v.Theme)
	head.Staff = pathID(v.StaffID)
	head.Waiting = badges.Waiting.Number
	return shell{
		Head: head, Section: section, Nav: nav, Badges: badges,
		Switcher: newSwitcher(v, here), Fresh: fresh, Refresh: newRefreshToggle(v, here),
		Account: accountMenu{Username: v.Username, Role: string(v.Role), Next: here, Themes: themes(v.Theme)},
		Toast:   said,
	}, nil
}

// navigation lists the pages that the viewer may open.
func navigation(v models.Viewer, section string) []navItem {
	items := []navItem{
		{Section: "home", Label: "Overview", URL: "/"},
		{Section: "orders", Label: "Orders", URL: "/orders"},
		{Section: "tickets", Label: "Tickets", URL: "/tickets"},
		{Section: "users", Label: "Users", URL: "/users"},
		{Section: "payments", Label: "Payments", URL: "/payments"},
		{Section: "services", Label: "Services", URL: "/services"},
		{Section: "reports", Label: "Reports", URL: "/reports"},
		{Section: "outbox", Label: "Outbox", URL: "/outbox"},
	}
	if len(v.BulkKinds()) > 0 {
		items = slices.Insert(items, 2, navItem{Section: "workbench", Label: "Bulk orders", URL: "/orders/workbench"})
	}
	if v.Can(models.PermManage) {
		items = append(items,
			navItem{Section: "panels", Label: "Panels", URL: "/settings/panels", Heading: "Settings"},
			navItem{Section: "staff", Label: "Staff", URL: "/settings/staff"},
			navItem{Section: "ticket-desk", Label: "Ticket desk", URL: "/settings/tickets"},
			navItem{Section: "sync", Label: "Sync & cache", URL: "/settings/sync"},
			navItem{Section: "payment-methods", Label: "Payment methods", URL: "/settings/payment-methods"})
	}
	if v.Role == models.RoleOwner {
		items = append(items, navItem{Section: "login", Label: "Login", URL: "/settings/login"})
	}
	replies := navItem{Section: "replies", Label: "Canned replies", URL: "/settings/replies"}
	if !v.Can(models.PermManage) {
		replies.Heading = "Settings"
	}
	items = append(items, replies, navItem{Section: "activity", Label: "Activity log", URL: "/activity"})
	for i := range items {
		items[i].Current = items[i].Section == section
	}
	return items
}

// sectionURL returns the address of the current section. The account page is not in the navigation, so it is the
// default.
func sectionURL(nav []navItem) string {
	for _, item := range nav {
		if item.Current {
			return item.URL
		}
	}
	return "/account"
}

func newSwitcher(v models.Viewer, next string) switcher {
	const shown = 4
	s := switcher{Label: "All panels", Next: next}
	for _, p := range v.Panels {
		chosen := false
		for _, id := range v.Selection {
			chosen = chosen || id == p.ID
		}
		s.Panels = append(s.Panels, switchPanel{PanelRef: p, Chosen: chosen})
		if chosen {
			s.Shown = append(s.Shown, p)
		}
	}
	if n := len(s.Shown); n > 0 {
		s.Label = plural(n, "panel", "panels")
		if n > shown {
			s.Shown = nil
		}
	}
	return s
}

func newRefreshToggle(v models.Viewer, next string) refreshToggle {
	t := refreshToggle{On: v.AutoRefresh, Words: "off", Other: strconv.FormatBool(!v.AutoRefresh), Next: next}
	if v.AutoRefresh {
		t.Words = "on"
	}
	return t
}

func themes(current string) []choice {
	return choices(current, choice{Value: "system", Label: "System"}, choice{Value: "light", Label: "Light"}, choice{Value: "dark", Label: "Dark"})
}

func choices(current string, all ...choice) []choice {
	for i := range all {
		all[i].Current = all[i].Value == current
	}
	return all
}
