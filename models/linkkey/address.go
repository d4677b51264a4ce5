package linkkey

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// address is a parsed link: its host in lower case without "www.", the segments of its path and its parameters.
type address struct {
	host     string
	path     []string
	query    []parameter
	fragment string
}

type parameter struct{ name, value string }

// parse splits a link into parts. It accepts more than net/url does, because pasted links are often invalid URLs.
func parse(text string) (a address, ok bool) {
	if strings.ContainsFunc(text, unicode.IsSpace) || text == "" {
		return a, false
	}
	if a, ok = appLink(text); ok {
		return a, true
	}
	rest, schemed := cutScheme(text)
	rest, a.fragment, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(strings.ReplaceAll(rest, `\`, "/"), "/")
	if a.host = plainHost(host); !isHost(a.host, schemed) {
		return address{}, false
	}
	a.path = make([]string, 0, 4)
	for word := range strings.SplitSeq(path, "/") {
		if word != "" {
			a.path = append(a.path, plain(word))
		}
	}
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		a.query = append(a.query, parameter{plain(name), plain(value)})
	}
	return a, true
}

// cutScheme removes "https://" and its usual misspellings with one slash or none.
func cutScheme(text string) (rest string, ok bool) {
	for _, scheme := range []string{"https", "http"} {
		if len(text) <= len(scheme) || !strings.EqualFold(text[:len(scheme)], scheme) {
			continue
		}
		after, colon := strings.CutPrefix(text[len(scheme):], ":")
		if bare := strings.TrimLeft(after, `/\`); colon || len(after)-len(bare) >= 2 {
			return bare, true
		}
	}
	if bare, ok := strings.CutPrefix(text, "//"); ok {
		return strings.TrimLeft(bare, "/"), true
	}
	return text, false
}

// plainHost returns a host without user name, default port, "www." and trailing dot.
func plainHost(host string) string {
	host = strings.ToLower(host[strings.LastIndexByte(host, '@')+1:])
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
	for strings.HasPrefix(host, "www.") && strings.Count(host, ".") > 1 {
		host = host[len("www."):]
	}
	return strings.TrimRight(host, ".")
}

// isHost reports whether a word is a host. Without a scheme it must end in letters, as in "example.com".
func isHost(host string, schemed bool) bool {
	name, _, _ := strings.Cut(host, ":")
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-' && r != '_' {
			return false
		}
	}
	if name == "" || strings.HasPrefix(name, ".") || strings.Contains(name, "..") {
		return false
	}
	dot := strings.LastIndexByte(name, '.')
	return schemed && dot > 0 || dot > 0 && len(name)-dot > 2 && !strings.ContainsFunc(name[dot+1:], func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
}

// plain decodes percent-encoded letters, digits and harmless signs. All other characters stay encoded, so that the
// result parses to the same meaning again.
func plain(word string) string {
	if !strings.Contains(word, "%") {
		return word
	}
	decoded, err := url.PathUnescape(strings.ReplaceAll(word, "+", "%2B"))
	if err != nil || !utf8.ValidString(decoded) {
		return word
	}
	var b strings.Builder
	for _, r := range decoded {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-._~@:+,!$*()='", r) || r >= 0x80 && unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(url.QueryEscape(string(r)))
		}
	}
	return b.String()
}

// at returns the n-th segment of the path, "" past its end.
func (a address) at(n int) string {
	if n < len(a.path) {
		return a.path[n]
	}
	return ""
}

// last returns the last segment of the path.
func (a address) last() string { return a.at(len(a.path) - 1) }

// get returns the value of a parameter, "" if there is none.
func (a address) get(name string) string {
	for _, p := range a.query {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// key applies the network's own rule, else it uses host, path and the parameters that are not tracking parameters.
func (a address) key(redirects int) string {
	n, sub := networkOf(a.host)
	if to := a.leadsTo(n, sub); to != "" && redirects > 0 {
		if inner, ok := parse(to); ok {
			return inner.key(redirects - 1)
		}
	}
	if n == nil {
		return a.elsewhere()
	}
	if key := n.key(a, sub); key != "" {
		return n.home + "/" + key
	}
	return n.home + a.rest()
}

// shorteners are hosts of short links. Only the site knows the target, so only the short code can be compared.
var shorteners = []string{"fb.watch", "fb.me", "fb.gg", "t.co", "spotify.link", "spoti.fi", "lnkd.in", "pin.it", "bit.ly", "tinyurl.com", "cutt.ly", "goo.gl"}

// elsewhere returns the key of a link to none of the networks.
func (a address) elsewhere() string {
	if slices.Contains(shorteners, a.host) {
		a.query = nil
	}
	if rest := a.rest(); a.host != "web.telegram.org" || a.fragment == "" {
		return a.host + cmp.Or(rest, "/") // with a slash, so that a host does not look like a handle
	}
	if name, ok := handle(a.fragment); ok && strings.HasPrefix(a.fragment, "@") {
		return "t.me/" + strings.ToLower(name)
	}
	return a.host + a.rest() + "#" + a.fragment // web.telegram.org keeps the chat in the fragment
}

// leadsTo returns the target of a network's redirect page, "" for all other pages.
func (a address) leadsTo(n *network, sub string) string {
	target := ""
	switch {
	case n == &networks[instagram] && sub == "l", n == &networks[facebook] && (sub == "l" || sub == "lm" || a.at(0) == "l.php" || a.at(0) == "flx"):
		target = a.get("u")
	case n == &networks[youtube] && a.at(0) == "redirect":
		target = a.get("q")
	case n == &networks[youtube] && a.at(0) == "attribution_link" && a.get("u") != "":
		target = "youtube.com" + unescaped(a.get("u"))
	case a.host == "google.com" && a.at(0) == "url":
		target = cmp.Or(a.get("q"), a.get("url"))
	}
	return unescaped(target)
}

func unescaped(value string) string {
	if decoded, err := url.QueryUnescape(value); err == nil {
		return decoded
	}
	return value
}

// rest returns the path and the parameters in sorted order, without tracking parameters.
func (a address) rest() string {
	rest := ""
	for _, word := range a.path {
		rest += "/" + word
	}
	if len(a.query) == 0 {
		return rest
	}
	kept := slices.DeleteFunc(slices.Clone(a.query), func(p parameter) bool { return p.name == "" || tracks(p.name) })
	slices.SortStableFunc(kept, func(p, q parameter) int { return cmp.Or(cmp.Compare(p.name, q.name), cmp.Compare(p.value, q.value)) })
	for i, p := range kept {
		rest += [2]string{"?", "&"}[min(i, 1)] + p.name
		if p.value != "" {
			rest += "=" + p.value
		}
	}
	return rest
}

// tracking are parameters that only tell where a visitor came from.
var tracking = []string{"_ga", "_gl", "_hsenc", "_hsmi", "dclid", "fbclid", "feature", "gad_source", "gbraid", "gclid", "igsh", "igshid",
	"li_fat_id", "mc_cid", "mc_eid", "mibextid", "msclkid", "ref_src", "ref_url", "share_id", "si", "srsltid", "ttclid", "twclid", "vero_id", "wbraid", "yclid"}

func tracks(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "utm_") || slices.Contains(tracking, name)
}
