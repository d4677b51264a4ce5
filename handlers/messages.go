package handlers

import (
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// messagePolicy makes a customer's HTML fit to be shown: text and its structure stay, everything that could run, load,
// or look like part of our page goes. The library's own policy for user content keeps ids, images and relative links,
// which is why this one starts from nothing.
type messagePolicy struct{ policy *bluemonday.Policy }

func newMessagePolicy() *messagePolicy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "div", "br", "hr", "b", "strong", "i", "em", "u", "s", "small", "ul", "ol", "li",
		"blockquote", "pre", "code", "h1", "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td", "span")
	p.AllowElements("a")
	p.AllowAttrs("href").Matching(regexp.MustCompile(`(?i)^https?://`)).OnElements("a")
	p.AllowURLSchemes("http", "https")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	return &messagePolicy{p}
}

// sanitize returns the message's body as HTML that is safe inside a page of ours: links say where they lead and open
// apart, images and files are links, hidden and reversing characters are shown.
func (m *messagePolicy) sanitize(body string) template.HTML { return m.marked(body, nil) }

// marked is sanitize with something of ours put into what is left, as links for the orders that it names.
func (m *messagePolicy) marked(body string, mark func(*html.Node)) template.HTML {
	root, err := html.Parse(strings.NewReader(m.policy.Sanitize(withImagesAsLinks(body))))
	if err != nil {
		return template.HTML(template.HTMLEscapeString(body)) // #nosec G203 -- escaped on this line
	}
	var out strings.Builder
	if b := find(root, "body"); b != nil {
		dress(b)
		if mark != nil {
			mark(b)
		}
		for child := b.FirstChild; child != nil; child = child.NextSibling {
			if err := html.Render(&out, child); err != nil {
				return template.HTML(template.HTMLEscapeString(body)) // #nosec G203 -- escaped on this line
			}
		}
	}
	return template.HTML(out.String()) // #nosec G203 -- this is what the policy above lets through
}

// A message longer than foldFrom bytes is folded and shows startLength characters of its beginning.
const (
	foldFrom    = 8 << 10
	startLength = 400
)

// start is how a long message begins, as plain text.
func (m *messagePolicy) start(body string) string {
	root, err := html.Parse(strings.NewReader(m.policy.Sanitize(strings.ToValidUTF8(body[:foldFrom], ""))))
	if err != nil {
		return ""
	}
	runes := []rune(strings.TrimSpace(showUnseen(text(root))))
	return string(runes[:min(len(runes), startLength)])
}

// withImagesAsLinks turns images into links before the policy sees them, so that nothing loads by itself and nothing
// is lost either.
func withImagesAsLinks(body string) string {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return html.EscapeString(body)
	}
	visit(root, func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "img" {
			src := attribute(n, "src")
			n.Data, n.DataAtom, n.Attr = "a", 0, []html.Attribute{{Key: "href", Val: src}}
			n.AppendChild(&html.Node{Type: html.TextNode, Data: " Image"})
		}
	})
	var out strings.Builder
	if err := html.Render(&out, root); err != nil {
		return html.EscapeString(body)
	}
	return out.String()
}

// dress adds to what the policy left: where links lead, and names for characters that cannot be seen.
func dress(root *html.Node) {
	visit(root, func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			n.Data = showUnseen(n.Data)
		case n.Type == html.ElementNode && n.Data == "a":
			u, host, ok := parseLink(attribute(n, "href"))
			if !ok {
				n.Attr = nil
				return
			}
			n.Attr = []html.Attribute{{Key: "href", Val: u.String()}, {Key: "target", Val: "_blank"},
				{Key: "rel", Val: "noopener noreferrer nofollow"}}
			if !names(text(n), host) {
				n.AppendChild(&html.Node{Type: html.TextNode, Data: " (" + host + ")"})
			}
		}
	})
}

// names tells whether a link's text is an address on the host that it leads to. Part of it will not do: paypal.example
// holds pal.example.
func names(text, host string) bool {
	text = strings.TrimSpace(text)
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return u.User == nil && u.Host == host
	}
	text, _, _ = strings.Cut(text, "/")
	return text == host
}

func visit(n *html.Node, do func(*html.Node)) {
	do(n)
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		visit(child, do)
	}
}

func find(n *html.Node, name string) *html.Node {
	var found *html.Node
	visit(n, func(m *html.Node) {
		if found == nil && m.Type == html.ElementNode && m.Data == name {
			found = m
		}
	})
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	visit(n, func(m *html.Node) {
		if m.Type == html.TextNode {
			b.WriteString(m.Data)
		}
	})
	return b.String()
}
