package handlers

import (
	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

type homePage struct {
	Shell    shell
	Mentions []mention
	Overview overview
}

// overview shows how much of each panel is mirrored.
type overview struct {
	Tag    string
	Totals []figure
	Panels []panelFigures
	Empty  *empty
}

type figure struct{ Label, Number, URL string }

type panelFigures struct {
	Panel                            models.PanelRef
	URL                              string
	Orders, Tickets, Users, Payments string
	Fetched                          stamp
	Held                             *badge // why the whole panel is not read at the moment
}

func (a *app) home(c *fiber.Ctx) error {
	v := viewer(c)
	keys := []string{jobs.SyncVersion} // the page shows when each panel was read
	for _, r := range models.Resources {
		keys = append(keys, resourceKeys(r, v.Scope(nil))...)
	}
	tag := a.tag(v, "/", keys...)
	if a.unchanged(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	streams, err := a.DB.SyncStatuses(c.UserContext(), v, nil)
	if err != nil {
		return err
	}
	view := a.newOverview(v, streams)
	view.Tag = tag
	named, err := a.mentions(c.UserContext(), v)
	if err != nil {
		return err
	}
	page := func(s shell) any { return homePage{Shell: s, Mentions: named, Overview: view} }
	return a.page(c, whole{"Overview", "home", "home/page", page}, fragment{"home-overview", "home/overview", view})
}

func (a *app) newOverview(v models.Viewer, streams []models.SyncStatus) overview {
	counts := map[models.Key]int64{} // keyed by panel ID and index in models.Resources
	totals := map[models.Resource]int64{}
	fetched := map[int64]stamp{}
	place := map[models.Resource]int64{}
	for i, r := range models.Resources {
		place[r] = int64(i)
	}
	for _, s := range streams {
		counts[models.Key{PanelID: s.PanelID, ID: place[s.Resource]}] = s.Cached
		totals[s.Resource] += s.Cached
		if s.Resource == models.Orders {
			fetched[s.PanelID] = newStamp(s.LastSuccessAt, a.Now(), v.Zone)
		}
	}
	view := overview{Totals: []figure{
		{"Total Orders", number(totals[models.Orders]), "/orders"}, {"Tickets", number(totals[models.Tickets]), "/tickets"},
		{"Users", number(totals[models.Users]), "/users"}, {"Payments", number(totals[models.Payments]), "/payments"},
	}}
	for _, id := range v.Scope(nil) {
		panel, _ := v.Panel(id)
		of := func(r models.Resource) string { return number(counts[models.Key{PanelID: id, ID: place[r]}]) }
		view.Panels = append(view.Panels, panelFigures{Panel: panel, URL: "/orders?panel=" + pathID(id),
			Orders: of(models.Orders), Tickets: of(models.Tickets), Users: of(models.Users), Payments: of(models.Payments), Fetched: fetched[id], Held: heldBadge(panel)})
	}
	if len(view.Panels) == 0 {
		view.Empty = noPanel(v)
	}
	return view
}
