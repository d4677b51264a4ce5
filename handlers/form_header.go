package handlers

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// formHeader is what a panel's form writes above a customer's text: the category that was chosen and what was asked for
// (panel-api.md 5.6). Facts are plain text.
type formHeader struct {
	Title string
	Facts []headerFact
}

type headerFact struct{ Label, Text string }

// paymentLabels are parts of what forms call the number of a payment. Customers paste receipts' numbers there.
var paymentLabels = []string{"transaction", "payment", "trx", "txn", "txid", "hash", "receipt", "invoice"}

// ofPayment tells whether the form asked for something about a payment.
func (f headerFact) ofPayment() bool {
	label := strings.ToLower(f.Label)
	return slices.ContainsFunc(paymentLabels, func(part string) bool { return strings.Contains(label, part) })
}

// mostHeaderFacts bounds what is taken for a header: a customer can write one too.
const mostHeaderFacts = 8

// cutHeader takes the form's header off a message. It is only there as panels make it: a <div> with a bold title, <div>s
// with a bold label and a value, and a rule. Anything else is what the customer wrote and stays.
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

// take reads one line of the header, and tells whether it is one.
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
