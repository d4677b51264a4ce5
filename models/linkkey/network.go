package linkkey

import (
	"slices"
	"strings"
	"unicode"
)

// network is a site with its own rules for links. home is the host in its keys, hosts are all its hosts, and words are
// its names in the names of services. key returns the rest of a link's key, "" for a page without a rule; profile
// returns the rest of the key of a profile.
type network struct {
	home    string
	hosts   []string
	words   []string
	key     func(a address, sub string) string
	profile func(name string) string
}

const (
	instagram = iota
	tiktok
	youtube
	facebook
	x
	telegram
	threads
	spotify
	twitch
	linkedin
	pinterest
)

var networks []network

// The table is filled in init because its rules refer to the table.
func init() {
	networks = []network{
		instagram: {"instagram.com", []string{"instagram.com", "instagr.am", "ig.me"}, []string{"instagram", "insta", "ig", "инстаграм"}, instagramKey, strings.ToLower},
		tiktok:    {"tiktok.com", []string{"tiktok.com"}, []string{"tiktok", "tik", "тикток"}, tiktokKey, atName},
		youtube:   {"youtube.com", []string{"youtube.com", "youtu.be", "youtube-nocookie.com", "y2u.be"}, []string{"youtube", "yt", "ютуб"}, youtubeKey, atName},
		facebook:  {"facebook.com", []string{"facebook.com", "fb.com", "m.me"}, []string{"facebook", "fb", "фейсбук"}, facebookKey, facebookName},
		x:         {"x.com", []string{"x.com", "twitter.com"}, []string{"twitter", "tweet", "твиттер"}, xKey, strings.ToLower},
		telegram:  {"t.me", []string{"t.me", "telegram.me", "telegram.dog"}, []string{"telegram", "tg", "телеграм"}, telegramKey, strings.ToLower},
		threads:   {"threads.net", []string{"threads.net", "threads.com"}, []string{"threads"}, threadsKey, atName},
		spotify:   {"open.spotify.com", []string{"spotify.com"}, []string{"spotify"}, spotifyKey, func(name string) string { return "user/" + name }},
		twitch:    {"twitch.tv", []string{"twitch.tv"}, []string{"twitch"}, twitchKey, strings.ToLower},
		linkedin:  {"linkedin.com", []string{"linkedin.com"}, []string{"linkedin"}, linkedinKey, func(name string) string { return "in/" + strings.ToLower(name) }},
		pinterest: {"pinterest.com", []string{"pinterest.com"}, []string{"pinterest"}, pinterestKey, strings.ToLower},
	}
}

func atName(name string) string { return "@" + strings.ToLower(name) }

// otherSites are subdomains of networks that show no posts and profiles.
var otherSites = []string{"about", "ads", "analytics", "api", "blog", "business", "creators", "dev", "developer", "developers", "help", "newsroom",
	"policies", "studio", "support", "transparency"}

// networkOf returns the network of a host and the subdomain, such as "m"; nil for any other host.
func networkOf(host string) (*network, string) {
	for i := range networks {
		for _, known := range networks[i].hosts {
			if host == known {
				return &networks[i], ""
			}
			sub, ok := strings.CutSuffix(host, known)
			if sub, dotted := strings.CutSuffix(sub, "."); ok && dotted && !slices.Contains(otherSites, sub) {
				return &networks[i], sub
			}
		}
	}
	if sub, rest, ok := strings.Cut(host, "pinterest."); ok && len(rest) <= len("com.au") && (sub == "" || strings.HasSuffix(sub, ".")) {
		return &networks[pinterest], strings.TrimSuffix(sub, ".") // a country's site
	}
	return nil, ""
}

// mentioned returns the network that the name of a service mentions first, nil if it mentions none. A single X counts
// only if no other network is mentioned, because it also stands for "times".
func mentioned(service string) *network {
	service = strings.ToLower(strings.NewReplacer("İ", "i", "ı", "i").Replace(service))
	words := strings.FieldsFunc(service, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, word := range words {
		for i := range networks {
			if slices.ContainsFunc(networks[i].words, func(known string) bool {
				return word == known || len(known) >= 6 && strings.HasPrefix(word, known)
			}) {
				return &networks[i]
			}
		}
	}
	if slices.Contains(words, "x") {
		return &networks[x]
	}
	return nil
}

// digits reports whether a word is a number.
func digits(word string) bool {
	return word != "" && strings.Trim(word, "0123456789") == ""
}

// oneOf reports whether a word equals one of words, ignoring the word's case.
func oneOf(word string, words ...string) bool {
	return slices.Contains(words, strings.ToLower(word))
}

// appLink parses links that open an app, such as "spotify:track:…" and "tg://resolve?domain=…".
func appLink(text string) (a address, ok bool) {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok {
		return a, false
	}
	switch strings.ToLower(scheme) {
	case "spotify":
		return parse("open.spotify.com/" + strings.ReplaceAll(strings.TrimLeft(rest, "/"), ":", "/"))
	case "vnd.youtube", "youtube":
		id := strings.TrimLeft(rest, "/")
		if _, after, found := strings.Cut(id, "youtube.com/"); found {
			return parse("youtube.com/" + after)
		}
		return parse("youtu.be/" + id)
	case "tg":
		return telegramApp(strings.TrimLeft(rest, "/"))
	case "instagram":
		if inner, ok := parse("app.invalid/" + strings.TrimLeft(rest, "/")); ok && inner.get("username") != "" {
			return parse("instagram.com/" + inner.get("username"))
		}
	case "twitter":
		inner, ok := parse("app.invalid/" + strings.TrimLeft(rest, "/"))
		switch {
		case ok && inner.get("screen_name") != "":
			return parse("x.com/" + inner.get("screen_name"))
		case ok && inner.at(0) == "status" && digits(inner.get("id")):
			return parse("x.com/i/status/" + inner.get("id"))
		}
	}
	return a, false
}
