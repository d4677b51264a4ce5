package handlers

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// viewing is which of the viewer's saved views a list is looked at through. An address that names a view and nothing
// else means that view as it is kept now; one that names more, even an empty search, means what it names, and the view
// is what it is compared with. An address that names nothing means the viewer's default view, and view=none no view.
type viewing struct {
	all     []models.SavedView
	chosen  *models.SavedView
	params  url.Values // what the chosen view means to this viewer, spelled as the list spells it
	notices []string
	lost    bool   // a view was asked for and could not be read: no row may be shown in place of its own
	tag     string // moves when any of this does
}

const noView = "none"

// openView reads which view is meant and fills in what it keeps.
func (a *app) openView(c *fiber.Ctx, l listing, values url.Values) (w viewing) {
	word := values.Get("view")
	values.Del("view")
	named := l.namesMore(values)
	var err error
	if w.all, w.tag, err = a.savedViews(c.UserContext(), l.viewer, l.def); err != nil {
		a.Log.Error("saved views cannot be read", "list", l.def.Noun, "request", requestID(c), "error", err)
		w.lost = word != "" && word != noView && !named
		w.notices = []string{"Your saved views could not be read. Reload the page to try again."}
		return w
	}
	switch {
	case word == "" && !named && !isPoll(c) && values.Get("after") == "" && values.Get("before") == "":
		w.choose(func(s models.SavedView) bool { return s.Default })
	case word != "" && word != noView:
		if !w.choose(func(s models.SavedView) bool { return pathID(s.ID) == word }) {
			w.notices = []string{"There is no such view, or it is not yours. The list is as without it."}
		}
	}
	if w.chosen == nil {
		return w
	}
	kept, notices := w.chosen.For(l.viewer)
	w.params = models.ParseListQuery(l.def, kept, l.viewer.Zone, a.Now()).ViewParams(l.def)
	if !named {
		maps.Copy(values, kept)
		w.notices = notices
	}
	return w
}

func (w *viewing) choose(is func(models.SavedView) bool) bool {
	i := slices.IndexFunc(w.all, is)
	if i >= 0 {
		w.chosen = &w.all[i]
	}
	return i >= 0
}

// namesMore tells whether an address says by itself what the list shows.
func (l listing) namesMore(values url.Values) bool {
	names := []string{"panel", "q", "tab", "created", "created_from", "created_to", "sort"}
	for _, f := range l.def.Filters {
		names = append(names, f.Name)
	}
	return slices.ContainsFunc(names, values.Has)
}

// edited tells whether the list shows something else than the chosen view keeps.
func (l listing) edited() bool {
	return l.view.chosen != nil && l.query.ViewParams(l.def).Encode() != l.view.params.Encode()
}

// address is the list's address with the given parameters, seen through the chosen view.
func (l listing) address(values url.Values) string {
	if l.view.chosen == nil {
		return l.view.plain(l.def, values)
	}
	all, own := url.Values{"view": {pathID(l.view.chosen.ID)}}, maps.Clone(values)
	for _, name := range []string{"per", "after", "before"} {
		set(all, name, own.Get(name))
		own.Del(name)
	}
	if own.Encode() == l.view.params.Encode() {
		return address(l.def, all)
	}
	if len(own) == 0 {
		own.Set("q", "") // or it would mean the view
	}
	maps.Copy(all, own)
	return address(l.def, all)
}

// plain is a list's address through no view.
func (w viewing) plain(def *models.List, values url.Values) string {
	if len(values) == 0 && slices.ContainsFunc(w.all, func(s models.SavedView) bool { return s.Default }) {
		values = url.Values{"view": {noView}}
	}
	return address(def, values)
}

func (w viewing) hidden() []hiddenInput {
	if w.chosen == nil {
		return nil
	}
	return []hiddenInput{{"view", pathID(w.chosen.ID)}}
}

// viewBar are a list's saved views as tabs, and what can be done with the one that is chosen.
type viewBar struct {
	Tabs    []tab
	Save    *viewSave // the chosen view is not what is shown
	New     *viewForm // what is shown can be kept under a name
	NewWord string
	Edit    *viewForm // of the chosen view
}

// viewSave takes what is shown into the chosen view, if one may, or goes back to it.
type viewSave struct{ Action, List, Query, Cancel string }

// mostCountedViews is of how many views the rows are counted. What that takes is part of the request's time for counting.
const mostCountedViews = 12

func (a *app) viewBar(ctx context.Context, db *models.DB, l listing, shown models.Count) viewBar {
	bar, query, edited := viewBar{Tabs: a.viewTabs(ctx, db, l, shown)}, l.query.ViewParams(l.def).Encode(), l.edited()
	if s := l.view.chosen; s != nil {
		if !edited {
			bar.Edit = editForm(l.viewer, *s)
		} else {
			bar.Save = &viewSave{List: l.def.Noun, Query: query, Cancel: address(l.def, url.Values{"view": {pathID(s.ID)}})}
			if s.EditableBy(l.viewer) {
				bar.Save.Action = viewPath(s.ID) + "/query"
			}
		}
	}
	if edited || l.view.chosen == nil && query != "" {
		bar.New, bar.NewWord = newViewForm(l.viewer, l.def, query), "Save view"
		if edited {
			bar.NewWord = "Save as"
		}
	}
	return bar
}

// viewTabs are the list without a view and then each view. Their numbers are kept for a while and may lag behind.
func (a *app) viewTabs(ctx context.Context, db *models.DB, l listing, shown models.Count) []tab {
	if len(l.view.all) == 0 {
		return nil
	}
	_, many := rowWords(l.def)
	tabs := []tab{{ID: l.def.Noun + "-view-none", Label: "All " + many, URL: l.view.plain(l.def, url.Values{}), Current: l.view.chosen == nil}}
	for i, s := range l.view.all {
		t := tab{ID: l.def.Noun + "-view-" + pathID(s.ID), Label: s.Name, URL: address(l.def, url.Values{"view": {pathID(s.ID)}}),
			Current: l.view.chosen != nil && l.view.chosen.ID == s.ID, Shared: s.Shared()}
		if t.Current && !l.edited() {
			t.Count = countWords(shown)
		} else if i < mostCountedViews {
			t.Count = a.viewCount(ctx, db, l, s)
		}
		tabs = append(tabs, t)
	}
	return tabs
}

// viewCount is how many rows a view has, in words, or "" when that cannot be told.
func (a *app) viewCount(ctx context.Context, db *models.DB, l listing, s models.SavedView) string {
	kept, _ := s.For(l.viewer)
	q := models.ParseListQuery(l.def, kept, l.viewer.Zone, a.Now())
	scope := q.Panels
	if len(scope) == 0 {
		scope = l.viewer.Scope(nil)
	}
	key := countKey{l.viewer.StaffID, s.ID, q.ViewParams(l.def).Encode() + fmt.Sprint(scope)}
	if n, ok := a.saved.count(key); ok {
		return countWords(n)
	}
	n, err := db.Count(ctx, l.viewer, l.def, q)
	if err != nil {
		a.Log.Warn("a view was not counted", "view", s.ID, "error", err)
		return ""
	}
	a.saved.putCount(key, n)
	return countWords(n)
}

func viewPath(id int64) string { return "/views/" + strconv.FormatInt(id, 10) }
