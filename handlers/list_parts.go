package handlers

import (
	"bytes"
	"crypto/sha256"
	"fmt"
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

// listParts are the templates of the parts, which get the mark of their answer with the rows.
type listParts struct{ Filters, Choose, Head template.HTML }

func (a *app) listParts(l listing, selection bool) (parts listParts, err error) {
	noun := l.def.Noun
	for _, part := range []struct {
		into  *template.HTML
		name  string
		value any
	}{
		{&parts.Filters, "list/filters", l.filterBar()},
		{&parts.Choose, "list/columns", columnsMenu{noun, l.layoutMenu()}},
		{&parts.Head, "list/head", tableHead{noun, l.columns(), selection}},
	} {
		if *part.into, err = a.part(part.name, part.value); err != nil {
			return parts, err
		}
	}
	return parts, nil
}

func (l listing) filterBar() filterBar {
	added := l.added()
	return filterBar{Noun: l.def.Noun, Path: "/" + l.def.Noun, Hidden: l.hidden(), Promoted: l.promoted(), Created: l.createdFilter(),
		Added: added, Add: l.addMenu(added), Search: searchBox{Label: l.searchLabel(), Value: l.query.Text}, Per: l.pageSizes()}
}

// part writes a template, or finds what it wrote of the same value. Its result is safe HTML as a row is: html/template wrote
// it, of our own template.
func (a *app) part(name string, value any) (template.HTML, error) {
	key := rowName(sha256.Sum256(spell(texts(nil, "part", name), reflect.ValueOf(value))))
	kept, there := a.rows.get(key)
	if !there {
		var text bytes.Buffer
		if err := a.engine.Templates.ExecuteTemplate(&text, name, value); err != nil {
			return "", fmt.Errorf("render %s: %w", name, err)
		}
		kept = writtenRow{open: text.String()}
		a.rows.put(key, kept)
	}
	return template.HTML(kept.open), nil // #nosec G203 -- see above
}
