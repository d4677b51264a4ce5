package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"masterpanel/models"
)

// picker is a filter whose options load when it opens, so that the list itself never waits for their counts. A picker
// that is not promoted belongs to the menu with the id Under. The bar shows it only while it is open or in use.
type picker struct {
	ID, Label, Summary, OptionsURL, Under string
	InUse                                 bool
	Chosen                                []option
}

type option struct {
	Name, Value, Label, Count string
	Checked                   bool
}

// addMenu lists the filters that are neither promoted nor in use. Each entry leads to its picker: a script opens the
// picker on the page; without scripts the link opens a page of its own.
type addMenu struct {
	ID    string
	Links []addLink
}

type addLink struct{ Label, URL, Opens string }

// promoted returns the pickers that the list's bar always shows.
func (l listing) promoted() []picker { return l.pickers(l.def.IsPromoted) }

// added returns the pickers of all other filters.
func (l listing) added() []picker {
	added := l.pickers(func(f models.Filter) bool { return !l.def.IsPromoted(f) })
	for i := range added {
		added[i].Under = l.addID()
	}
	return added
}

func (l listing) pickers(which func(models.Filter) bool) []picker {
	var all []picker
	for _, f := range l.def.Filters {
		if which(f) {
			all = append(all, l.picker(f))
		}
	}
	return all
}

func (l listing) picker(f models.Filter) picker {
	p := picker{ID: l.def.Noun + "-filter-" + f.Name, Label: f.Label, OptionsURL: "/" + l.def.Noun + "/filters/" + f.Name}
	values := l.chosen(f)
	for _, value := range values {
		p.Chosen = append(p.Chosen, option{Name: f.Name, Value: value, Label: l.label(f, value), Checked: true})
	}
	p.InUse = len(values) > 0
	switch {
	case len(values) == 1 && l.tabbed(f):
		p.InUse = false // the tab already shows it
	case len(values) == 1:
		p.Summary = middle(l.label(f, values[0]), 20)
	case len(values) > 1:
		p.Summary = strconv.Itoa(len(values))
	}
	return p
}

// tabbed reports whether the list has a tab for each value of a filter. Its picker then serves to choose several
// values.
func (l listing) tabbed(f models.Filter) bool { return f.Name == "status" && len(l.def.Statuses) > 0 }

// chosen returns the active values of a filter.
func (l listing) chosen(f models.Filter) []string {
	if !f.Panel {
		return l.query.Values[f.Name]
	}
	ids := make([]string, len(l.query.Panels))
	for i, id := range l.query.Panels {
		ids[i] = pathID(id)
	}
	return ids
}

func (l listing) addID() string { return l.def.Noun + "-filter-add" }

// addMenu returns nil when no filter is left to add.
func (l listing) addMenu(added []picker) *addMenu {
	unused := slices.DeleteFunc(slices.Clone(added), func(p picker) bool { return p.InUse })
	if len(unused) == 0 {
		return nil
	}
	menu := &addMenu{ID: l.addID()}
	narrowed := strings.TrimPrefix(l.with(func(url.Values) {}), "/"+l.def.Noun)
	for _, p := range unused {
		menu.Links = append(menu.Links, addLink{Label: p.Label, URL: p.OptionsURL + narrowed, Opens: p.ID})
	}
	return menu
}
