package models

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// SavedView is a named set of a list's filters, order and panels. OnlyFor is its owner, 0 for a shared view. MadeBy is
// 0 if its author was removed; Maker is the author's username. Default says that the viewer's list opens with it.
type SavedView struct {
	bun.BaseModel `bun:"table:saved_views,alias:saved_view"`
	ID            int64  `bun:"id,pk"`
	List          string `bun:"list"`
	Name          string `bun:"name"`
	Params        string `bun:"params"`
	MadeBy        int64  `bun:"made_by,nullzero"`
	OnlyFor       int64  `bun:"only_for,nullzero"`
	Maker         string `bun:"maker,scanonly"`
	Default       bool   `bun:"is_default,scanonly"`
}

// Shared reports whether all staff have the view.
func (s SavedView) Shared() bool { return s.OnlyFor == 0 }

// IsOf reports whether the viewer made the view, and so decides if it is shared.
func (s SavedView) IsOf(v Viewer) bool { return s.MadeBy != 0 && s.MadeBy == v.StaffID }

// EditableBy reports whether the viewer may rename, change and delete the view.
func (s SavedView) EditableBy(v Viewer) bool { return s.IsOf(v) || s.Shared() && v.Can(PermManage) }

// MayShareViews reports whether the viewer may share views. The role viewer changes nothing, so it cannot change other
// people's lists either.
func (v Viewer) MayShareViews() bool { return v.Role != RoleViewer }

// noPanelOfYours replaces panels of which the viewer may see none: no panel has this id, so the list is empty.
const noPanelOfYours = math.MaxInt64

// email matches a text that looks like an e-mail address or the beginning of one.
var email = regexp.MustCompile(`[^\s/@]@[\w-]+\.\w`)

// For returns the view's parameters for this viewer: only panels that they may see, and no e-mail search without
// PermSeeEmails. notices describes the removed parts.
func (s SavedView) For(v Viewer) (values url.Values, notices []string) {
	values, err := url.ParseQuery(s.Params)
	if err != nil {
		return url.Values{}, []string{"Masterpanel cannot read this view. The list does not use it."}
	}
	if text := values.Get("q"); !v.Can(PermSeeEmails) && (email.MatchString(text) || s.List == UserList.Noun && strings.Contains(text, "@")) {
		values.Del("q")
		notices = append(notices, "This view searches for an e-mail address. You may not see e-mails, so the list ignores the search.")
	}
	named := s.panels()
	theirs := v.allowed(named)
	if len(theirs) == len(named) {
		return values, notices
	}
	if len(theirs) == 0 {
		values["panel"] = []string{strconv.Itoa(noPanelOfYours)}
		return values, append(notices, "This view is for panels that you may not see, so it shows nothing.")
	}
	values["panel"] = idWords(theirs)
	return values, append(notices, "This view includes panels that you may not see. It shows your panels only.")
}

// hiddenFrom reports whether the view must not show its name and search to the viewer: it is shared and they may see
// none of its panels. Viewers of all panels always see it, so that they can delete a view of removed panels.
func (s SavedView) hiddenFrom(v Viewer) bool {
	named := s.panels()
	return s.Shared() && !v.AllPanels && len(named) > 0 && len(v.allowed(named)) == 0
}

// SavedViews returns the viewer's views of a list: their own, then the shared ones, each by name.
func (db *DB) SavedViews(ctx context.Context, v Viewer, l *List) ([]SavedView, error) {
	var views []SavedView
	err := db.savedViews(&views, v).Where("saved_view.list = ?", l.Noun).
		OrderExpr("saved_view.only_for IS NULL, lower(saved_view.name), saved_view.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the views of %s: %w", l.Noun, err)
	}
	return slices.DeleteFunc(views, func(s SavedView) bool { return s.hiddenFrom(v) }), nil
}

// SavedView returns one of the viewer's views, else ErrNotFound.
func (db *DB) SavedView(ctx context.Context, v Viewer, id int64) (SavedView, error) {
	var s SavedView
	err := db.savedViews(&s, v).Where("saved_view.id = ?", id).Scan(ctx)
	if err == nil && s.hiddenFrom(v) {
		return SavedView{}, ErrNotFound
	}
	return s, notFound(err)
}

func (db *DB) savedViews(into any, v Viewer) *bun.SelectQuery {
	return db.idb.NewSelect().Model(into).ExcludeColumn().ColumnExpr("coalesce(maker.username, '') AS maker").
		ColumnExpr("default_view.view_id IS NOT NULL AS is_default").
		Join("LEFT JOIN staff AS maker ON maker.id = saved_view.made_by").
		Join("LEFT JOIN default_views AS default_view ON default_view.view_id = saved_view.id AND default_view.staff_id = ?", v.StaffID).
		Where("(saved_view.only_for IS NULL OR saved_view.only_for = ?)", v.StaffID)
}

// ViewParams returns the parameters of a query that a view stores: all but the number of rows per page, which is
// personal.
func (q ListQuery) ViewParams(l *List) url.Values {
	values := q.Params(l)
	values.Del("per")
	return values
}

// filterWords returns the view's parameters for the log. It omits the panels, which the entry lists anyway, and the
// search text, which may be an e-mail.
func (s SavedView) filterWords() string {
	values, err := url.ParseQuery(s.Params)
	if err != nil || s.List == "" {
		return ""
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch name {
		case "panel":
		case "q":
			words = append(words, "a search")
		default:
			words = append(words, name+" "+strings.Join(values[name], ", "))
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, "; ")
}

// panels returns the panels in the view's parameters, none for a view of all panels.
func (s SavedView) panels() []int64 {
	var ids []int64
	values, _ := url.ParseQuery(s.Params)
	for _, word := range values["panel"] {
		if id, err := strconv.ParseInt(word, 10, 64); err == nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func idWords(ids []int64) []string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return words
}
