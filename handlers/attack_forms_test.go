package handlers

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"masterpanel/models"
)

// shownForm is a form as a page shows it: its route, its address, the initial values of its fields, and the options of
// its selects and radio buttons.
type shownForm struct {
	method, route, address string
	fields                 url.Values
	offered                map[string][]string
}

// typedInstead returns values for fields that a page leaves empty, so that the form has only one wrong value.
func (w *walker) typedInstead() map[string]string {
	return map[string]string{"text": "1", "ids": models.FormatKeys([]models.Key{{PanelID: w.ours, ID: 1}}), "panel": pathID(w.ours), "on": pathID(w.ours), "panels": pathID(w.ours),
		"user": "customer", "username": "someone", "message": "hello", "subject": "hello", "body": "hello", "reason": "slow", "note": "asked", "name": "a name", "title": "a title",
		"amount": "1.50", "method": "PayPal", "email": "a@mail.example", "link": "https://link.example/a", "remains": "1", "start_count": "1", "count": "1", "status": "completed",
		"kind": "change_status", "decision": "went_through", "until": "1h", "order": "id", "query": "status=pending", "list": "orders", "service": "1"}
}

// forms returns every form on every page that the owner can open, including the forms of each action on an order and of
// the workbench's check. For a route without a form on any page, it returns the form of the walk. It removes
// duplicates.
func (w *walker) forms() []shownForm {
	w.t.Helper()
	w.become("owner")
	var found []shownForm
	add := func(body string) { found = append(found, w.formsIn(body)...) }
	for _, route := range w.routes() {
		if r, ok := walk[route]; ok && strings.HasPrefix(route, "GET ") && !slices.Contains(notFuzzed, strings.TrimPrefix(route, "GET ")) {
			address := w.address(r.path, route)
			add(w.site.get(address).Body)
			for _, fragment := range r.fragments {
				add(w.site.get(address, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "x#"+fragment).Body)
			}
		}
	}
	for _, info := range models.ActionKinds {
		add(w.site.get("/orders/" + pathID(w.ours) + "/1/actions?kind=" + string(info.Kind)).Body)
		form := url.Values{"text": {"1"}, "on": {pathID(w.ours)}, "kind": {string(info.Kind)}, "status": {"completed"}, "remains": {"1"}, "start_count": {"1"}, "link": {"https://x.example"}}
		add(w.site.post("/orders/workbench", form).Body)
	}
	for route, r := range walk {
		if address := w.address(r.path, route); strings.HasPrefix(route, "POST ") {
			form := shownForm{method: "POST", route: route, address: address, fields: url.Values{}}
			for name, values := range r.form {
				form.fields[name] = slices.Clone(values)
			}
			found = append(found, form)
		}
	}
	slices.SortFunc(found, func(a, b shownForm) int { return strings.Compare(a.key(), b.key()) })
	return slices.CompactFunc(found, func(a, b shownForm) bool { return a.key() == b.key() })
}

func (f shownForm) key() string { return f.route + " " + f.fields.Encode() }

// address replaces the parameters in a route, or in one of its addresses.
func (w *walker) address(path, route string) string {
	if path == "" {
		_, path, _ = strings.Cut(route, " ")
	}
	id := "1"
	switch {
	case strings.HasPrefix(path, "/settings/staff/"):
		id = pathID(w.target)
	case strings.HasPrefix(path, "/reports/"):
		id = pathID(w.reports[w.ours])
	}
	return strings.NewReplacer(":panel", pathID(w.ours), ":id", id, ":order", "1", ":action", "999999", ":reply", "999999", ":filter", "status").Replace(path)
}

// formsIn parses the forms of a page.
func (w *walker) formsIn(body string) (forms []shownForm) {
	root, err := html.Parse(strings.NewReader(body))
	w.check(err)
	for node := range root.Descendants() {
		if node.Data != "form" || attributeOf(node, "action") == "" {
			continue
		}
		address, _, _ := strings.Cut(attributeOf(node, "action"), "#")
		f := shownForm{method: strings.ToUpper(attributeOf(node, "method")), address: address, fields: url.Values{}, offered: map[string][]string{}}
		if f.method == "" {
			f.method = "GET"
		}
		if f.route = w.routeOf(f.method, f.address); f.route == "" {
			w.t.Errorf("a form leads to %s %s, which is no route", f.method, f.address)
			continue
		}
		for inner := range node.Descendants() {
			f.take(inner)
		}
		forms = append(forms, f)
	}
	return forms
}

// take records a field of the form with its first value.
func (f *shownForm) take(node *html.Node) {
	name := attributeOf(node, "name")
	if name == "" {
		return
	}
	switch node.Data {
	case "input", "button":
		f.offered[name] = append(f.offered[name], attributeOf(node, "value"))
		if kind := attributeOf(node, "type"); kind != "checkbox" || hasAttribute(node, "checked") {
			f.fields[name] = append(f.fields[name], attributeOf(node, "value"))[:1]
		}
	case "textarea":
		f.fields.Set(name, "")
	case "select":
		for option := range node.Descendants() {
			if option.Data == "option" {
				f.offered[name] = append(f.offered[name], attributeOf(option, "value"))
			}
		}
		f.fields.Set(name, "")
		if words := f.offered[name]; len(words) > 0 {
			f.fields.Set(name, words[len(words)-1])
		}
	}
}

// routeOf returns the route that serves an address.
func (w *walker) routeOf(method, address string) string {
	path, _, _ := strings.Cut(address, "?")
	parts := strings.Split(path, "/")
	for _, r := range w.site.app.GetRoutes(true) { // in the order in which Fiber tries them
		pattern := strings.Split(r.Path, "/")
		same := func(i int) bool {
			return pattern[i] == parts[i] || strings.HasPrefix(pattern[i], ":") && parts[i] != ""
		}
		if r.Method == method && len(pattern) == len(parts) && !slices.ContainsFunc(indexes(parts), func(i int) bool { return !same(i) }) {
			return method + " " + r.Path
		}
	}
	return ""
}

func indexes(of []string) []int {
	all := make([]int, len(of))
	for i := range all {
		all[i] = i
	}
	return all
}

func hasAttribute(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func attributeOf(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
