package handlers

import (
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// syncBudget shows who used one panel's API calls over the last five minutes, as a chart and as numbers.
type syncBudget struct {
	Tag, URL string
	Panels   []budgetPanel
	Chosen   models.PanelRef
	Words    string
	Lanes    []budgetLane
	Bars     []budgetBar
}

type budgetPanel struct {
	models.PanelRef
	URL     string
	Current bool
}

type budgetLane struct{ Hue, Name, Calls, Share string }

// budgetBar is one lane's part of one column of the chart. The chart's units are 10 per bucket in width and 100 for the
// limit in height.
type budgetBar struct{ Hue, X, Y, Height string }

// laneLooks maps each lane to its name and colour.
var laneLooks = map[jobs.Lane]struct{ name, hue string }{
	jobs.LaneStaff: {"Staff", "hue-indigo"}, jobs.LaneBulk: {"Bulk", "hue-pink"}, jobs.LaneHead: {"New records", "hue-green"}, jobs.LaneOpen: {"Open orders", "hue-cyan"},
	jobs.LaneTickets: {"Tickets", "hue-amber"}, jobs.LaneTail: {"Tail", "hue-slate"}, jobs.LaneBackfill: {"Backfill", "hue-violet"},
}

func (a *app) syncBudgetFragment(c *fiber.Ctx) error {
	view, err := a.syncBudget(c, viewer(c))
	if err != nil {
		return err
	}
	if a.unchanged(c, view.Tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return a.render(c, "settings/sync-budget", view)
}

// syncBudget shows the panel in the address, or else the first one. Without Redis the chart is missing and the rest of
// the page works.
func (a *app) syncBudget(c *fiber.Ctx, v models.Viewer) (syncBudget, error) {
	var view syncBudget
	named, err := strconv.ParseInt(c.Query("budget"), 10, 64)
	if err != nil {
		named = 0
	}
	scope := v.Scope(nil)
	for i, id := range scope {
		panel, _ := v.Panel(id)
		if i == 0 || id == named {
			view.Chosen = panel
		}
	}
	if view.Chosen.ID == 0 {
		return view, nil
	}
	for _, id := range scope {
		panel, _ := v.Panel(id)
		view.Panels = append(view.Panels, budgetPanel{panel, "/settings/sync?budget=" + pathID(id), id == view.Chosen.ID})
	}
	view.URL = "/settings/sync?budget=" + pathID(view.Chosen.ID)
	view.Tag = a.tag(v, view.URL+"@"+strconv.FormatInt(a.Now().Unix()/int64(jobs.CountBucket/time.Second), 10))
	settings, err := a.DB.SyncSettings(c.UserContext())
	if err != nil {
		return view, err
	}
	uses, err := a.Budget(c.UserContext(), view.Chosen.ID)
	if err != nil {
		a.Log.Warn("limiter: cannot read API usage", "panel", view.Chosen.ID, "error", err)
		view.Words = "Not available now."
		return view, nil
	}
	view.draw(uses, settings.CallsPerSecond)
	return view, nil
}

// draw stacks the lanes' calls in each bucket, scaled to the allowed number of calls.
func (b *syncBudget) draw(uses []jobs.LaneUse, callsPerSecond int) {
	allowed := float64(callsPerSecond) * jobs.CountBucket.Seconds()
	total := 0
	heights := make([]float64, jobs.CountBuckets)
	for _, use := range uses {
		look := laneLooks[use.Lane]
		total += use.Total()
		for i, calls := range use.Calls {
			if calls == 0 || i >= len(heights) {
				continue
			}
			height := float64(calls) / allowed * 100
			heights[i] += height
			b.Bars = append(b.Bars, budgetBar{look.hue, strconv.Itoa(i*10 + 1), fmt.Sprintf("%.1f", 110-heights[i]), fmt.Sprintf("%.1f", height)})
		}
	}
	window := jobs.CountBucket.Seconds() * float64(jobs.CountBuckets)
	for _, use := range uses {
		look := laneLooks[use.Lane]
		share := float64(use.Total()) / (allowed * float64(jobs.CountBuckets)) * 100
		b.Lanes = append(b.Lanes, budgetLane{look.hue, look.name, number(int64(use.Total())), fmt.Sprintf("%.1f %%", share)})
	}
	b.Words = fmt.Sprintf("%s in five minutes, %.1f a second on average. The line is the limit of %d a second.",
		plural(total, "call", "calls"), float64(total)/window, callsPerSecond)
}
