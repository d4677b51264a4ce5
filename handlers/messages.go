package handlers

import (
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// messagePolicy makes a customer's HTML safe to show. It keeps text and its structure, and removes everything that
// could run, load, or imitate part of our page. The library's own policy for user content allows ids, images and
// relative links, so this one starts from an empty policy.
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

// sanitize returns the message's body as HTML that is safe inside our pages. Links show their destination and open in a
// new tab, images and files become links, and hidden or direction-changing characters become visible.
func (m *messagePolicy) sanitize(body string) template.HTML { return m.marked(body, nil) }

// marked is sanitize with a function that adds our own markup to the result, such as links for order numbers.
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
	return template.HTML(out.String()) // #nosec G203 -- the policy above has sanitised it
}

// A message longer than foldFrom bytes is folded and shows only its first startLength characters.
const (
	foldFrom    = 8 << 10
	startLength = 400
)

// start returns the beginning of a long message as plain text.
func (m *messagePolicy) start(body string) string {
	root, err := html.Parse(strings.NewReader(m.policy.Sanitize(strings.ToValidUTF8(body[:foldFrom], ""))))
	if err != nil {
		return ""
	}
	runes := []rune(strings.TrimSpace(showUnseen(text(root))))
	return string(runes[:min(len(runes), startLength)])
}

// withImagesAsLinks turns images into links before the policy runs, so that the browser loads no image and the reader
// still gets its address.
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

// dress adds to the sanitised HTML the destinations of links and visible names for invisible characters.
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

// names reports whether a link's text is an address on the link's host. A substring is not enough: paypal.example
// contains pal.example.
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
