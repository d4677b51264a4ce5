package handlers

import (
	"math"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// resourceForm holds a resource's reading interval and batch size. Open is true when it came back with errors.
type resourceForm struct {
	Resource          string
	Interval, Records field
	Open              bool
}

// engineForm holds the settings of the sync engine, such as the rate limits for calls to panels.
type engineForm struct {
	Calls, Share, Min, Max, Lookback, History field
	Adaptive                                  bool
}

func newResourceForm(s models.ResourceSettings) resourceForm {
	return resourceForm{Resource: string(s.Name), Interval: field{Value: strconv.Itoa(s.IntervalSeconds)}, Records: field{Value: strconv.Itoa(s.RecordsPerFetch)}}
}

func newEngineForm(s models.SyncSettings) engineForm {
	value := func(n int) field { return field{Value: strconv.Itoa(n)} }
	return engineForm{Calls: value(s.CallsPerSecond), Share: value(s.StaffShare), Min: value(s.MinIntervalSeconds),
		Max: value(s.MaxIntervalSeconds), Lookback: value(s.LookbackDays), History: value(s.HistoryMax), Adaptive: s.Adaptive}
}

// setSync handles all forms of Settings › Background sync & cache, because all of them post to the page's own address.
// It distinguishes them by their fields.
func (a *app) setSync(c *fiber.Ctx) error {
	if !viewer(c).Can(models.PermManage) {
		return models.ErrNotAllowed
	}
	sent := c.Request().PostArgs()
	switch {
	case sent.Has("retention_days"):
		return a.setRetention(c)
	case sent.Has("activity_days"):
		return a.setActivityDays(c)
	case sent.Has("outbox_days"):
		return a.setOutboxDays(c)
	case sent.Has("calls_per_second"):
		return a.setSyncEngine(c)
	}
	return a.setResource(c)
}

func (a *app) setResource(c *fiber.Ctx) error {
	var form struct {
		Resource string `form:"resource"`
		Interval string `form:"interval_seconds"`
		Records  string `form:"records_per_fetch"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	numbers := wholeNumbers{}
	settings := models.ResourceSettings{Name: models.Resource(form.Resource),
		IntervalSeconds: numbers.read("interval_seconds", form.Interval), RecordsPerFetch: numbers.read("records_per_fetch", form.Records)}
	err := a.DB.SetResourceSettings(c.UserContext(), viewer(c), settings)
	problems, wrong := numbers.with(err)
	if !wrong {
		return a.syncSaved(c, "saved", err)
	}
	c.Status(fiber.StatusUnprocessableEntity)
	return a.syncPage(c, syncForms{resource: &resourceForm{Resource: form.Resource, Open: true,
		Interval: field{form.Interval, problems["interval_seconds"]}, Records: field{form.Records, problems["records_per_fetch"]}}})
}

func (a *app) setSyncEngine(c *fiber.Ctx) error {
	var form struct {
		Calls    string `form:"calls_per_second"`
		Share    string `form:"staff_share"`
		Min      string `form:"min_interval_seconds"`
		Max      string `form:"max_interval_seconds"`
		Lookback string `form:"lookback_days"`
		History  string `form:"history_max"`
		Adaptive string `form:"adaptive"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	if form.History == "" { // a form from the previous version of the page
		stored, err := a.DB.SyncSettings(c.UserContext())
		if err != nil {
			return err
		}
		form.History = strconv.Itoa(stored.HistoryMax)
	}
	adaptive := form.Adaptive != "" && form.Adaptive != "false" && form.Adaptive != "0"
	numbers := wholeNumbers{}
	err := a.DB.SetSyncSettings(c.UserContext(), viewer(c), models.SyncSettings{
		CallsPerSecond: numbers.read("calls_per_second", form.Calls), StaffShare: numbers.read("staff_share", form.Share),
		MinIntervalSeconds: numbers.read("min_interval_seconds", form.Min), MaxIntervalSeconds: numbers.read("max_interval_seconds", form.Max),
		LookbackDays: numbers.read("lookback_days", form.Lookback), HistoryMax: numbers.read("history_max", form.History), Adaptive: adaptive})
	problems, wrong := numbers.with(err)
	if !wrong {
		return a.syncSaved(c, "saved", err)
	}
	c.Status(fiber.StatusUnprocessableEntity)
	return a.syncPage(c, syncForms{engine: &engineForm{Calls: field{form.Calls, problems["calls_per_second"]},
		Share: field{form.Share, problems["staff_share"]}, Min: field{form.Min, problems["min_interval_seconds"]},
		Max: field{form.Max, problems["max_interval_seconds"]}, Lookback: field{form.Lookback, problems["lookback_days"]}, History: field{form.History, problems["history_max"]}, Adaptive: adaptive}})
}

// syncDone maps the "done" parameter of the address to the message that the page shows after a form.
var syncDone = map[string]string{
	"saved":     "Saved. The change applies within two seconds.",
	"retention": "Saved. Masterpanel deletes older rows in the background. Retention shows the progress.",
	"now":       "Requested. The worker reads it before everything else.",
	"read-on":   "Requested. The worker continues the history after all other reads.",
	"reread":    "Requested. The worker reads all records again after all other reads. Nothing is deleted.",
}

// syncSaved ends a form of the page: it returns the error, or redirects to the page with a message.
func (a *app) syncSaved(c *fiber.Ctx, done string, err error) error {
	if err != nil {
		return err
	}
	a.changed(c, jobs.SyncVersion)
	return back(c, "/settings/sync?done="+done)
}

// wholeNumbers collects the errors of whole-number fields by field name. An unreadable number counts as -1, which no
// setting allows, so that models also reports the errors of the other fields.
type wholeNumbers map[string]string

func (w wholeNumbers) read(name, text string) int {
	n, problem := readWhole(text)
	if problem == "" && n > math.MaxInt32 {
		problem = "This is too large. The maximum is " + number(math.MaxInt32) + "."
	}
	if problem != "" {
		w[name] = problem
		return -1
	}
	return int(n)
}

// with merges the parse errors with the field errors in err. It reports whether any field is wrong.
func (w wholeNumbers) with(err error) (models.Invalid, bool) {
	problems, wrong := fieldErrors(err)
	if !wrong {
		return nil, false
	}
	for name, words := range w {
		problems[name] = words
	}
	return problems, true
}
