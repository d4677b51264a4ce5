package linkkey

import (
	"regexp"
	"strings"
)

// xKey identifies posts by their number.
func xKey(a address, _ string) string {
	if old, ok := strings.CutPrefix(a.fragment, "!/"); ok && len(a.path) == 0 {
		if inner, ok := parse("x.com/" + old); ok {
			return xKey(inner, "")
		}
	}
	for i, word := range a.path {
		if oneOf(word, "status", "statuses") && digits(a.at(i+1)) {
			return "i/status/" + a.at(i+1)
		}
	}
	first, second := strings.ToLower(a.at(0)), a.at(1)
	switch {
	case first == "intent" && a.get("screen_name") != "":
		return strings.ToLower(strings.TrimPrefix(a.get("screen_name"), "@"))
	case first == "intent" && digits(a.get("tweet_id")):
		return "i/status/" + a.get("tweet_id")
	case first == "i" && second != "" && a.at(2) != "":
		return "i/" + strings.ToLower(second) + "/" + a.at(2)
	case first == "hashtag" && second != "":
		return "hashtag/" + strings.ToLower(second)
	case first == "" || oneOf(first, "i", "intent", "search", "home", "explore", "hashtag", "share", "settings", "login", "messages", "notifications", "tos", "privacy"):
		return ""
	case second == "" || oneOf(second, "with_replies", "media", "likes", "followers", "following", "verified_followers", "highlights", "photo", "header_photo", "about"):
		return strings.TrimPrefix(first, "@")
	}
	return ""
}

// telegramKey identifies posts by channel name and number, and groups by their invitation code.
func telegramKey(a address, sub string) string {
	if sub != "" && sub != "m" {
		a.path = append([]string{sub}, a.path...) // name.t.me
	}
	if a.at(0) == "s" && a.at(1) != "" {
		a.path = a.path[1:] // the preview for browsers
	}
	first, second := a.at(0), a.at(1)
	name := strings.ToLower(strings.TrimPrefix(first, "@"))
	switch {
	case first == "joinchat" && second != "":
		return "+" + second
	case strings.HasPrefix(first, "+") && len(first) > 1:
		return first
	case first == "c" && digits(second):
		return strings.Join(append([]string{"c", second}, lastNumber(a.path[2:])...), "/")
	case first == "boost" && second != "" && !digits(second):
		return strings.ToLower(second) + "?boost"
	case name == "" || oneOf(name, "joinchat", "c", "boost", "share", "addstickers", "addemoji", "addlist", "addtheme", "proxy", "socks", "iv", "login",
		"confirmphone", "setlanguage", "bg", "invoice", "m", "giftcode", "s") || strings.HasPrefix(name, "$"):
		return ""
	case second == "s" && digits(a.at(2)):
		return name + "/s/" + a.at(2)
	case second == "":
		return name + a.telegramBeside()
	case digits(second):
		return name + "/" + lastNumber(a.path[1:])[0] + a.telegramBeside()
	}
	return ""
}

// lastNumber returns the last of the numbers at the start of a path, because the number of a topic can precede the
// number of the post.
func lastNumber(path []string) (last []string) {
	for _, word := range path {
		if !digits(word) {
			break
		}
		last = []string{word}
	}
	return last
}

// telegramBeside returns the parameters that change the target: a bot's start value, a comment, a boost.
func (a address) telegramBeside() string {
	for _, name := range []string{"start", "startapp", "startgroup", "comment"} {
		if value := a.get(name); value != "" {
			return "?" + name + "=" + value
		}
	}
	for _, p := range a.query {
		if p.name == "boost" {
			return "?boost"
		}
	}
	return ""
}

// telegramApp parses a link that opens the Telegram app.
func telegramApp(rest string) (address, bool) {
	a, ok := parse("app.invalid/" + rest)
	switch {
	case !ok:
	case a.at(0) == "resolve" && a.get("domain") != "" && digits(a.get("post")):
		return parse("t.me/" + a.get("domain") + "/" + a.get("post"))
	case a.at(0) == "resolve" && a.get("domain") != "" && a.get("start") != "":
		return parse("t.me/" + a.get("domain") + "?start=" + a.get("start"))
	case a.at(0) == "resolve" && a.get("domain") != "":
		return parse("t.me/" + a.get("domain"))
	case a.at(0) == "join" && a.get("invite") != "":
		return parse("t.me/+" + a.get("invite"))
	}
	return address{}, false
}

// linkedinPost finds the kind and number of a post in a path or in a LinkedIn URN.
var linkedinPost = regexp.MustCompile(`(?i)(activity|ugcpost|share)[-:](\d{6,})`)

// linkedinKey identifies posts by kind and number, and people and companies by name.
func linkedinKey(a address, _ string) string {
	path := a.path
	if len(path) > 0 && oneOf(path[0], "mwlite", "m", "comm", "embed") {
		path = path[1:]
	}
	a.path = path
	first, second := strings.ToLower(a.at(0)), strings.ToLower(a.at(1))
	if oneOf(first, "posts", "feed", "activity", "share", "ugcpost", "video") {
		if found := linkedinPost.FindStringSubmatch(strings.Join(path, "/")); found != nil {
			return "feed/update/urn:li:" + strings.ToLower(found[1]) + ":" + found[2]
		}
	}
	switch {
	case oneOf(first, "in", "company", "school", "showcase", "groups", "pulse", "newsletters", "events") && second != "":
		return first + "/" + second
	case first == "jobs" && second == "view" && a.at(2) != "":
		return "jobs/view/" + a.at(2)[strings.LastIndexByte(a.at(2), '-')+1:]
	}
	return ""
}

// pinterestKey identifies pins by number, and boards by owner and name.
func pinterestKey(a address, _ string) string {
	first, second := strings.ToLower(a.at(0)), strings.ToLower(a.at(1))
	switch {
	case first == "pin" && second != "":
		return "pin/" + second[strings.LastIndexByte(second, '-')+1:]
	case first == "" || oneOf(first, "pin", "search", "ideas", "today", "login", "explore", "business", "settings"):
		return ""
	case second == "" || oneOf(second, "_saved", "_created", "_pins", "pins", "boards", "followers", "following"):
		return strings.TrimPrefix(first, "@")
	}
	return first + "/" + second
}
