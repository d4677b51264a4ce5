package handlers

import (
	"context"
	"net/url"
	"strconv"

	"masterpanel/models"
)

// listFrame is everything around a list's rows. Parts holds placeholders; list_parts.go renders the parts separately.
type listFrame struct {
	Noun, Title, URL, Tag string
	TableClass            string
	Shown                 string        // the keys of the rows on the page; the next poll sends them
	Waiting               string        // how many new rows are not shown yet, in words
	Selection             *selectionBar // nil when the list has no actions on selected rows
	Parts                 listParts
}

type total struct{ Before, Number, After string }

type tab struct {
	ID, Label, URL, Count string
	Current, Shared       bool
}

type searchBox struct{ Label, Value string }

type hiddenInput struct{ Name, Value string }

type pill struct{ Label, URL string }

type columnHead struct{ Name, Label, Class, SortURL, Sorted, Arrow string }

type pager struct{ Next, Prev, Words string }

var listTitles = map[string]string{
	"orders": "Orders", "tickets": "Tickets", "users": "Users", "payments": "Payments", "services": "Services", "activity": "Activity log",
	"outbox":  "Outbox",
	"reports": "Reports", "service-changes": "Changes in services",
}

// sectionOfList returns the navigation section of a list.
func sectionOfList(l *models.List) string {
	if l.Noun == models.ServiceChangeList.Noun {
		return models.ServiceList.Noun
	}
	return l.Noun
}

// rowWords returns the singular and plural word for a list's rows where they differ from the noun in its address.
func rowWords(l *models.List) (one, many string) {
	switch l.Noun {
	case models.ActivityList.Noun:
		return "entry", "entries"
	case models.ServiceChangeList.Noun:
		return "change", "changes"
	case models.OutboxList.Noun:
		return "action", "actions"
	}
	return l.Noun[:len(l.Noun)-1], l.Noun
}

var searchLabels = map[string]string{
	"orders":   "Order or provider ID, user, link",
	"tickets":  "Ticket ID, user, subject",
	"users":    "User ID, username, e-mail",
	"payments": "Payment ID, user, memo",
	"services": "Service ID, name, category",
	"outbox":   "ID, target, reference",
	"activity": "Staff, details, ID, IP, device",
	"reports":  "Service or order ID, reason, service", "service-changes": "Service ID or name",
}

// around builds the parts above and below the rows of a list.
func (a *app) around(ctx context.Context, l listing, rows, matching int, next, prev string) (listAround, error) {
	counting := a.DB.Counting()
	counted, err := a.listCounts(ctx, counting, l)
	if err != nil {
		return listAround{}, err
	}
	count := counted.shown
	if next == "" && prev == "" {
		count = models.Count{N: int64(matching)} // all matching rows are on this page
	}
	f := listAround{
		top: listTop{
			Noun: l.def.Noun, Title: listTitles[l.def.Noun], Total: l.total(count), Notices: l.query.Notices, Tabs: l.tabsOf(counted),
			Pills: l.pills(), ClearURL: l.clearURL(), Choose: columnsMenu{l.def.Noun, l.layoutMenu()}, Filters: l.filterBar(),
		},
		bottom: listBottom{Noun: l.def.Noun, Pager: l.pager(rows, next, prev)},
	}
	if words := heldNotice(l.viewer, l.viewer.Scope(l.query.Panels)); words != "" && l.def.Noun != models.ActivityList.Noun {
		f.top.Notices = append(f.top.Notices, words)
	}
	if l.viewer.Can(models.PermExport) {
		f.top.ExportURL = l.csvURL()
	}
	if l.def.Resource == models.Services {
		if err := a.frameOfServices(ctx, l, &f.top); err != nil {
			return f, err
		}
	}
	f.top.Links = append(f.top.Links, addActs(l.viewer, l.def.Noun)...)
	if l.def.Noun == models.TicketList.Noun && l.viewer.MayWorkTickets() {
		f.top.TakeURL = "/tickets/next"
	}
	f.top.Views = a.viewBar(ctx, counting, l, count)
	f.bottom.Selection = l.selectionBar(f.top.Total)
	if rows == 0 {
		f.bottom.Empty, err = a.emptyState(ctx, l)
	}
	return f, err
}

// searchLabel says which fields the search covers.
func (l listing) searchLabel() string {
	if l.def.Noun == "users" && !l.viewer.Can(models.PermSeeEmails) {
		return "User ID, username"
	}
	return searchLabels[l.def.Noun]
}

func (l listing) total(n models.Count) total {
	one, many := rowWords(l.def)
	t := total{Number: number(n.N), After: many}
	if n.N == 1 {
		t.After = one
	}
	if n.About {
		t.Before = "about "
	}
	return t
}

// tabsOf returns a list's tabs: one per status, or one per part plus one for the whole list.
func (l listing) tabsOf(c counted) []tab {
	if len(l.def.Parts) == 0 {
		return l.tabs(c.tabs)
	}
	return l.partTabs(c.whole, c.parts)
}

func (l listing) partTabs(whole models.Count, counted []models.PartCount) []tab {
	var tabs []tab
	add := func(name, label, value string, n models.Count) {
		tabs = append(tabs, tab{ID: l.def.Noun + "-tab-" + name, Label: label, Count: countWords(n), Current: l.query.Part == value,
			URL: l.with(func(v url.Values) { set(v, "tab", value) })})
	}
	for _, p := range counted {
		add(p.Part.Name, p.Part.Label, p.Part.Name, p.Count)
	}
	add("all", "All", "", whole)
	return tabs
}

func (l listing) tabs(counted []models.Tab) []tab {
	chosen := l.query.Values["status"]
	tabs := make([]tab, len(counted))
	for i, t := range counted {
		tabs[i] = tab{
			ID: l.def.Noun + "-tab-" + t.Status, Label: l.statusLabel(t.Status), Count: countWords(t.Count),
			Current: len(chosen) == 0 && t.Status == "" || len(chosen) == 1 && chosen[0] == t.Status,
			URL:     l.with(func(v url.Values) { set(v, "status", t.Status) }),
		}
		if t.Status == "" {
			tabs[i].ID, tabs[i].Label = l.def.Noun+"-tab-all", "All"
		}
	}
	return tabs
}

// statusLabel returns the label of a status for a tab.
func (l listing) statusLabel(status string) string {
	if b, known := stateBadges[status]; known && l.def.Noun == models.OutboxList.Noun {
		return b.Label
	}
	return humanize(status)
}

// set gives a parameter one value, or removes it for "".
func set(values url.Values, name, value string) {
	values.Del(name)
	if value != "" {
		values.Set(name, value)
	}
}

func (l listing) columns() []columnHead {
	var heads []columnHead
	for _, column := range l.shown {
		head := columnHead{Name: column.Name, Label: column.Label, Arrow: "⇅"}
		if column.Number {
			head.Class = "n"
		}
		if column.Sort != "" {
			sorted := l.query.Sort == column.Name
			param := "-" + column.Name
			switch {
			case sorted && l.query.Descending:
				head.Sorted, head.Arrow, param = "descending", "↓", column.Name
			case sorted:
				head.Sorted, head.Arrow = "ascending", "↑"
			}
			head.SortURL = l.with(func(v url.Values) { set(v, "sort", param) })
		}
		heads = append(heads, head)
	}
	return heads
}

func (l listing) pageSizes() []choice {
	var sizes []choice
	for _, n := range models.PageSizes {
		sizes = append(sizes, choice{Value: strconv.Itoa(n), Current: n == l.query.Per})
	}
	return sizes
}

func (l listing) pager(rows int, next, prev string) pager {
	p := pager{Words: plural(rows, "row", "rows") + " on this page"}
	if next != "" {
		p.Next = l.with(func(v url.Values) { v.Set("after", next) })
	}
	if prev != "" {
		p.Prev = l.with(func(v url.Values) { v.Set("before", prev) })
	}
	return p
}

// waiting says how many new rows the page does not show yet.
func (l listing) waiting(n int) string {
	switch {
	case n == 0:
		return ""
	case n >= l.query.Per:
		return number(int64(n)) + "+ new — show"
	}
	return number(int64(n)) + " new — show"
}
