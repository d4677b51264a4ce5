package handlers

import (
	"crypto/sha256"
	"html/template"
	"reflect"
)

// What stands around a list's rows changes even less often than they do, and is as slow to write. These are its parts that
// are written once and kept beside the rows, each under a name of all that it is made from.
type (
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
)

// listParts are the places of the parts in the frame.
type listParts struct{ Filters, Choose, Head template.HTML }

func (a *app) listParts(l listing, selection bool, into *pieces) (parts listParts, err error) {
	noun := l.def.Noun
	for _, part := range []struct {
		place *template.HTML
		name  string
		value any
	}{
		{&parts.Filters, "list/filters", l.filterBar()},
		{&parts.Choose, "list/columns", columnsMenu{noun, l.layoutMenu()}},
		{&parts.Head, "list/head", tableHead{noun, l.columns(), selection}},
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
