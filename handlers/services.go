package handlers

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type serviceRow struct {
	Panel                          models.PanelRef
	ID                             int64
	URL, Name, Category, Type      string
	Rate, Min, Max, Refill, Cancel string
	Orders, Problems               string
	OrdersURL                      string
	Reports                        string // how many reports are open, in words
	ReportURL                      string
}

func (a *app) services(c *fiber.Ctx) error {
	return serveList(a, c, models.ServiceList, a.DB.Services, (*app).serviceRow)
}

func (a *app) serviceRow(v models.Viewer, s models.Service) serviceRow {
	panel, _ := v.Panel(s.PanelID)
	row := serviceRow{
		Panel: panel, ID: s.ID, URL: pathOf("services", s.Key), Name: orNone(s.Name), Category: orNone(s.Category), Type: orNone(s.Type), Rate: moneyFor(v, s.Rate, ""),
		Min: numberOrNone(s.Min), Max: numberOrNone(s.Max), Refill: flagWord(s, "refill", s.Refill), Cancel: flagWord(s, "cancel", s.Cancel),
		Orders: number(s.Orders30), Problems: number(s.Problems30), OrdersURL: ordersOfService(s.Key), ReportURL: newReportURL(s.Key, 0),
	}
	if s.OpenReports > 0 {
		row.Reports = plural(int(s.OpenReports), "open report", "open reports")
	}
	return row
}

// flagWord formats a yes/no field of a service; a dash if the panel's value is not understood.
func flagWord(s models.Service, member string, on bool) string {
	if s.Misunderstood(member) {
		return none
	}
	return yesNo(on)
}

// ordersOfService returns the address of a service's orders of the last 30 days.
func ordersOfService(key models.Key) string {
	return "/orders?" + url.Values{"panel": {pathID(key.PanelID)}, "service": {pathID(key.ID)}, "created": {"30d"}}.Encode()
}

// servicesWanted is the hint on an empty list of services.
const servicesWanted = "Click Refresh or set a Services API key in Panels settings."

// refreshForm is a button that makes the worker read a list's data from the panels now.
type refreshForm struct{ Section, Next string }

// frameOfServices adds to the lists of services and of service changes a link to the other list, the Refresh button,
// and a notice about panels without a services key.
func (a *app) frameOfServices(ctx context.Context, l listing, top *listTop) error {
	top.Refresh = &refreshForm{Section: string(models.Services), Next: l.url()}
	top.Links = []linkChoice{{Label: "Changes", URL: "/" + models.ServiceChangeList.Noun}}
	if l.def.Noun == models.ServiceChangeList.Noun {
		top.Links = []linkChoice{{Label: "All services", URL: "/" + models.ServiceList.Noun}}
	}
	streams, err := a.DB.SyncStatuses(ctx, l.viewer, l.query.Panels)
	if err != nil {
		return err
	}
	var keyless []string
	for _, s := range streams {
		if panel, mine := l.viewer.Panel(s.PanelID); mine && s.Resource == models.Services && s.NoServicesKey {
			keyless = append(keyless, panel.ShortCode)
		}
	}
	if len(keyless) > 0 {
		top.Notices = append(top.Notices, "No services of "+strings.Join(keyless, ", ")+". "+servicesWanted)
	}
	return nil
}
