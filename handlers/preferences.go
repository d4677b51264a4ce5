package handlers

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// choosePanels saves the panel switcher's choice and redirects to the current page, at its first row.
func (a *app) choosePanels(c *fiber.Ctx) error {
	var form struct {
		Panels []int64 `form:"panel"`
		All    string  `form:"all"`
		Next   string  `form:"next"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	if form.All != "" {
		form.Panels = nil
	}
	if err := a.DB.SetPanelSelection(c.UserContext(), viewer(c), form.Panels); err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	return back(c, withoutPanels(localPath(form.Next)))
}

// withoutPanels removes the parameters that would keep a page on other panels than the chosen ones.
func withoutPanels(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	values := u.Query()
	for _, name := range []string{"panel", "after", "before"} {
		values.Del(name)
	}
	u.RawQuery = values.Encode()
	return u.String()
}

func (a *app) setTheme(c *fiber.Ctx) error {
	var form struct {
		Theme string `form:"theme"`
		Next  string `form:"next"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	p := preferencesOf(viewer(c))
	p.Theme = form.Theme
	if err := a.setPreferences(c, p); err != nil {
		return err
	}
	return back(c, localPath(form.Next))
}

func (a *app) setAutoRefresh(c *fiber.Ctx) error {
	var form struct {
		AutoRefresh string `form:"auto_refresh"`
		Next        string `form:"next"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	on, err := strconv.ParseBool(form.AutoRefresh)
	if err != nil {
		return errForm
	}
	v := viewer(c)
	p := preferencesOf(v)
	p.AutoRefresh, v.AutoRefresh = on, on
	if err := a.setPreferences(c, p); err != nil {
		return err
	}
	next := localPath(form.Next)
	if isHTMX(c) {
		return a.render(c, "shell/refresh", newRefreshToggle(v, next))
	}
	return back(c, next)
}

func preferencesOf(v models.Viewer) models.Preferences {
	return models.Preferences{TimeZone: v.Zone.String(), Theme: v.Theme, AutoRefresh: v.AutoRefresh}
}

func (a *app) setPreferences(c *fiber.Ctx, p models.Preferences) error {
	if err := a.DB.SetPreferences(c.UserContext(), viewer(c), p); err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	return nil
}
