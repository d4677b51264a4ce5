package handlers

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// detailFrame is what stands around one thing seen closely.
type detailFrame struct {
	Noun, Title, URL, Back, Tag, Row string
	ID                               int64
	Panel                            models.PanelRef
	Soon                             bool // something of it is about to change, so it asks again sooner
	Live                             bool // it is a conversation
}

// Every is after how many seconds it asks again.
func (f detailFrame) Every() int {
	if f.Soon {
		return 2
	}
	if f.Live {
		return 1
	}
	return 10
}

// detailRequest is one request for a detail. done says that it has been answered with "unchanged".
type detailRequest struct {
	noun   string
	key    models.Key
	viewer models.Viewer
	panel  models.PanelRef
	tag    string
	done   bool
}

// pathOf is the address of one mirrored row.
func pathOf(noun string, key models.Key) string {
	return fmt.Sprintf("/%s/%d/%d", noun, key.PanelID, key.ID)
}

// userURL finds a customer by name in the list of users.
func userURL(panelID int64, username string) string {
	return "/users?" + url.Values{"panel": {strconv.FormatInt(panelID, 10)}, "q": {username}}.Encode()
}

// openDetail reads which row is meant. Its tag follows all resources given, on the row's panel and, because the same
// link or person may be on others, on every panel of the viewer.
func (a *app) openDetail(c *fiber.Ctx, noun string, resources ...models.Resource) (detailRequest, error) {
	d, err := readDetail(c, noun)
	if err != nil {
		return d, err
	}
	a.watch(c, d)
	keys := []string{jobs.OutboxVersion(d.key.PanelID)}
	for _, r := range resources {
		keys = append(keys, resourceKeys(r, d.viewer.PanelIDs())...)
	}
	d.tag = a.tag(d.viewer, pathOf(noun, d.key), keys...)
	if a.unchanged(c, d.tag) {
		d.done = true
		return d, c.SendStatus(fiber.StatusNotModified)
	}
	return d, nil
}

// readDetail reads which row the address means; it must be on a panel that the viewer may see.
func readDetail(c *fiber.Ctx, noun string) (detailRequest, error) {
	d := detailRequest{noun: noun, viewer: viewer(c)}
	panelID, err := idParam(c, "panel")
	if err != nil {
		return d, err
	}
	id, err := idParam(c, "id")
	if err != nil {
		return d, err
	}
	panel, ok := d.viewer.Panel(panelID)
	if !ok {
		return d, models.ErrNotFound
	}
	d.key, d.panel = models.Key{PanelID: panelID, ID: id}, panel
	return d, nil
}

// idParam is an id in the address.
func idParam(c *fiber.Ctx, name string) (int64, error) {
	id, err := strconv.ParseInt(c.Params(name), 10, 64)
	if err != nil {
		return 0, models.ErrNotFound
	}
	return id, nil
}

func (d detailRequest) frame(title string, id int64) detailFrame {
	return detailFrame{
		Noun: d.noun, Title: title + " " + strconv.FormatInt(id, 10), URL: pathOf(d.noun, d.key), Back: "/" + d.noun, Tag: d.tag,
		Row: fmt.Sprintf("%s-row-%d-%d", d.noun, d.key.PanelID, d.key.ID), ID: id, Panel: d.panel,
	}
}

// serveDetail answers with the side panel's content, with a refreshed detail, or with a page of its own.
func serveDetail[View any](a *app, c *fiber.Ctx, f detailFrame, view View, page func(shell) any) error {
	template := f.Noun + "/detail"
	return a.page(c, whole{f.Title + " · " + f.Panel.ShortCode, f.Noun, f.Noun + "/show", page},
		fragment{"side", template, view}, fragment{f.Noun + "-detail", template, view})
}
