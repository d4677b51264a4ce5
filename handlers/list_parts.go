package handlers

import (
	"crypto/sha256"
	"html/template"
	"reflect"
)

// What stands around a list's rows changes even less often than they do, and is as slow to write. These are its parts that
// are written once and kept beside the rows, each under a name of all that it is made from.
type (
	listTop struct {
		Noun, Title string
		Total       total
		Views       viewBar
		TakeURL     string       // where one is given the next row to work on, for those who may
		Links       []linkChoice // to what belongs to the list
		Refresh     *refreshForm // nil where nobody needs to ask for a read
		ExportURL   string       // the same rows as a file, for those who may
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
		Selection bool // that rows can be chosen
	}
	listBottom struct {
		Noun      string
		Empty     *empty
		Selection *selectionBar // nil where nothing is done with chosen rows
		Pager     pager
	}
)

// listAround are the parts above and below the table.
type listAround struct {
	top    listTop
	bottom listBottom
}

// listParts are the places of the parts in the frame.
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

// part writes a template, or finds what it wrote of the same value.
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
