package linkkey

import "strings"

// instagramKey identifies a post by its code, which follows /p/, /reel/ or /tv/.
func instagramKey(a address, _ string) string {
	if a.host == "ig.me" && a.at(0) == "m" && a.at(1) != "" {
		return strings.ToLower(a.at(1)) // a link to message a user
	}
	first, second := strings.ToLower(a.at(0)), a.at(1)
	if code, after := a.at(2), 3; oneOf(second, "p", "reel", "reels", "tv") && code != "" && !oneOf(first, "share", "explore", "stories", "reels") {
		return instagramPost(a, code, after) // after the name of its author
	}
	switch {
	case oneOf(first, "p", "reel", "reels", "tv") && second != "" && second != "audio":
		return instagramPost(a, second, 2)
	case first == "share" && a.last() != a.at(0):
		return "share/" + a.last()
	case first == "stories" && second == "highlights":
		return "stories/highlights/" + a.at(2)
	case first == "stories" && a.at(2) != "":
		return "stories/" + strings.ToLower(second) + "/" + a.at(2)
	case first == "stories" && second != "":
		return "stories/" + strings.ToLower(second)
	case first == "explore" && second == "tags":
		return "explore/tags/" + strings.ToLower(a.at(2))
	case first == "explore" && second == "locations":
		return "explore/locations/" + a.at(2)
	case first == "_u" && second != "":
		return strings.ToLower(second)
	case first == "" || oneOf(first, "accounts", "about", "explore", "reels", "p", "reel", "tv", "s", "direct", "web", "developer", "legal", "ar", "_u"):
		return ""
	case second == "" || oneOf(second, "tagged", "reels", "followers", "following", "channel", "feed"):
		return strings.TrimPrefix(first, "@")
	}
	return ""
}

// instagramPost gives a comment another key than its post.
func instagramPost(a address, code string, after int) string {
	if a.at(after) == "c" && digits(a.at(after+1)) {
		return "p/" + code + "/c/" + a.at(after+1)
	}
	return "p/" + code
}

// threadsKey identifies a post by its code.
func threadsKey(a address, _ string) string {
	switch {
	case a.at(0) == "t" && a.at(1) != "":
		return "t/" + a.at(1)
	case a.at(1) == "post" && a.at(2) != "":
		return "t/" + a.at(2)
	case len(a.path) == 1 && oneOf(a.at(0), "t", "search", "login", "explore", "settings"):
		return ""
	case len(a.path) == 1, len(a.path) == 2 && oneOf(a.at(1), "replies", "reposts", "media"):
		return atName(strings.TrimPrefix(a.at(0), "@"))
	}
	return ""
}

// facebookName normalises a name as Facebook does: Facebook ignores case and dots.
func facebookName(name string) string {
	if folded := strings.ReplaceAll(strings.ToLower(name), ".", ""); folded != "" {
		return folded
	}
	return name
}

// facebookKey identifies posts, videos and photos by their number or code, on any page that shows them.
func facebookKey(a address, _ string) string {
	if a.host == "m.me" {
		return facebookName(strings.ToLower(a.at(0))) // a link to message a user
	}
	key := facebookThing(a)
	if comment := a.get("comment_id"); key != "" && comment != "" {
		key += "?comment_id=" + comment
	}
	return key
}

func facebookThing(a address) string {
	first, second := strings.ToLower(a.at(0)), strings.ToLower(a.at(1))
	switch {
	case oneOf(first, "watch", "video.php", "videos", "video") && a.get("v") != "":
		return "watch?v=" + a.get("v")
	case first == "watch" && second == "live" && a.get("v") == "", oneOf(first, "l.php", "login", "sharer"):
		return ""
	case oneOf(first, "reel", "reels", "videos") && digits(a.at(1)):
		return "watch?v=" + a.at(1)
	case oneOf(second, "videos", "reels", "reel") && digits(a.last()):
		return "watch?v=" + a.last()
	case first == "share" && second != "":
		return "share/" + a.last()
	case oneOf(first, "permalink.php", "story.php") && a.get("story_fbid") != "":
		return "posts/" + a.get("story_fbid")
	case oneOf(first, "photo.php", "photo") && a.get("fbid") != "":
		return "photo?fbid=" + a.get("fbid")
	case oneOf(second, "photos") && digits(a.last()):
		return "photo?fbid=" + a.last()
	case first == "posts" && second != "" && len(a.path) == 2, second == "posts" && len(a.path) > 2:
		return "posts/" + a.last()
	case first == "groups" && oneOf(a.at(2), "posts", "permalink") && a.at(3) != "":
		return "posts/" + a.at(3)
	case first == "groups" && second != "":
		return "groups/" + facebookName(second)
	case first == "events" && digits(second), first == "hashtag" && second != "":
		return first + "/" + second
	case first == "marketplace" && second == "item":
		return "marketplace/item/" + a.at(2)
	}
	return facebookProfile(a, first, second)
}

// facebookProfile identifies a profile by its number if the link has one, else by its name.
func facebookProfile(a address, first, second string) string {
	switch {
	case first == "profile.php":
		return a.get("id")
	case oneOf(first, "people", "pages") && digits(a.last()):
		return a.last()
	case first == "p" && second != "":
		return facebookName(second[strings.LastIndexByte(second, '-')+1:])
	case first == "gaming" && second != "":
		return facebookName(second)
	case first == "" || oneOf(first, "watch", "groups", "events", "pages", "people", "photo", "marketplace", "share", "reel", "reels", "stories", "help",
		"login.php", "photo.php", "story.php", "permalink.php", "video.php", "posts", "p", "hashtag", "gaming", "videos", "video", "ads", "policies"):
		return ""
	case second == "" || oneOf(second, "about", "photos", "videos", "reels", "posts", "followers", "following", "friends", "reviews", "mentions", "live", "community"):
		return facebookName(strings.TrimPrefix(first, "@"))
	}
	return ""
}
