package models

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"masterpanel/models/pasted"
	"masterpanel/models/visible"
)

// Asked is the interpretation of a text in the global search.
type Asked struct {
	// Text is the text to search for, without a panel's code in front. It is "" if there is nothing to search for.
	Text string
	// Panel is the panel whose code was in front, if any.
	Panel PanelRef
	// IDs are the numbers, if the text is a list of IDs.
	IDs []int64
	// Link, Email and Name say which other meanings the text may have; they are false for IDs.
	Link, Email, Name bool
	// Left holds the other parts of a text with IDs.
	Left LeftOut
	// EmailHidden says that it looks like an e-mail but the viewer may not search by e-mail.
	EmailHidden bool
}

// LongestSearch is the maximum length of a search text in bytes, enough for the longest list of ids.
const LongestSearch = maxText

// idsEverywhere is the maximum number of ids for a search in all kinds; a longer list is searched only in orders.
const idsEverywhere = 20

// Understand interprets a typed or pasted text: ids, a link, an e-mail or a name, optionally behind a panel's code as
// in "MTP 594550".
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

// ofIDs interprets a text as a list of IDs. A single ID may also be a name.
func (a Asked) ofIDs(found ids) Asked {
	a.Panel, a.Left = found.panel, found.left
	a.IDs = found.numbers(func(pasted.ID) bool { return true })
	if len(a.IDs) == 1 {
		a.Text = strconv.FormatInt(a.IDs[0], 10)
	}
	return a
}

// coded returns the viewer's panel with a short code, ignoring case.
func (v Viewer) coded(code string) (PanelRef, bool) {
	i := slices.IndexFunc(v.Panels, func(p PanelRef) bool { return strings.EqualFold(p.ShortCode, code) })
	if i < 0 {
		return PanelRef{}, false
	}
	return v.Panels[i], true
}

// named returns the panel that the text names, if any.
func (a Asked) named() []int64 {
	if a.Panel.ID == 0 {
		return nil
	}
	return []int64{a.Panel.ID}
}

// Reading describes in words how the text was interpreted.
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

// beginning reports whether names are also searched by prefix: a single letter would match too many.
func (a Asked) beginning() bool { return utf8.RuneCountInString(a.Text) > 1 }
