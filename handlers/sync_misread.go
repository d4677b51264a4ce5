package handlers

import (
	"net/url"
	"regexp"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// syncMisread lists data from panels that was not understood: fields of records that are listed nevertheless, and
// records that are set aside because they have no ID or cannot be stored.
type syncMisread struct {
	Members []misreadLine
	Aside   []asideLine
	More    string // how many set-aside records the page omits, in words
}

type misreadLine struct {
	Panel      models.PanelRef
	Words, URL string
}

type asideLine struct {
	Panel             models.PanelRef
	Name, Reason, URL string
	Last              stamp
}

// asideShown is how many set-aside records the page lists.
const asideShown = 50

func (a *app) syncMisread(c *fiber.Ctx, v models.Viewer) (syncMisread, error) {
	var view syncMisread
	members, err := a.DB.MisreadMembers(c.UserContext(), v)
	if err != nil {
		return view, err
	}
	for _, m := range members {
		panel, _ := v.Panel(m.PanelID)
		view.Members = append(view.Members, misreadLine{panel, misreadWords(m), misreadURL(m)})
	}
	aside, total, err := a.DB.AsideRecords(c.UserContext(), v, asideShown)
	if err != nil {
		return view, err
	}
	for _, q := range aside {
		panel, _ := v.Panel(q.PanelID)
		view.Aside = append(view.Aside, asideLine{Panel: panel, Name: string(q.Resource) + " " + q.Record, Reason: sentence(q.Reason),
			URL: "/settings/sync/aside?" + url.Values{"panel": {pathID(q.PanelID)}, "resource": {string(q.Resource)}, "record": {q.Record}}.Encode(), Last: newStamp(q.LastAt, a.Now(), v.Zone)})
	}
	if n := total - int64(len(aside)); n > 0 {
		view.More = plural(int(n), "more record is set aside.", "more records are set aside.")
	}
	return view, nil
}

// misreadWords says in how many records a field was not understood.
func misreadWords(m models.MisreadMember) string {
	things := string(m.Resource)
	if m.Messages {
		things = "messages of tickets"
	}
	n := number(m.Records)
	if m.More {
		n += "+"
	}
	return m.Member + ": not understood in " + n + " " + things
}

// misreadURL links to one of the records. The mirror keeps no record of a message, so the link opens the ticket.
func misreadURL(m models.MisreadMember) string {
	key := models.Key{PanelID: m.PanelID, ID: m.Example}
	if m.Messages {
		return pathOf("tickets", key)
	}
	return "/settings/sync/records" + pathOf(string(m.Resource), key) + "?member=" + url.QueryEscape(m.Member)
}

// recordPage shows a record as its panel sent it, without the fields that the viewer may not see.
type recordPage struct {
	Shell                      shell
	Panel                      models.PanelRef
	Title, Words, Text, Hidden string
	URL                        string // the address of the row, if it is listed
}

// syncRecord shows the record of a row and says which of its fields was not understood.
func (a *app) syncRecord(c *fiber.Ctx) error {
	if !viewer(c).Can(models.PermManage) {
		return models.ErrNotAllowed
	}
	resource := c.Params("resource")
	d, err := readDetail(c, resource)
	if err != nil {
		return err
	}
	raw, err := a.DB.RecordOf(c.UserContext(), d.viewer, models.Resource(resource), d.key)
	if err != nil {
		return err
	}
	if err := a.noteRecord(c, models.Resource(resource), d); err != nil {
		return err
	}
	page := recordPage{Panel: d.panel, Title: "Record of " + resource + " " + pathID(d.key.ID), URL: pathOf(resource, d.key)}
	if member := c.Query("member"); memberName.MatchString(member) {
		page.Words = "This member was not understood: " + member + "."
	}
	page.Text, page.Hidden = shownRecord(d.viewer, raw)
	return a.recordPage(c, page)
}

// syncAside shows a record that is set aside.
func (a *app) syncAside(c *fiber.Ctx) error {
	v := viewer(c)
	q, err := a.DB.AsideRecord(c.UserContext(), v, int64(c.QueryInt("panel")), models.Resource(c.Query("resource")), c.Query("record"))
	if err != nil {
		return err
	}
	page := recordPage{Title: "Set aside: " + string(q.Resource) + " " + q.Record, Words: sentence(q.Reason)}
	page.Panel, _ = v.Panel(q.PanelID)
	page.Text, page.Hidden = shownRecord(v, q.Raw)
	return a.recordPage(c, page)
}

func (a *app) recordPage(c *fiber.Ctx, page recordPage) error {
	return a.page(c, whole{page.Title, "sync", "settings/sync-record", func(s shell) any { page.Shell = s; return page }})
}

var memberName = regexp.MustCompile(`^[a-z_.]{1,60}$`)

// noteRecord writes an activity entry when a person views a customer's record.
func (a *app) noteRecord(c *fiber.Ctx, r models.Resource, d detailRequest) error {
	if r != models.Users {
		return nil
	}
	u, err := a.DB.User(c.UserContext(), d.viewer, d.key)
	if err != nil {
		return err
	}
	return a.noteOpen(c, u)
}
