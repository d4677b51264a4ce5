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

// SavedView is a list's filters, order and panels under a name. OnlyFor is whose it is, 0 for one that is shared. MadeBy
// is 0 when that person is gone; Maker is their username. Default says that the viewer's list begins with it.
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

// Shared tells whether everybody has the view.
func (s SavedView) Shared() bool { return s.OnlyFor == 0 }

// IsOf tells whether the viewer made the view, and so decides who has it.
func (s SavedView) IsOf(v Viewer) bool { return s.MadeBy != 0 && s.MadeBy == v.StaffID }

// EditableBy tells whether the viewer may rename, change and delete the view.
func (s SavedView) EditableBy(v Viewer) bool { return s.IsOf(v) || s.Shared() && v.Can(PermManage) }

// MayShareViews tells whether the viewer's views may be everybody's: who changes nothing changes no one's lists.
func (v Viewer) MayShareViews() bool { return v.Role != RoleViewer }

// noPanelOfYours is named instead of panels of which the viewer may see none: it is the id of none, so it shows nothing.
const noPanelOfYours = math.MaxInt64

// email is text that looks like an e-mail address or the beginning of one.
var email = regexp.MustCompile(`[^\s/@]@[\w-]+\.\w`)

// For are the view's parameters as this viewer may have them: of the panels only theirs, and no e-mail that somebody
// else searched for. What was left out is said in words.
func (s SavedView) For(v Viewer) (values url.Values, notices []string) {
	values, err := url.ParseQuery(s.Params)
	if err != nil {
		return url.Values{}, []string{"This view could not be read; the list is as without it."}
	}
	if text := values.Get("q"); !v.Can(PermSeeEmails) && (email.MatchString(text) || s.List == UserList.Noun && strings.Contains(text, "@")) {
		values.Del("q")
		notices = append(notices, "This view searches for an e-mail address. You may not see those, so the search was left out.")
	}
	named := s.panels()
	theirs := v.allowed(named)
	if len(theirs) == len(named) {
		return values, notices
	}
	if len(theirs) == 0 {
		values["panel"] = []string{strconv.Itoa(noPanelOfYours)}
		return values, append(notices, "This view is of panels that are not yours, so it shows you nothing.")
	}
	values["panel"] = idWords(theirs)
	return values, append(notices, "This view is also of panels that are not yours; it shows you the rest.")
}

// SavedViews are the views of a list that the viewer has: their own, then the shared ones, each by name.
func (db *DB) SavedViews(ctx context.Context, v Viewer, l *List) ([]SavedView, error) {
	var views []SavedView
	err := db.savedViews(&views, v).Where("saved_view.list = ?", l.Noun).
		OrderExpr("saved_view.only_for IS NULL, lower(saved_view.name), saved_view.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the views of %s: %w", l.Noun, err)
	}
	return views, nil
}

// SavedView finds one of the views that the viewer has.
func (db *DB) SavedView(ctx context.Context, v Viewer, id int64) (SavedView, error) {
	var s SavedView
	err := db.savedViews(&s, v).Where("saved_view.id = ?", id).Scan(ctx)
	return s, notFound(err)
}

func (db *DB) savedViews(into any, v Viewer) *bun.SelectQuery {
	return db.idb.NewSelect().Model(into).ExcludeColumn().ColumnExpr("coalesce(maker.username, '') AS maker").
		ColumnExpr("default_view.view_id IS NOT NULL AS is_default").
		Join("LEFT JOIN staff AS maker ON maker.id = saved_view.made_by").
		Join("LEFT JOIN default_views AS default_view ON default_view.view_id = saved_view.id AND default_view.staff_id = ?", v.StaffID).
		Where("(saved_view.only_for IS NULL OR saved_view.only_for = ?)", v.StaffID)
}

// ViewParams are what of a query a view keeps: not how many rows one likes on a page.
func (q ListQuery) ViewParams(l *List) url.Values {
	values := q.Params(l)
	values.Del("per")
	return values
}

// filterWords are the view's parameters for the log, without its panels, which its entry names by itself, and without
// what is searched for, which may be somebody's e-mail.
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

// panels are those that the view names, none when it is of all.
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
