package linkkey

import (
	"cmp"
	"strings"
)

// tiktokKey identifies videos and photos by their number.
func tiktokKey(a address, sub string) string {
	first := a.at(0)
	switch {
	case oneOf(sub, "vm", "vt") && first != "" && first != "t":
		return "t/" + first
	case first == "t" && a.at(1) != "":
		return "t/" + a.at(1)
	case oneOf(first, "v", "video", "embed", "player", "share") && digits(strings.TrimSuffix(a.last(), ".html")):
		return "video/" + strings.TrimSuffix(a.last(), ".html")
	case oneOf(a.at(1), "video", "photo") && digits(strings.TrimSuffix(a.at(2), ".html")):
		return "video/" + strings.TrimSuffix(a.at(2), ".html")
	case a.at(1) == "live":
		return atName(strings.TrimPrefix(first, "@")) + "/live"
	case first == "tag" && a.at(1) != "":
		return "tag/" + strings.ToLower(a.at(1))
	case first == "music" && a.at(1) != "":
		return "music/" + a.at(1)[strings.LastIndexByte(a.at(1), '-')+1:]
	case strings.HasPrefix(first, "@") && len(first) > 1 && len(a.path) == 1:
		return atName(first[1:])
	case len(a.path) == 1 && !oneOf(first, "t", "v", "video", "embed", "tag", "music", "foryou", "following", "explore", "live", "login", "discover", "share", "player"):
		return atName(first)
	}
	return ""
}

// youtubeKey identifies videos by their id, in any player.
func youtubeKey(a address, _ string) string {
	video := a.video()
	if strings.HasPrefix(video, "@") {
		video = ""
	}
	switch {
	case video != "" && a.get("lc") != "":
		return "watch?v=" + video + "&lc=" + a.get("lc")
	case video != "":
		return "watch?v=" + video
	case oneOf(a.at(0), "playlist", "watch", "embed") && a.get("list") != "":
		return "playlist?list=" + a.get("list")
	case a.at(0) == "channel" && a.at(1) != "", a.at(0) == "clip" && a.at(1) != "", a.at(0) == "post" && a.at(1) != "":
		return a.at(0) + "/" + a.at(1)
	case oneOf(a.last(), "community", "posts") && a.get("lb") != "":
		return "post/" + a.get("lb")
	case oneOf(a.at(0), "c", "user") && a.at(1) != "":
		return strings.ToLower(a.at(0) + "/" + a.at(1))
	case a.at(0) == "hashtag" && a.at(1) != "":
		return "hashtag/" + strings.ToLower(a.at(1))
	}
	return youtubeChannel(a)
}

func youtubeChannel(a address) string {
	name, at := strings.CutPrefix(a.at(0), "@")
	reserved := !at && oneOf(name, "watch", "playlist", "shorts", "feed", "results", "channel", "c", "user", "embed", "v", "e", "live",
		"clip", "post", "hashtag", "redirect", "attribution_link", "account", "premium", "gaming", "music", "trending", "oembed", "about")
	switch tab := a.at(1); {
	case name == "" || reserved:
		return ""
	case tab == "live":
		return atName(name) + "/live"
	case tab == "" || oneOf(tab, "videos", "shorts", "streams", "about", "featured", "community", "posts", "playlists", "channels", "join", "podcasts"):
		return atName(name)
	}
	return ""
}

// video returns the id of the video that a YouTube address shows.
func (a address) video() string {
	switch {
	case strings.HasSuffix(a.host, "youtu.be") || strings.HasSuffix(a.host, "y2u.be"):
		if a.at(0) == "watch" {
			return a.get("v")
		}
		if oneOf(a.at(0), "shorts", "live", "embed", "v") && a.at(1) != "" {
			return a.at(1)
		}
		return a.at(0)
	case len(a.path) <= 1 && oneOf(a.at(0), "watch", "watch_popup", "ytscreeningroom", ""):
		return cmp.Or(a.get("v"), a.get("vi"))
	case a.at(0) == "embed" && oneOf(a.at(1), "videoseries", "live_stream"):
		return ""
	case oneOf(a.at(0), "v", "vi", "e", "embed", "shorts", "live", "watch"):
		return a.at(1)
	}
	return ""
}

// twitchKey identifies videos by number and clips by name.
func twitchKey(a address, sub string) string {
	first, second := a.at(0), a.at(1)
	switch {
	case sub == "clips" && first == "embed", sub == "player", first == "embed" && a.get("clip") != "":
		return twitchEmbedded(a)
	case sub == "clips" && len(a.path) > 0:
		return "clip/" + a.last()
	case oneOf(first, "videos", "video") && digits(second):
		return "videos/" + second
	case first == "clip" && second != "":
		return "clip/" + second
	case oneOf(second, "v", "video", "videos") && digits(a.at(2)):
		return "videos/" + a.at(2)
	case second == "clip" && a.at(2) != "":
		return "clip/" + a.at(2)
	case first == "" || oneOf(first, "directory", "videos", "video", "clip", "p", "downloads", "settings", "embed", "search", "team"):
		return ""
	case second == "" || oneOf(second, "videos", "about", "schedule", "clips", "home", "followers", "chat"):
		return strings.ToLower(strings.TrimPrefix(first, "@"))
	}
	return ""
}

// twitchEmbedded parses the parameters of an embedded player.
func twitchEmbedded(a address) string {
	switch {
	case a.get("clip") != "":
		return "clip/" + a.get("clip")
	case digits(strings.TrimPrefix(a.get("video"), "v")):
		return "videos/" + strings.TrimPrefix(a.get("video"), "v")
	}
	return strings.ToLower(a.get("channel"))
}

// spotifyKinds are the kinds of Spotify pages.
var spotifyKinds = []string{"track", "album", "artist", "playlist", "show", "episode", "user"}

// spotifyKey identifies everything by kind and id.
func spotifyKey(a address, _ string) string {
	for i := len(a.path) - 2; i >= 0; i-- { // the innermost pair: a playlist follows its user
		if oneOf(a.path[i], spotifyKinds...) {
			return strings.ToLower(a.path[i]) + "/" + a.path[i+1]
		}
	}
	return ""
}
