package handlers

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// retentionForm is the form for how many days a resource's rows are kept.
type retentionForm struct {
	Resource, Name, Hint string
	Days                 field
}

// retentionPage shows how much a shorter retention will delete, before it applies.
type retentionPage struct {
	Shell                shell
	Resource, Name, Days string
	Words, Submit        string
	Panels               []retentionPanel
	Deletes, Keeps       string
}

type retentionPanel struct {
	Panel          models.PanelRef
	Deletes, Keeps string
}

// syncPurges shows the progress of deletions.
type syncPurges struct {
	Tag   string
	Lines []purgeLine
}

// purgeLine is the deletion of a resource's old rows on all panels.
type purgeLine struct {
	Name, Words string
	Running     bool
	Done, Of    int64 // the progress bar's value and maximum
}

// retentionTies says which old rows are kept.
var retentionTies = map[models.Resource]string{
	models.Orders:   "Orders are kept while an open ticket, a pending action or an open report needs them.",
	models.Payments: "Payments are kept while an open ticket or a pending action needs them.",
	models.Tickets:  "Open and snoozed tickets, tickets with notes, and tickets with a pending action are kept.",
}

func newRetentionForms(settings []models.ResourceSettings) []retentionForm {
	var forms []retentionForm
	for _, s := range settings {
		if !s.Name.Ages() {
			continue
		}
		form := retentionForm{Resource: string(s.Name), Name: listTitles[string(s.Name)], Hint: "Days since they were created."}
		if s.Name == models.Tickets {
			form.Hint = "Days since their last update."
		}
		if s.RetentionDays != nil {
			form.Days.Value = strconv.Itoa(*s.RetentionDays)
		}
		forms = append(forms, form)
	}
	return forms
}

// setRetention saves a retention. If it would delete rows, it first shows a preview and saves only with confirm.
func (a *app) setRetention(c *fiber.Ctx) error {
	var form struct {
		Resource string `form:"resource"`
		Days     string `form:"retention_days"`
		Confirm  string `form:"confirm"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	numbers := wholeNumbers{}
	settings := models.ResourceSettings{Name: models.Resource(form.Resource)}
	if strings.TrimSpace(form.Days) != "" {
		days := numbers.read("retention_days", form.Days)
		settings.RetentionDays = &days
	}
	previews, err := a.DB.PreviewRetention(c.UserContext(), viewer(c), settings)
	if problems, wrong := numbers.with(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.syncPage(c, syncForms{retention: &retentionForm{Resource: form.Resource, Days: field{form.Days, problems["retention_days"]}}})
	}
	if err != nil {
		return err
	}
	deletes, err := a.DB.RetentionDeletes(c.UserContext(), settings)
	if err != nil {
		return err
	}
	if deletes && form.Confirm != "yes" {
		return a.confirmRetention(c, settings, previews)
	}
	done := "saved"
	if deletes {
		done = "retention"
	}
	return a.syncSaved(c, done, a.DB.SetRetention(c.UserContext(), viewer(c), settings))
}

func (a *app) confirmRetention(c *fiber.Ctx, s models.ResourceSettings, previews []models.PurgePreview) error {
	days := *s.RetentionDays
	page := retentionPage{Resource: string(s.Name), Name: listTitles[string(s.Name)], Days: strconv.Itoa(days)}
	var deletes, keeps int64
	for _, p := range previews {
		panel, _ := viewer(c).Panel(p.PanelID)
		page.Panels = append(page.Panels, retentionPanel{panel, number(p.Delete), number(p.Keep)})
		deletes, keeps = deletes+p.Delete, keeps+p.Keep
	}
	page.Deletes, page.Keeps, page.Submit = number(deletes), number(keeps), "Delete "+plural(int(deletes), "row", "rows")
	if deletes == 0 {
		page.Submit = "Keep for " + plural(days, "day", "days")
	}
	page.Words = page.Name + " from before " + s.Cutoff(a.Now()).Format("2 January 2006") + " (UTC) will be deleted here. Later, each row is deleted when it is older than " +
		plural(days, "day", "days") + ". Nothing changes on the panels."
	if s.Name != models.Tickets {
		page.Words += " Daily totals stay."
	}
	page.Words += " " + retentionTies[s.Name]
	return a.page(c, whole{"Delete old " + string(s.Name), "sync", "settings/sync-retention", func(s shell) any { page.Shell = s; return page }})
}

func (a *app) syncPurgesFragment(c *fiber.Ctx) error {
	view, err := a.syncPurges(c, viewer(c))
	if err != nil {
		return err
	}
	if a.unchanged(c, view.Tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return a.render(c, "settings/sync-purges", view)
}

func (a *app) syncPurges(c *fiber.Ctx, v models.Viewer) (syncPurges, error) {
	view := syncPurges{Tag: a.tag(v, "/settings/sync#purges", jobs.SyncVersion)}
	purges, err := a.DB.Purges(c.UserContext(), v)
	if err != nil {
		return view, err
	}
	for _, r := range models.Resources {
		var sum models.Purge
		running, panels := 0, 0
		for _, p := range purges {
			if p.Resource != r {
				continue
			}
			panels++
			sum.Deleted, sum.Expected, sum.Kept = sum.Deleted+p.Deleted, sum.Expected+p.Expected, sum.Kept+p.Kept
			if p.FinishedAt.IsZero() {
				running++
			} else if p.FinishedAt.After(sum.FinishedAt) {
				sum.FinishedAt = p.FinishedAt
			}
		}
		if panels > 0 {
			view.Lines = append(view.Lines, newPurgeLine(listTitles[string(r)], sum, running, newStamp(sum.FinishedAt, a.Now(), v.Zone)))
		}
	}
	return view, nil
}

func newPurgeLine(name string, sum models.Purge, running int, finished stamp) purgeLine {
	line := purgeLine{Name: name, Running: running > 0, Done: sum.Deleted, Of: max(sum.Expected, sum.Deleted, 1)}
	kept := ""
	if sum.Kept > 0 {
		kept = " " + number(sum.Kept) + " stay because they are still needed."
	}
	if line.Running {
		line.Words = "Deleting: " + number(sum.Deleted) + " of " + number(max(sum.Expected, sum.Deleted)) + "; " +
			plural(running, "panel", "panels") + " to go."
		return line
	}
	line.Words = number(sum.Deleted) + " deleted; finished " + finished.Short + "." + kept
	return line
}
