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

// listing is one parsed request for a list.
type listing struct {
	def    *models.List
	query  models.ListQuery
	viewer models.Viewer
	shown  []models.Column // the viewer's visible columns in their order; set only for a response with rows
	view   viewing
	tag    string // identifies the state of everything that the response depends on; "" when unknown
	// versions holds the versions of a mirrored list's rows and of its related resources; "" when unknown.
	versions string
}

// listPage is a list as a whole page. listView is the fragment inside it.
type listPage struct {
	Shell shell
	List  listView
}

// listView is a list. Rows is a placeholder for the rows that writeRows rendered.
type listView struct {
	Frame  listFrame
	Rows   template.HTML
	pieces pieces
}

func (v listView) written() pieces { return v.pieces }
func (p listPage) written() pieces { return p.List.pieces }

// serveList serves every list. read is the model's query, and show turns a row into its template value. Everything that
// show takes from the viewer or the clock must be part of the look, which is part of the cache key.
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

// openList parses the request. It takes the tag before it reads any data, so the data is at least as new as the tag.
func (a *app) openList(c *fiber.Ctx, def *models.List) listing {
	values := queryValues(c)
	if values.Get("created_from") != "" || values.Get("created_to") != "" {
		values.Del("created") // typed dates replace the preset
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

// queryValues returns the request's query parameters.
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

// tag identifies one state of a view: the viewer, the address, the build and the versions of all its data. It returns
// "" if the versions are unknown.
func (a *app) tag(v models.Viewer, address string, keys ...string) string {
	versions, ok := a.Feed.Tag(append(slices.Clone(sessionKeys), keys...)...)
	if !ok {
		return ""
	}
	sum := sha256.Sum256([]byte(a.Version + "\n" + strconv.FormatInt(v.StaffID, 10) + "\n" + address + "\n" + versions))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// unchanged reports whether the browser already shows the state that tag identifies. It also sends the tag for the next
// poll.
func (a *app) unchanged(c *fiber.Ctx, tag string) bool {
	if tag == "" {
		return false
	}
	c.Set("HX-PTag", tag)
	return isPoll(c) && c.Get("HX-PTag") == tag
}

// url returns the list's canonical address: equal queries give equal addresses.
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

// with returns the list's address with changed parameters, starting at the first page.
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
