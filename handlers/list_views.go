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

// viewing is the saved view through which the viewer sees a list. An address with only a view applies the view as saved
// now. An address with further parameters, even an empty search, uses only its own parameters; the list then compares
// itself with the view. An empty address applies the viewer's default view; view=none applies no view.
type viewing struct {
	all     []models.SavedView
	chosen  *models.SavedView
	params  url.Values // the chosen view's parameters for this viewer, in canonical form
	notices []string
	lost    bool   // the requested view could not be read, so the list must show no rows instead of wrong ones
	tag     string // changes when any of the viewer's views changes
}

const noView = "none"

// openView finds the requested view and fills values with its saved parameters.
func (a *app) openView(c *fiber.Ctx, l listing, values url.Values) (w viewing) {
	word := values.Get("view")
	values.Del("view")
	named := l.namesMore(values)
	var err error
	if w.all, w.tag, err = a.savedViews(c.UserContext(), l.viewer, l.def); err != nil {
		a.Log.Error("views: cannot read saved views", "list", l.def.Noun, "request", requestID(c), "error", err)
		w.lost = word != "" && word != noView && !named
		w.notices = []string{"Your saved views could not be read. Reload the page to try again."}
		return w
	}
	switch {
	case word == "" && !named && !isPoll(c) && values.Get("after") == "" && values.Get("before") == "":
		w.choose(func(s models.SavedView) bool { return s.Default })
	case word != "" && word != noView:
		if !w.choose(func(s models.SavedView) bool { return pathID(s.ID) == word }) {
			w.notices = []string{"This view does not exist, or you may not see it. The list does not use it."}
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

// namesMore reports whether an address has list parameters of its own.
func (l listing) namesMore(values url.Values) bool {
	names := []string{"panel", "q", "tab", "created", "created_from", "created_to", "sort"}
	for _, f := range l.def.Filters {
		names = append(names, f.Name)
	}
	return slices.ContainsFunc(names, values.Has)
}

// edited reports whether the list differs from the chosen view.
func (l listing) edited() bool {
	return l.view.chosen != nil && l.query.ViewParams(l.def).Encode() != l.view.params.Encode()
}

// address returns the list's address with the given parameters and the chosen view.
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
		own.Set("q", "") // without a parameter of its own the address would apply the view
	}
	maps.Copy(all, own)
	return address(l.def, all)
}

// plain returns a list's address without a view.
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

// viewBar shows a list's saved views as tabs, and the actions on the chosen one.
type viewBar struct {
	Tabs    []tab
	Save    *viewSave // set when the list differs from the chosen view
	New     *viewForm // saves the current list as a new view
	NewWord string
	Edit    *viewForm // edits the chosen view
}

// viewSave saves the current list to the chosen view, if permitted, or reverts to the view.
type viewSave struct{ Action, List, Query, Cancel string }

// mostCountedViews is the maximum number of views whose rows are counted. All counting shares the request's time for
// it.
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

// viewTabs returns a tab for the list without a view and one for each view. Their counts are cached and may be a little
// old.
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

// viewCount returns how many rows a view has, or "" if the count fails.
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
		a.Log.Warn("views: cannot count rows", "view", s.ID, "error", err)
		return ""
	}
	a.saved.putCount(key, n)
	return countWords(n)
}

func viewPath(id int64) string { return "/views/" + strconv.FormatInt(id, 10) }
