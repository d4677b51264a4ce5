package handlers

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

type reportRow struct {
	Panel                models.PanelRef
	ID, ServiceID        int64
	URL, Service, Reason string
	Reporter, Resolver   string
	Status               badge
	Reported, Resolved   stamp
}

func (a *app) reports(c *fiber.Ctx) error {
	return serveList(a, c, models.ReportList, a.DB.Reports, (*app).reportRow)
}

func (a *app) reportRow(v models.Viewer, r models.Report) reportRow {
	panel, _ := v.Panel(r.PanelID)
	row := reportRow{Panel: panel, ID: r.ID, ServiceID: r.ServiceID, URL: pathOf("reports", r.Key), Service: r.ServiceName, Reason: r.Reason,
		Reporter: r.Reporter, Resolver: r.Resolver, Status: reportBadge(r.Status), Reported: newStamp(r.CreatedAt, a.Now(), v.Zone), Resolved: stamp{Short: none}}
	if r.ResolvedAt != nil {
		row.Resolved = newStamp(*r.ResolvedAt, a.Now(), v.Zone)
	}
	return row
}

func reportBadge(status string) badge {
	if status == models.ReportOpen {
		return badge{Label: "Open", Tone: "waiting"}
	}
	return badge{Label: "Resolved", Tone: "done"}
}

// reportLine is an open report in one line, next to its subject.
type reportLine struct {
	URL, Reason, Reporter string
	Reported              stamp
}

func (a *app) reportLines(v models.Viewer, reports []models.Report) []reportLine {
	lines := make([]reportLine, len(reports))
	for i, r := range reports {
		lines[i] = reportLine{URL: pathOf("reports", r.Key), Reason: middle(r.Reason, 80), Reporter: r.Reporter, Reported: newStamp(r.CreatedAt, a.Now(), v.Zone)}
	}
	return lines
}

type reportPage struct {
	Shell  shell
	Detail reportDetail
}

type reportDetail struct {
	Frame  detailFrame
	Status badge
	Reason string
	Facts  []fact
	// Resolve is the URL that takes the note; Reopen is the URL that reverts it. Both are "" when not permitted.
	Resolve, Reopen string
	Note            field
	Did             []activityLine
}

func (a *app) report(c *fiber.Ctx) error {
	d, err := a.openDetail(c, "reports", models.Reports)
	if err != nil || d.done {
		return err
	}
	return a.showReport(c, d, field{})
}

func (a *app) showReport(c *fiber.Ctx, d detailRequest, note field) error {
	r, err := a.DB.Report(c.UserContext(), d.viewer, d.key)
	if err != nil {
		return err
	}
	did, err := a.didHere(c.UserContext(), d.viewer, models.ObjectReport, d.key)
	if err != nil {
		return err
	}
	view := reportDetail{Frame: d.frame("Report", r.ID), Status: reportBadge(r.Status), Reason: r.Reason, Facts: a.reportFacts(d.viewer, r), Note: note, Did: did}
	if d.viewer.Can(models.PermReportResolve) && r.Status == models.ReportOpen {
		view.Resolve = view.Frame.URL + "/resolve"
	} else if d.viewer.Can(models.PermReportResolve) {
		view.Reopen = view.Frame.URL + "/reopen"
	}
	return serveDetail(a, c, view.Frame, view, func(s shell) any { return reportPage{s, view} })
}

func (a *app) reportFacts(v models.Viewer, r models.Report) []fact {
	facts := []fact{
		{Label: "Service", Text: fmt.Sprintf("%d · %s", r.ServiceID, r.ServiceName), URL: pathOf("services", models.Key{PanelID: r.PanelID, ID: r.ServiceID})},
	}
	if r.OrderID != 0 {
		facts = append(facts, fact{Label: "Order", Text: pathID(r.OrderID), URL: pathOf("orders", models.Key{PanelID: r.PanelID, ID: r.OrderID})})
	}
	facts = append(facts, fact{Label: "Reported by", Text: r.Reporter}, fact{Label: "Reported at", Stamp: newStamp(r.CreatedAt, a.Now(), v.Zone)})
	if r.ResolvedAt != nil {
		facts = append(facts, fact{Label: "Resolved", Stamp: newStamp(*r.ResolvedAt, a.Now(), v.Zone)},
			fact{Label: "Resolved by", Text: r.Resolver}, fact{Label: "Note", Text: r.Note})
	}
	return facts
}

func (a *app) resolveReport(c *fiber.Ctx) error {
	var form struct {
		Note string `form:"note"`
	}
	d, err := a.reportToChange(c, &form)
	if err != nil {
		return err
	}
	err = a.DB.ResolveReport(c.UserContext(), d.viewer, d.key, form.Note)
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.showReport(c, d, field{form.Note, problems["note"]})
	}
	return a.reportChanged(c, d.key, err)
}

func (a *app) reopenReport(c *fiber.Ctx) error {
	d, err := a.reportToChange(c, &struct{}{})
	if err != nil {
		return err
	}
	return a.reportChanged(c, d.key, a.DB.ReopenReport(c.UserContext(), d.viewer, d.key))
}

// reportToChange reads a form and finds the report in the address.
func (a *app) reportToChange(c *fiber.Ctx, form any) (detailRequest, error) {
	if err := readForm(c, form); err != nil {
		return detailRequest{}, err
	}
	if !viewer(c).Can(models.PermReportResolve) {
		return detailRequest{}, models.ErrNotAllowed
	}
	return a.openDetail(c, "reports", models.Reports)
}

// reportChanged announces a changed report to all pages and redirects to it.
func (a *app) reportChanged(c *fiber.Ctx, key models.Key, err error) error {
	if err != nil {
		return err
	}
	a.changed(c, jobs.ResourceVersion(key.PanelID, models.Reports))
	return back(c, pathOf("reports", key))
}

// reportFields identify the subject of a report, in the form's address and in the form.
type reportFields struct {
	Panel   int64  `form:"panel" query:"panel"`
	Service int64  `form:"service" query:"service"`
	Order   int64  `form:"order" query:"order"`
	Reason  string `form:"reason"`
}

func (f reportFields) input() models.ReportInput {
	return models.ReportInput{PanelID: f.Panel, ServiceID: f.Service, OrderID: f.Order, Reason: f.Reason}
}

// newReportURL returns the address of the form for a problem with a service, or with an order if order is not 0.
func newReportURL(service models.Key, order int64) string {
	values := url.Values{"panel": {pathID(service.PanelID)}}
	if order != 0 {
		values.Set("order", pathID(order))
	} else {
		values.Set("service", pathID(service.ID))
	}
	return "/reports/new?" + values.Encode()
}

type reportFormPage struct {
	Shell  shell
	Panel  models.PanelRef
	Hidden []hiddenInput
	About  []fact
	Open   []reportLine // existing open reports about the service
	Reason field
	Back   string
}

func (a *app) reportForm(c *fiber.Ctx) error {
	ids := map[string]int64{}
	for _, name := range []string{"panel", "service", "order"} {
		if word := c.Query(name); word != "" {
			id, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				return models.ErrNotFound
			}
			ids[name] = id
		}
	}
	return a.showReportForm(c, reportFields{Panel: ids["panel"], Service: ids["service"], Order: ids["order"]}, field{})
}

func (a *app) showReportForm(c *fiber.Ctx, f reportFields, reason field) error {
	v := viewer(c)
	r, err := a.DB.About(c.UserContext(), v, f.input())
	if err != nil {
		return err
	}
	service := models.Key{PanelID: r.PanelID, ID: r.ServiceID}
	open, err := a.DB.OpenReports(c.UserContext(), v, service, siblings)
	if err != nil {
		return err
	}
	page := reportFormPage{Open: a.reportLines(v, open), Reason: reason, Back: pathOf("services", service),
		Hidden: []hiddenInput{{"panel", pathID(f.Panel)}, {"service", pathID(f.Service)}, {"order", pathID(f.Order)}},
		About:  []fact{{Label: "Service", Text: fmt.Sprintf("%d · %s", r.ServiceID, r.ServiceName)}}}
	page.Panel, _ = v.Panel(r.PanelID)
	if r.OrderID != 0 {
		page.About = append(page.About, fact{Label: "Order", Text: pathID(r.OrderID)})
		page.Back = pathOf("orders", models.Key{PanelID: r.PanelID, ID: r.OrderID})
	}
	if page.Shell, err = a.shell(c, "Report a problem", models.ReportList.Noun); err != nil {
		return err
	}
	return a.render(c, "reports/new", page)
}

func (a *app) addReport(c *fiber.Ctx) error {
	var fields reportFields
	if err := readForm(c, &fields); err != nil {
		return err
	}
	key, err := a.DB.AddReport(c.UserContext(), viewer(c), fields.input())
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.showReportForm(c, fields, field{fields.Reason, problems["reason"]})
	}
	return a.reportChanged(c, key, err)
}

var reportFile = map[string]fileColumn[models.Report]{
	"reported_at": timeCell(func(r models.Report) *time.Time { return &r.CreatedAt }),
	"panel":       panelCell(func(r models.Report) models.Key { return r.Key }),
	"service": {[]string{"Service ID", "Service"}, func(_ models.Viewer, r models.Report) []string {
		return []string{pathID(r.ServiceID), r.ServiceName}
	}},
	"reason":      plainCell(func(r models.Report) string { return r.Reason }),
	"reported_by": plainCell(func(r models.Report) string { return r.Reporter }),
	"status":      plainCell(func(r models.Report) string { return humanize(r.Status) }),
	"resolved": {[]string{"Resolved", "Resolved by", "Note"}, func(v models.Viewer, r models.Report) []string {
		if r.ResolvedAt == nil {
			return []string{"", "", ""}
		}
		return []string{r.ResolvedAt.In(v.Zone).Format(time.RFC3339), r.Resolver, r.Note}
	}},
}
