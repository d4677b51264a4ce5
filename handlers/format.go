package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"golang.org/x/net/idna"

	"masterpanel/models"
)

// stamp is a time as pages show it: Short in the text, Full on hover. Scripts turn it into "minutes ago" if Relative is
// set, or into the minutes alone if Age is set.
type stamp struct {
	Machine, Full, Short string
	Relative, Age        bool
}

// none is the text of an empty cell.
const none = "–"

func newStamp(t, now time.Time, zone *time.Location) stamp {
	if t.IsZero() {
		return stamp{Short: none}
	}
	t = t.In(zone)
	layout := "2 Jan 15:04"
	if t.Year() != now.In(zone).Year() {
		layout = "2 Jan 2006"
	}
	return stamp{Machine: t.UTC().Format(time.RFC3339), Full: t.Format("Mon 2 Jan 2006 15:04:05 MST"), Short: t.Format(layout), Relative: true}
}

// newStampOr is newStamp for a time that may be unknown. If it is unknown, at is the time when the row was first seen
// or last seen to change, and seen says which.
func newStampOr(unknown bool, seen string, at, now time.Time, zone *time.Location) stamp {
	s := newStamp(at, now, zone)
	if unknown {
		return stamp{Short: none, Full: "The panel does not say. " + seen + " " + s.Full}
	}
	return s
}

// createdStamp is the creation time of a mirrored row.
func (a *app) createdStamp(v models.Viewer, at time.Time, undated bool) stamp {
	return newStampOr(undated, "First seen here", at, a.Now(), v.Zone)
}

// createdFacts returns the creation time of a mirrored row. If that is unknown, it adds the time when the row was first
// seen.
func (a *app) createdFacts(v models.Viewer, at time.Time, undated bool) []fact {
	facts := []fact{{Label: "Created", Stamp: a.createdStamp(v, at, undated)}}
	if undated {
		facts = append(facts, fact{Label: "First seen here", Stamp: newStamp(at, a.Now(), v.Zone)})
	}
	return facts
}

// moneyFor formats an amount; an unknown amount is a dash. It returns "" for viewers without "See money", and pages
// then omit the field.
func moneyFor(v models.Viewer, amount decimal.NullDecimal, currency string) string {
	if !v.Can(models.PermSeeMoney) {
		return ""
	}
	return moneyOrNone(amount, currency)
}

func moneyOrNone(amount decimal.NullDecimal, currency string) string {
	if !amount.Valid {
		return none
	}
	return money(amount.Decimal, currency)
}

// number formats a whole number with thousands separators.
func number(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

func numberOrNone(n *int64) string {
	if n == nil {
		return none
	}
	return number(*n)
}

func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

func countWords(n models.Count) string {
	switch {
	case n.More && n.N >= models.CountLimit:
		return "10k+"
	case n.More && n.N == 0:
		return ""
	case n.More:
		return number(n.N) + "+"
	case n.About:
		return "≈ " + number(n.N)
	}
	return number(n.N)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(int64(n)) + " " + many
}

// humanize turns a panel's own word into a label: in_progress becomes In progress.
func humanize(word string) string {
	if word == "api" {
		return "API"
	}
	word = strings.ReplaceAll(word, "_", " ")
	first, size := utf8.DecodeRuneInString(word)
	if first == utf8.RuneError {
		return word
	}
	return string(unicode.ToUpper(first)) + word[size:]
}

// sentence turns an error's or a panel's message into a sentence with a capital and a full stop.
func sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	if first == utf8.RuneError {
		return words
	}
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(words[size:], ".") + "."
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

func yesNo(yes bool) string {
	if yes {
		return "Yes"
	}
	return "No"
}

// badge is a state label. Tone selects colour and shape. Word is the panel's own word if the state is the panel's.
type badge struct{ Label, Tone, Word string }

var tones = map[string]string{
	"pending": "waiting", "waiting": "waiting", "hold": "waiting", "medium": "waiting",
	"in_progress": "moving", "processing": "moving",
	"completed": "done", "answered": "done", "active": "done", "low": "done",
	"partial": "part", "underpaid": "part",
	"error": "failed", "fail": "failed", "suspended": "failed", "banned": "failed", "high": "failed",
	"canceled": "off", "closed": "off", "locked": "off", "expired": "off", "inactive": "off",
}

// newBadge returns the badge of a panel's status word. An unknown word is shown as it is, without a colour.
func newBadge(status string) badge {
	if status == "" {
		return badge{Label: "Unknown", Tone: "off"}
	}
	tone, ok := tones[strings.ToLower(status)]
	if !ok {
		tone = "other"
	}
	return badge{Label: humanize(status), Tone: tone, Word: status}
}

// outLink is a web address as a customer typed it. URL is set only if the text is an http or https address with a host.
// A bare handle, or a text that a browser could run, is shown as text. Short is the visible text; a link's host is
// never cut in its middle.
type outLink struct{ Text, Short, URL string }

// newOutLink shortens the address to about limit characters. If there is a path, it shows part of it, however long the
// host is.
func newOutLink(text string, limit int) outLink {
	link := outLink{Text: text, Short: middle(bare(text), limit)}
	if u, host, ok := parseLink(text); ok {
		link.URL, link.Short = u.String(), shortHost(strings.TrimPrefix(host, "www."))
		if rest := strings.TrimPrefix(u.RequestURI(), "/"); rest != "" {
			link.Short += "/" + middle(unescaped(rest), max(limit-len(link.Short)-1, 8))
		}
	}
	if text == "" {
		link.Short = none
	}
	return link
}

// shortHost cuts a very long host at its start, because the end of a host name tells its owner.
func shortHost(host string) string {
	const most = 40
	if len(host) <= most {
		return host
	}
	return "…" + host[len(host)-most:]
}

// parseLink parses an address from an untrusted person and returns its host in ASCII, so that a name in look-alike
// letters shows as xn--. It rejects an address with a user name before the host, because that only serves to hide the
// host.
func parseLink(text string) (u *url.URL, host string, ok bool) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, "", false
	}
	if host, err = idna.Lookup.ToASCII(u.Hostname()); err != nil {
		return nil, "", false
	}
	if u.Port() != "" {
		host += ":" + u.Port()
	}
	u.Host = host
	return u, host, true
}

// unescaped decodes the percent escapes of part of an address for display.
func unescaped(part string) string {
	if plain, err := url.PathUnescape(part); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return part
}

// bare removes the scheme and "www." from an address.
func bare(text string) string {
	for _, known := range []string{"https://", "http://", "www."} {
		text = strings.TrimPrefix(text, known)
	}
	return text
}

// middle cuts a long text in its middle, because both ends of a link tell more than its centre.
func middle(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	head := limit * 3 / 5
	return string(runes[:head]) + "…" + string(runes[len(runes)-(limit-head-1):])
}

// fact is one line of a detail: a label with a text, a time or a link.
type fact struct {
	Label, Text, URL string
	Stamp            stamp
	Link             outLink
	Number           bool
}

// known removes empty facts; a fact is empty if the viewer may not see it.
func known(facts []fact) []fact {
	return slices.DeleteFunc(facts, func(f fact) bool { return f.Text == "" && f.Stamp.Short == "" && f.Link.Short == "" })
}
