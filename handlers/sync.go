package handlers

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// syncPage is the page Settings › Background sync & cache.
type syncPage struct {
	Shell     shell
	Saved     string
	Warning   string // a warning about a Redis setting
	Table     syncTable
	Budget    syncBudget
	Drift     syncDrift
	Misread   syncMisread
	Engine    engineForm
	Retention []retentionForm
	Activity  activityDays
	Outbox    outboxDays
	Purges    syncPurges
}

// syncTable is the table of streams. Done is the message about the last request when htmx refreshes only the table; the
// whole page shows it above the table.
type syncTable struct {
	Tag, Done string
	Resources []syncResource
	Empty     *empty
}

// syncResource is a resource on all panels, with one stream per panel below it.
type syncResource struct {
	ID, Resource, Name string
	Interval, Records  string
	Cached             string
	Fetched            stamp
	State              badge
	Panels             string // the number of panels, in words
	Form               resourceForm
	Streams            []syncStream
}

// syncStream is a resource on one panel.
type syncStream struct {
	Panel    models.PanelRef
	Resource string
	Cached   string
	Fetched  stamp
	State    badge
	Words    string
	Stopped  bool // the first import was stopped, and a person may resume it
}

func (a *app) syncSettings(c *fiber.Ctx) error {
	v := viewer(c)
	if !v.Can(models.PermManage) {
		return models.ErrNotAllowed
	}
	switch fragmentTarget(c) {
	case "sync-purges":
		return a.syncPurgesFragment(c)
	case "sync-budget":
		return a.syncBudgetFragment(c)
	}
	return a.syncPage(c, syncForms{})
}

// syncForms holds forms that came back with errors. A nil form shows the stored values.
type syncForms struct {
	resource  *resourceForm
	engine    *engineForm
	retention *retentionForm
	activity  *activityDays
	outbox    *outboxDays
}

func (a *app) syncPage(c *fiber.Ctx, forms syncForms) error {
	v := viewer(c)
	tag := a.tag(v, "/settings/sync"+a.turn(), jobs.SyncVersion)
	if a.unchanged(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	settings, err := a.DB.ResourcesSettings(c.UserContext())
	if err != nil {
		return err
	}
	streams, err := a.DB.SyncStatuses(c.UserContext(), v, nil)
	if err != nil {
		return err
	}
	page := syncPage{Saved: syncDone[c.Query("done")], Table: syncTable{Tag: tag, Resources: a.syncResources(v, settings, streams)}, Retention: newRetentionForms(settings)}
	if c.Query("done") == "now" {
		only, _ := strconv.ParseInt(c.Query("asked"), 10, 64)
		page.Saved = strings.TrimSpace(page.Saved + " " + cannotSync(v, streams, only))
	}
	if len(streams) == 0 {
		page.Table.Empty = &empty{"Nothing to sync yet", "Connect a panel and its streams appear here.", "/settings/panels", "Connect a panel"}
	}
	if fragmentTarget(c) == "sync-table" {
		page.Table.Done = page.Saved
		return a.render(c, "settings/sync-table", page.Table)
	}
	if err := a.syncRest(c, v, &page); err != nil {
		return err
	}
	forms.into(&page)
	return a.page(c, whole{"Background sync & cache", "sync", "settings/sync", func(s shell) any { page.Shell = s; return page }})
}

// syncRest fills the parts that only the whole page shows.
func (a *app) syncRest(c *fiber.Ctx, v models.Viewer, page *syncPage) error {
	page.Warning = a.RedisWarning(c.UserContext())
	engine, err := a.DB.SyncSettings(c.UserContext())
	if err != nil {
		return err
	}
	page.Engine = newEngineForm(engine)
	if page.Activity, err = a.activityDays(c, v); err != nil {
		return err
	}
	if page.Outbox, err = a.outboxDays(c, v); err != nil {
		return err
	}
	if page.Purges, err = a.syncPurges(c, v); err != nil {
		return err
	}
	if page.Drift, err = a.syncDrift(c, v); err != nil {
		return err
	}
	if page.Misread, err = a.syncMisread(c, v); err != nil {
		return err
	}
	page.Budget, err = a.syncBudget(c, v)
	return err
}

// into replaces the stored forms with the forms that came back with errors.
func (f syncForms) into(page *syncPage) {
	if f.activity != nil {
		page.Activity = *f.activity
	}
	if f.outbox != nil {
		page.Outbox = *f.outbox
	}
	if f.engine != nil {
		page.Engine = *f.engine
	}
	for i := range page.Table.Resources {
		if f.resource != nil && f.resource.Resource == page.Table.Resources[i].Resource {
			page.Table.Resources[i].Form = *f.resource
		}
	}
	for i := range page.Retention {
		if f.retention != nil && f.retention.Resource == page.Retention[i].Resource {
			page.Retention[i].Days = f.retention.Days
		}
	}
}

func (a *app) syncResources(v models.Viewer, settings []models.ResourceSettings, streams []models.SyncStatus) []syncResource {
	var all []syncResource
	for _, s := range settings {
		of := slices.DeleteFunc(slices.Clone(streams), func(one models.SyncStatus) bool { return one.Resource != s.Name })
		if len(of) > 0 {
			all = append(all, a.syncResource(v, s, of))
		}
	}
	return all
}

func (a *app) syncResource(v models.Viewer, s models.ResourceSettings, streams []models.SyncStatus) syncResource {
	resource := syncResource{ID: "sync-" + string(s.Name), Resource: string(s.Name), Name: listTitles[string(s.Name)],
		Interval: number(int64(s.IntervalSeconds)), Records: number(int64(s.RecordsPerFetch)),
		Panels: plural(len(streams), "panel", "panels"), Form: newResourceForm(s)}
	var cached int64
	var latest time.Time
	working, troubled, paused, comparing := 0, 0, 0, 0
	for _, one := range streams {
		line := a.syncStream(v, one)
		resource.Streams = append(resource.Streams, line)
		cached += one.Cached
		if one.LastSuccessAt.After(latest) {
			latest = one.LastSuccessAt
		}
		switch line.State.Tone {
		case "failed":
			troubled++
		case "done", "moving":
			working++
		}
		switch {
		case one.PanelPaused:
			paused++
		case one.Comparing:
			comparing++
		}
	}
	resource.Cached, resource.Fetched = number(cached), newStamp(latest, a.Now(), v.Zone)
	resource.State = badge{Label: "Waiting", Tone: "waiting"}
	switch {
	case troubled > 0:
		resource.State = badge{Label: plural(troubled, "panel fails", "panels fail"), Tone: "failed"}
	case paused == len(streams):
		resource.State = badge{Label: "Paused", Tone: "off"}
	case comparing == len(streams):
		resource.State = badge{Label: "Comparing", Tone: "waiting"}
	case working > 0:
		resource.State = badge{Label: "Running", Tone: "done"}
	}
	if paused > 0 && paused < len(streams) {
		resource.State.Label += ", " + number(int64(paused)) + " paused"
	}
	if comparing > 0 && comparing < len(streams) {
		resource.State.Label += ", " + number(int64(comparing)) + " comparing"
	}
	return resource
}

func (a *app) syncStream(v models.Viewer, s models.SyncStatus) syncStream {
	panel, _ := v.Panel(s.PanelID)
	line := syncStream{Panel: panel, Resource: string(s.Resource), Cached: number(s.Cached), Fetched: newStamp(s.LastSuccessAt, a.Now(), v.Zone),
		Stopped: jobs.BackfillStopped(s.BackfillCursor)}
	line.State, line.Words = streamState(s, a.Now(), v.Zone)
	return line
}
