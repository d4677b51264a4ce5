package handlers

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// detailFrame is the frame around one record's detail: its title, its addresses and how often it polls.
type detailFrame struct {
	Noun, Title, URL, Back, Tag, Row string
	ID                               int64
	Panel                            models.PanelRef
	Soon                             bool // part of it is about to change, so it polls sooner
	Live                             bool // it is a conversation
}

// Every returns the polling interval in seconds.
func (f detailFrame) Every() int {
	if f.Soon {
		return 2
	}
	if f.Live {
		return 1
	}
	return 10
}

// detailRequest is one request for a detail. done is true after the response 304 Not Modified was sent.
type detailRequest struct {
	noun   string
	key    models.Key
	viewer models.Viewer
	panel  models.PanelRef
	tag    string
	done   bool
}

// pathOf returns the address of one mirrored row.
func pathOf(noun string, key models.Key) string {
	return fmt.Sprintf("/%s/%d/%d", noun, key.PanelID, key.ID)
}

// userURL returns the address of the users list, filtered by a panel and a customer's name.
func userURL(panelID int64, username string) string {
	return "/users?" + url.Values{"panel": {strconv.FormatInt(panelID, 10)}, "q": {username}}.Encode()
}

// openDetail reads the requested row's key and computes the response tag. The tag covers all given resources on every
// panel of the viewer, because the same link or person may appear on other panels too.
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

// readDetail reads the row's key from the address. It returns ErrNotFound if the viewer may not see the panel.
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

// idParam returns an ID from the address.
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

// serveDetail responds with the side panel's content, a refreshed detail or a whole page.
func serveDetail[View any](a *app, c *fiber.Ctx, f detailFrame, view View, page func(shell) any) error {
	template := f.Noun + "/detail"
	return a.page(c, whole{f.Title + " · " + f.Panel.ShortCode, f.Noun, f.Noun + "/show", page},
		fragment{"side", template, view}, fragment{f.Noun + "-detail", template, view})
}
