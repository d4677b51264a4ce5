package handlers

import (
	"crypto/sha256"
	"html/template"
	"reflect"
)

// The parts around a list's rows change even less often than the rows and are as slow to render. So each part is
// rendered once and kept in the row cache, under a key of its complete input.
type (
	listTop struct {
		Noun, Title string
		Total       total
		Views       viewBar
		TakeURL     string       // gives the viewer the next ticket to work on; "" when not permitted
		Links       []linkChoice // links to related lists
		Refresh     *refreshForm // nil when the list needs no Refresh button
		ExportURL   string       // the same rows as a file; "" when not permitted
		Choose      columnsMenu
		Notices     []string
		Tabs        []tab
		Filters     filterBar
		Pills       []pill
		ClearURL    string
	}
	filterBar struct {
		Noun, Path string
		Hidden     []hiddenInput
		Search     searchBox
		Promoted   []picker
		Created    *createdFilter
		Added      []picker
		Add        *addMenu
		Per        []choice
	}
	columnsMenu struct {
		Noun   string
		Layout layoutMenu
	}
	tableHead struct {
		Noun      string
		Columns   []columnHead
		Selection bool // rows can be selected
	}
	listBottom struct {
		Noun      string
		Empty     *empty
		Selection *selectionBar // nil when the list has no actions on selected rows
		Pager     pager
	}
)

// listAround holds the inputs of the parts above and below the table.
type listAround struct {
	top    listTop
	bottom listBottom
}

// listParts holds the placeholders of the parts in the frame.
type listParts struct{ Top, Head, Bottom template.HTML }

func (a *app) listParts(l listing, around listAround, into *pieces) (parts listParts, err error) {
	for _, part := range []struct {
		place *template.HTML
		name  string
		value any
	}{
		{&parts.Top, "list/top", around.top},
		{&parts.Head, "list/head", tableHead{l.def.Noun, l.columns(), around.bottom.Selection != nil}},
		{&parts.Bottom, "list/bottom", around.bottom},
	} {
		text, err := a.part(part.name, part.value)
		if err != nil {
			return parts, err
		}
		*part.place = into.in(a.views, piece{texts: []written{text}})
	}
	return parts, nil
}

func (l listing) filterBar() filterBar {
	added := l.added()
	return filterBar{Noun: l.def.Noun, Path: "/" + l.def.Noun, Hidden: l.hidden(), Promoted: l.promoted(), Created: l.createdFilter(),
		Added: added, Add: l.addMenu(added), Search: searchBox{Label: l.searchLabel(), Value: l.query.Text}, Per: l.pageSizes()}
}

// part renders a template, or returns the cached result for an equal value.
func (a *app) part(name string, value any) (written, error) {
	key := rowName(sha256.Sum256(spell(texts(nil, "part", name), reflect.ValueOf(value))))
	part, there := a.rows.get(key)
	if !there {
		text, err := a.write(name, value)
		if err != nil {
			return part, err
		}
		part = written{open: text, signed: a.views.marked(text)}
		a.rows.put(key, part)
	}
	return part, nil
}
