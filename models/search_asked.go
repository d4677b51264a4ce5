package models

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"masterpanel/models/pasted"
	"masterpanel/models/visible"
)

// Asked is how a text in the global search is understood.
type Asked struct {
	// Text is what is looked for, without a panel's code in front. It is "" when there is nothing to look for.
	Text string
	// Panel is the one whose code stood in front, if any.
	Panel PanelRef
	// IDs are the numbers of a text that is a list of them.
	IDs []int64
	// Link, Email and Name tell what else the text may be; they are false for IDs.
	Link, Email, Name bool
	// Left is what a text with IDs holds besides them.
	Left LeftOut
	// EmailHidden says that it looks like an e-mail, which the viewer may not search by.
	EmailHidden bool
}

// LongestSearch is how many bytes a text may have to be looked for: as many as the longest list of ids.
const LongestSearch = maxText

// idsEverywhere is up to how many ids are looked for in everything; a longer list is one of orders.
const idsEverywhere = 20

// Understand reads what was typed or pasted: ids, a link, an e-mail or a name, perhaps behind a panel's code as in
// "MTP 594550".
func (v Viewer) Understand(text string) Asked {
	text = visible.Search(text)
	if len(text) > LongestSearch || !clean(text) {
		return Asked{}
	}
	a := Asked{Text: text}
	if ids, ok := orderIDs(v, text, ""); ok {
		return a.ofIDs(ids)
	}
	if left := leftOut(v.readIDs(text)); len(left.Grouped) > 0 && len(left.Ignored) == 0 {
		a.Left = left
		return a
	}
	if end := strings.IndexAny(text, " \t\r\n:#"); end > 0 {
		if panel, ok := v.coded(text[:end]); ok {
			a.Text, a.Panel = strings.TrimLeft(text[end:], " \t\r\n:#"), panel
		}
	}
	at := strings.Index(a.Text, "@") > 0 && !strings.Contains(a.Text, "/")
	a.Link = strings.ContainsAny(a.Text, "/.@") && !strings.ContainsAny(a.Text, " \t\r\n")
	a.Email, a.EmailHidden = at && v.Can(PermSeeEmails), at && !v.Can(PermSeeEmails)
	a.Name = a.Text != "" && !strings.Contains(a.Text, "/")
	return a
}

// ofIDs takes a text for a list of IDs. One alone may be a name as well.
func (a Asked) ofIDs(found ids) Asked {
	a.Panel, a.Left = found.panel, found.left
	a.IDs = found.numbers(func(pasted.ID) bool { return true })
	if len(a.IDs) == 1 {
		a.Text = strconv.FormatInt(a.IDs[0], 10)
	}
	return a
}

// coded is the viewer's panel with a short code, in any case.
func (v Viewer) coded(code string) (PanelRef, bool) {
	i := slices.IndexFunc(v.Panels, func(p PanelRef) bool { return strings.EqualFold(p.ShortCode, code) })
	if i < 0 {
		return PanelRef{}, false
	}
	return v.Panels[i], true
}

// named are the panels that the text names.
func (a Asked) named() []int64 {
	if a.Panel.ID == 0 {
		return nil
	}
	return []int64{a.Panel.ID}
}

// Reading says in words what the text was taken for.
func (a Asked) Reading() string {
	kinds := []string{}
	add := func(is bool, words string) {
		if is {
			kinds = append(kinds, words)
		}
	}
	switch {
	case len(a.IDs) > idsEverywhere:
		return "order IDs and provider order IDs" + a.where()
	case len(a.IDs) > 1:
		return "order, ticket, payment, user and service IDs, and provider order IDs" + a.where()
	case len(a.IDs) == 1:
		return "the ID of an order, ticket, payment, user or service, or a provider order ID" + a.where()
	}
	add(a.Link, "an order’s link")
	add(a.Email, "an e-mail")
	add(a.Name, "a username")
	word := a.Name && !a.Email && !a.EmailHidden
	add(word, "a provider order ID")
	add(word, "the start of a service’s name")
	if len(kinds) == 0 {
		return ""
	}
	words := strings.Join(kinds, ", ")
	if last := len(kinds) - 1; last > 0 {
		words = strings.Join(kinds[:last], ", ") + " or " + kinds[last]
	}
	return words + a.where()
}

func (a Asked) where() string {
	if a.Panel.ID == 0 {
		return ""
	}
	return " on " + a.Panel.ShortCode
}

// beginning tells whether names are also looked for by their start: one letter starts too many.
func (a Asked) beginning() bool { return utf8.RuneCountInString(a.Text) > 1 }
