// Package pasted finds the IDs in a text that a person typed or pasted from a chat, a table, a list or a sentence. One
// tokenizer serves two policies: in a field for IDs every number is one; in a conversation most numbers are not.
package pasted

import (
	"strconv"
	"strings"
)

// Policy decides which numbers count as IDs.
type Policy int

const (
	// Asked treats every number as an ID: in the workbench and in searches.
	Asked Policy = iota
	// Conversation finds possible IDs in messages. It skips numbers in addresses, amounts and words, and next to a
	// currency.
	Conversation
)

// ID is a number in a text. Text is its original form with the code in front; From and To are its byte offsets in the
// text.
type ID struct {
	Number int64
	// Panel is the panel of the code or address around the number, 0 without one.
	Panel int64
	// Noun is "orders" or another noun from the path of one of our addresses, else "".
	Noun string
	// Nowhere says that the code before the number belongs to no panel: the number must not match another panel's ID.
	Nowhere bool
	// Labelled says that the text calls the number an order: "order 5", "#5".
	Labelled bool
	Text     string
	From, To int
}

// Reading is the result of reading a text.
type Reading struct {
	// IDs are in the order of the text; under Asked without duplicates.
	IDs []ID
	// Ignored are the words and numbers that are not IDs, without duplicates.
	Ignored []string
	// Grouped are numbers such as "101,416", which may be one ID or two. They are not in IDs.
	Grouped []string
	// Ranges are the ranges that were read as all their IDs, such as "5-7".
	Ranges []string
	// Duplicates is the number of repeated IDs.
	Duplicates int
}

// Panels looks up the viewer's panels by code and by host. A nil function finds none.
type Panels struct {
	Code func(word string) (panel int64, ok bool)
	Host func(host string) (panel int64, ok bool)
}

// mostInRange is the maximum number of IDs in a range.
const mostInRange = 1000

// Read finds the IDs in a text.
func Read(text string, policy Policy, panels Panels) Reading {
	r := reader{policy: policy, panels: panels, line: newLine(text), seen: map[ID]bool{}, said: map[string]bool{}}
	r.tokens = r.line.tokens()
	for r.at < len(r.tokens) {
		r.next()
	}
	return r.found
}

// reader reads the tokens of a text.
type reader struct {
	policy Policy
	panels Panels
	line   line
	tokens []token
	at     int

	code     string // applies until the end of its line
	panel    int64
	nowhere  bool
	labelled bool
	barred   bool // the next number belongs to the word before it
	marker   int  // the number of the list's last entry
	found    Reading
	seen     map[ID]bool
	said     map[string]bool
}

func (r *reader) next() {
	t := r.tokens[r.at]
	r.at++
	switch t.kind {
	case newline:
		r.code, r.panel, r.nowhere, r.labelled, r.barred = "", 0, false, false, false
	case address:
		r.address(t)
	case letters:
		r.word(t)
	case number:
		r.at--
		r.numbers()
	}
}

// ignore records a word or a number that is not an ID.
func (r *reader) ignore(text string) {
	if !r.said[text] {
		r.said[text] = true
		r.found.Ignored = append(r.found.Ignored, text)
	}
}

// add records a number as an ID.
func (r *reader) add(digits string, from, to int) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || r.policy == Conversation && (len(digits) > 10 || digits[0] == '0') {
		r.ignore(digits)
		return
	}
	r.keep(ID{Number: n, Panel: r.panel, Nowhere: r.nowhere, Labelled: r.labelled || r.panel != 0, Text: r.code + digits, From: from, To: to})
}

func (r *reader) keep(id ID) {
	same := ID{Number: id.Number, Panel: id.Panel, Noun: id.Noun, Nowhere: id.Nowhere}
	if id.Nowhere {
		same.Text = id.Text
	}
	if r.policy == Asked && r.seen[same] {
		r.found.Duplicates++
		return
	}
	r.seen[same] = true
	r.found.IDs = append(r.found.IDs, id)
}

// nouns are the nouns in our addresses that have IDs.
var nouns = []string{"orders", "tickets", "payments", "users", "services"}

// address reads one of our addresses, such as /orders/1/101416, or an address of a panel. Numbers in other addresses
// are not IDs.
func (r *reader) address(t token) {
	text := r.line.string(t)
	rest := text
	if _, after, ok := strings.Cut(text, "://"); ok {
		rest = after
	}
	host, path, _ := strings.Cut(rest, "/")
	words := strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune("/?#&=", c) })
	if r.panels.Host != nil {
		if panel, ok := r.panels.Host(strings.TrimPrefix(strings.ToLower(host), "www.")); ok {
			r.ofPanel(text, words, panel, t)
			return
		}
	}
	for i, noun := range nouns {
		if len(words) >= 3 && words[0] == nouns[i] {
			panel, err := strconv.ParseInt(words[1], 10, 64)
			n, err2 := strconv.ParseInt(words[2], 10, 64)
			if err == nil && err2 == nil && panel > 0 && n > 0 {
				r.keep(ID{Number: n, Panel: panel, Noun: noun, Labelled: true, Text: text, From: r.line.from(t.from), To: r.line.to(t.to)})
				return
			}
		}
	}
	r.ignore(text)
}

// ofPanel reads the last number in a panel's address as an ID.
func (r *reader) ofPanel(text string, words []string, panel int64, t token) {
	for i := len(words) - 1; i >= 0; i-- {
		if n, err := strconv.ParseInt(words[i], 10, 64); err == nil && n > 0 {
			r.keep(ID{Number: n, Panel: panel, Labelled: true, Text: text, From: r.line.from(t.from), To: r.line.to(t.to)})
			return
		}
	}
	r.ignore(text)
}
