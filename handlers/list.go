package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// listing is one request for a list, read and understood.
type listing struct {
	def    *models.List
	query  models.ListQuery
	viewer models.Viewer
	shown  []models.Column // those that the viewer has, in their order; of an answer that shows rows
	view   viewing
	tag    string // names what the answer depends on, or "" when that is not known
	// versions are those of the rows and of what stands beside them, or "" when they are not known; of a mirrored list
	versions string
}

// listPage is a list as a page, and listView as the fragment in it.
type listPage struct {
	Shell shell
	List  listView
}

// listView is a list; Rows is the place of what writeRows wrote.
type listView struct {
	Frame  listFrame
	Rows   template.HTML
	pieces pieces
}

func (v listView) written() pieces { return v.pieces }
func (p listPage) written() pieces { return p.List.pieces }

// serveList answers every list: read is the noun's query, show makes a row ready for its templates. What show takes from
// the viewer and the clock is in look.
func serveList[T any, P listedRow[T], Row any](a *app, c *fiber.Ctx, def *models.List,
	read func(context.Context, models.Viewer, models.ListQuery) (models.Page[T], error),
	show func(*app, models.Viewer, T) Row,
) error {
	l := a.openList(c, def)
	if a.unchanged(c, l.tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	l.shown = def.Shown(l.viewer)
	held := a.heldRows(l)
	if held.hashed && a.answeredBefore(l, held.look) {
		l.query.Kept = held.has
	}
	found, err := read(c.UserContext(), l.viewer, l.query)
	if err != nil {
		return err
	}
	around, err := a.around(c.UserContext(), l, len(found.Rows), found.Matching, found.Next, found.Prev)
	if err != nil {
		return err
	}
	view := listView{Frame: listFrame{Noun: def.Noun, Title: around.top.Title, URL: l.url(), Tag: l.tag, TableClass: l.tableClass(), Selection: around.bottom.Selection,
		Shown: models.FormatKeys(found.Keys()), Waiting: l.waiting(found.Waiting)}}
	err = a.inTurn(func() (err error) {
		if view.Frame.Parts, err = a.listParts(l, around, &view.pieces); err != nil {
			return err
		}
		rows, err := writeRows[T, P](a, l, found.Rows, held, show)
		view.Rows = view.pieces.in(a.views, rows)
		return err
	})
	if err != nil {
		return err
	}
	if err := a.noteSearch(c, l); err != nil {
		return err
	}
	if isHTMX(c) && !isPoll(c) {
		c.Set("HX-Push-Url", view.Frame.URL)
	}
	page := func(s shell) any { return listPage{Shell: s, List: view} }
	return a.page(c, whole{around.top.Title, sectionOfList(def), "list/page", page},
		fragment{def.Noun + "-list", "list/table", view})
}

// openList reads the request and takes its tag, before anything is read that the tag stands for.
func (a *app) openList(c *fiber.Ctx, def *models.List) listing {
	values := queryValues(c)
	if values.Get("created_from") != "" || values.Get("created_to") != "" {
		values.Del("created") // days that were typed say more than the preset that they replace
	}
	v := viewer(c)
	l := listing{def: def.For(v), viewer: v}
	l.view = a.openView(c, l, values)
	l.query = models.ParseListQuery(l.def, values, l.viewer.Zone, a.Now())
	if isPoll(c) {
		l.query.Shown = models.ParseShown(c.Get("X-Shown"))
	}
	l.query.Notices = append(l.query.Notices, l.view.notices...)
	if l.view.lost {
		l.query.Only = []models.Key{}
	}
	if def.Noun == models.OutboxList.Noun {
		l.tag = a.tag(l.viewer, l.url()+"\n"+l.view.tag, outboxKeys(l.viewer)...)
		return l
	}
	if def.Resource == "" {
		l.tag = a.tag(l.viewer, l.url()+"\n"+l.view.tag+a.turn())
		return l
	}
	var keys []string
	for _, r := range append([]models.Resource{def.Resource}, def.Beside...) {
		keys = append(keys, resourceKeys(r, l.viewer.Scope(l.query.Panels))...)
	}
	if def.Resource == models.Tickets {
		keys = append(keys, presenceKeys(l.viewer.Scope(l.query.Panels))...)
	}
	l.versions, _ = a.Feed.Tag(keys...)
	l.tag = a.tag(l.viewer, l.url()+"\n"+l.view.tag, keys...)
	return l
}

// queryValues are the request's parameters.
func queryValues(c *fiber.Ctx) url.Values {
	values := url.Values{}
	c.Context().QueryArgs().VisitAll(func(key, value []byte) { values.Add(string(key), string(value)) })
	return values
}

func resourceKeys(r models.Resource, panelIDs []int64) []string {
	keys := make([]string, len(panelIDs))
	for i, id := range panelIDs {
		keys[i] = jobs.ResourceVersion(id, r)
	}
	return keys
}

// tag names a view: who looks at what, in which build, and the versions of all that it is made from. It is "" when
// those versions are not known.
func (a *app) tag(v models.Viewer, address string, keys ...string) string {
	versions, ok := a.Feed.Tag(append(slices.Clone(sessionKeys), keys...)...)
	if !ok {
		return ""
	}
	sum := sha256.Sum256([]byte(a.Version + "\n" + strconv.FormatInt(v.StaffID, 10) + "\n" + address + "\n" + versions))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// unchanged tells whether the browser already shows what the tag names, and gives it the tag to ask with next time.
func (a *app) unchanged(c *fiber.Ctx, tag string) bool {
	if tag == "" {
		return false
	}
	c.Set("HX-PTag", tag)
	return isPoll(c) && c.Get("HX-PTag") == tag
}

// url is the list's own address: what it was asked for, spelled in one way.
func (l listing) url() string {
	var start models.ListQuery
	values := l.query.Params(l.def)
	if l.query.After != start.After {
		values.Set("after", l.query.After.String())
	}
	if l.query.Before != start.Before {
		values.Set("before", l.query.Before.String())
	}
	return l.address(values)
}

// with is the address of the list after a change of its parameters, from its first page.
func (l listing) with(change func(url.Values)) string {
	values := l.query.Params(l.def)
	change(values)
	return l.address(values)
}

func address(def *models.List, values url.Values) string {
	if len(values) == 0 {
		return "/" + def.Noun
	}
	return "/" + def.Noun + "?" + values.Encode()
}
