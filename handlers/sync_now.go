package handlers

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// askForm selects a resource and a panel; blank means all.
type askForm struct {
	Resource string `form:"resource"`
	Panel    int64  `form:"panel"`
	Section  string `form:"section"`
	Next     string `form:"next"`
}

func (f askForm) panels() []int64 {
	if f.Panel == 0 {
		return nil
	}
	return []int64{f.Panel}
}

func (f askForm) resources() ([]models.Resource, error) {
	if f.Resource == "" {
		return models.Resources, nil
	}
	if r := models.Resource(f.Resource); slices.Contains(models.Resources, r) {
		return []models.Resource{r}, nil
	}
	return nil, models.ErrNotFound
}

// readAsk reads the form. It returns ErrNotFound for an unknown resource.
func readAsk(c *fiber.Ctx) (form askForm, resources []models.Resource, err error) {
	if err = readForm(c, &form); err == nil {
		resources, err = form.resources()
	}
	return form, resources, err
}

// syncNow requests an immediate read of resources, from Settings › Background sync & cache.
func (a *app) syncNow(c *fiber.Ctx) error {
	form, resources, err := readAsk(c)
	if err != nil {
		return err
	}
	if !viewer(c).Can(models.PermManage) {
		return models.ErrNotAllowed
	}
	return a.syncSaved(c, "now&asked="+pathID(form.Panel), a.wake(c, form.panels(), resources))
}

// reread requests a complete new read of resources from the beginning.
func (a *app) reread(c *fiber.Ctx) error {
	form, resources, err := readAsk(c)
	if err != nil {
		return err
	}
	return a.syncSaved(c, "reread", a.DB.Reread(c.UserContext(), viewer(c), form.panels(), resources))
}

// readOn resumes first imports that were stopped because they did not seem to end.
func (a *app) readOn(c *fiber.Ctx) error {
	form, resources, err := readAsk(c)
	if err != nil {
		return err
	}
	return a.syncSaved(c, "read-on", a.DB.ReadOn(c.UserContext(), viewer(c), form.panels(), resources))
}

// refreshNow requests an immediate read of the resources of a section. Every viewer may do this, because they see this
// data.
func (a *app) refreshNow(c *fiber.Ctx) error {
	var form askForm
	if err := readForm(c, &form); err != nil {
		return err
	}
	if err := a.wake(c, nil, feeding(form.Section)); err != nil {
		return err
	}
	a.changed(c, jobs.SyncVersion)
	if !isHTMX(c) {
		return back(c, localPath(form.Next))
	}
	fresh, err := a.freshness(c.UserContext(), viewer(c), form.Section)
	if err != nil {
		return err
	}
	fresh.Asked = true
	fresh.Tag = "" // the next poll then shows the result
	return a.render(c, "shell/fresh", fresh)
}

// wake makes streams due and wakes workers for them. The database already says that they are due, so a failed wake-up
// only costs a second.
func (a *app) wake(c *fiber.Ctx, panels []int64, resources []models.Resource) error {
	streams, err := a.DB.SyncNow(c.UserContext(), viewer(c), panels, resources)
	if err != nil {
		return err
	}
	for _, key := range streams {
		if err := a.WakeSync(c.UserContext(), key); err != nil {
			a.Log.Warn("sync: cannot wake stream, the schedule will enqueue it", "panel", key.PanelID, "resource", key.Resource, "error", err)
			break
		}
	}
	return nil
}
