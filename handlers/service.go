package handlers

import (
	"fmt"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type servicePage struct {
	Shell  shell
	Detail serviceDetail
}

type serviceDetail struct {
	Frame     detailFrame
	Name      string
	Gone      bool
	Rate      string
	Facts     []fact
	Reports   []reportLine
	ReportURL string
	Changes   []changeLine
	Did       []activityLine
}

// changeLine is one change of a service in one line.
type changeLine struct {
	When                stamp
	Change, Before, Now string
}

func (a *app) service(c *fiber.Ctx) error {
	d, err := a.openDetail(c, "services", models.Services, models.Reports)
	if err != nil || d.done {
		return err
	}
	ctx := c.UserContext()
	s, err := a.DB.Service(ctx, d.viewer, d.key)
	if err != nil {
		return err
	}
	changes, err := a.DB.ChangesOf(ctx, d.viewer, d.key, linesShown)
	if err != nil {
		return err
	}
	reports, err := a.DB.OpenReports(ctx, d.viewer, d.key, siblings)
	if err != nil {
		return err
	}
	did, err := a.didHere(ctx, d.viewer, "services", d.key)
	if err != nil {
		return err
	}
	view := serviceDetail{Frame: d.frame("Service", s.ID), Name: orNone(s.Name), Gone: s.GoneAt != nil, Rate: moneyFor(d.viewer, s.Rate, ""),
		Facts: a.serviceFacts(d.viewer, s), Reports: a.reportLines(d.viewer, reports), ReportURL: newReportURL(s.Key, 0), Did: did}
	for _, change := range changes {
		row := a.serviceChangeRow(d.viewer, change)
		view.Changes = append(view.Changes, changeLine{When: row.When, Change: row.Change, Before: row.Before, Now: row.Now})
	}
	return serveDetail(a, c, view.Frame, view, func(s shell) any { return servicePage{s, view} })
}

func (a *app) serviceFacts(v models.Viewer, s models.Service) []fact {
	facts := []fact{
		{Label: "Category", Text: orNone(s.Category)},
		{Label: "Type", Text: orNone(s.Type)},
		{Label: "Min", Text: numberOrNone(s.Min), Number: true},
		{Label: "Max", Text: numberOrNone(s.Max), Number: true},
		{Label: "Refill", Text: flagWord(s, "refill", s.Refill)},
		{Label: "Cancel", Text: flagWord(s, "cancel", s.Cancel)},
		{Label: "Orders, 30 days", Text: number(s.Orders30), URL: ordersOfService(s.Key), Number: true},
		{Label: "Problems, 30 days", Text: problemWords(s), Number: true},
	}
	if s.GoneAt != nil {
		facts = append(facts, fact{Label: "Removed", Stamp: newStamp(*s.GoneAt, a.Now(), v.Zone)})
	}
	return append(facts, fact{Label: "Read from panel", Stamp: newStamp(s.FetchedAt, a.Now(), v.Zone)})
}

// problemWords says how many of a service's orders ended badly, and their share in percent.
func problemWords(s models.Service) string {
	if s.Orders30 == 0 || s.Problems30 == 0 {
		return number(s.Problems30)
	}
	return fmt.Sprintf("%s partial, canceled or failed (%.1f %%)", number(s.Problems30), 100*float64(s.Problems30)/float64(s.Orders30))
}
