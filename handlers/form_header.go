package handlers

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// formHeader is the block that a panel's ticket form writes above the customer's text: the chosen category and the
// answers to the form's questions (panel-api.md 5.6). Facts are plain text.
type formHeader struct {
	Title string
	Facts []headerFact
}

type headerFact struct{ Label, Text string }

// paymentLabels holds substrings of labels with which forms ask for a payment number. Customers paste receipt numbers
// there.
var paymentLabels = []string{"transaction", "payment", "trx", "txn", "txid", "hash", "receipt", "invoice"}

// ofPayment reports whether the form asked for something about a payment.
func (f headerFact) ofPayment() bool {
	label := strings.ToLower(f.Label)
	return slices.ContainsFunc(paymentLabels, func(part string) bool { return strings.Contains(label, part) })
}

// mostHeaderFacts limits how many facts a header may have, because a customer can write a fake header.
const mostHeaderFacts = 8

// cutHeader separates the form's header from a message. It accepts only the exact form that panels write: a <div> with
// a bold title, <div>s with a bold label and a value, and a rule. Anything else is the customer's text and stays in the
// body.
func cutHeader(body string) (header formHeader, rest string, ok bool) {
	if !strings.HasPrefix(strings.TrimSpace(body), "<div><b>") || len(body) > foldFrom {
		return formHeader{}, body, false
	}
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return formHeader{}, body, false
	}
	node := find(root, "body").FirstChild
	for ; node != nil && node.Data != "hr"; node = node.NextSibling {
		if node.Type == html.TextNode && strings.TrimSpace(node.Data) == "" {
			continue
		}
		if !header.take(node) {
			return formHeader{}, body, false
		}
	}
	if node == nil || header.Title == "" {
		return formHeader{}, body, false
	}
	var out strings.Builder
	for node = node.NextSibling; node != nil; node = node.NextSibling {
		if err := html.Render(&out, node); err != nil {
			return formHeader{}, body, false
		}
	}
	return header, out.String(), true
}

// take parses one line of the header and reports whether it is valid.
func (h *formHeader) take(div *html.Node) bool {
	if div.Type != html.ElementNode || div.Data != "div" || div.FirstChild == nil || div.FirstChild.Data != "b" || len(h.Facts) >= mostHeaderFacts {
		return false
	}
	label := strings.TrimSpace(text(div.FirstChild))
	value := strings.TrimSpace(strings.TrimPrefix(text(div), text(div.FirstChild)))
	if value == "" && h.Title == "" {
		h.Title = label
		return label != ""
	}
	if h.Title == "" || label == "" || !strings.HasPrefix(value, ":") {
		return false
	}
	h.Facts = append(h.Facts, headerFact{label, strings.TrimSpace(value[1:])})
	return true
}
