package linkkey_test

import (
	"strings"
	"testing"

	"masterpanel/models/linkkey"
)

// pair is a pair of links with the names of the services that were ordered for them.
type pair struct{ one, other, service, otherService string }

func same(t *testing.T, p pair, want bool) {
	t.Helper()
	one, other := linkkey.Of(p.one, p.service), linkkey.Of(p.other, p.otherService)
	if (one == other) != want {
		t.Errorf("%q has the key %q and %q has %q; same target: want %v", p.one, one, p.other, other, want)
	}
}

func TestSpellingsOfOneTargetHaveOneKey(t *testing.T) {
	for _, p := range []pair{
		{one: "https://www.instagram.com/p/DAbC_1-xYz/", other: "instagram.com/p/DAbC_1-xYz"},
		{one: "https://www.instagram.com/p/DAbC_1-xYz/?img_index=2", other: "https://instagr.am/p/DAbC_1-xYz"},
		{one: "https://www.instagram.com/nova.shop/reel/DAbC_1-xYz/", other: "https://www.instagram.com/tv/DAbC_1-xYz"},
		{one: "https://www.instagram.com/stories/Nova.Shop/3141592653/", other: "instagram.com/stories/nova.shop/3141592653?igsh=1"},
		{one: "https://l.instagram.com/?u=https%3A%2F%2Fexample.com%2Fa%3Futm_source%3Dig&e=AT1", other: "http://EXAMPLE.com/a/"},
		{one: "@Nova.Shop", other: "https://instagram.com/nova.shop", service: "Instagram Followers | HQ"},
		{one: "nova.shop", other: "https://www.instagram.com/nova.shop/reels/", service: "İnstagram Takipçi"},
		{one: "instagram://user?username=nova.shop", other: "https://www.instagram.com/_u/nova.shop/"},
		{one: "https://www.tiktok.com/@Nova/video/7301234567890123456?_t=8h&_r=1", other: "https://m.tiktok.com/v/7301234567890123456.html"},
		{one: "https://www.tiktok.com/@nova/photo/7301234567890123456", other: "tiktok.com/@other.name/video/7301234567890123456"},
		{one: "https://vm.tiktok.com/ZMhAbCdEf/", other: "https://www.tiktok.com/t/ZMhAbCdEf"},
		{one: "https://www.tiktok.com/@nova?lang=tr", other: "@NOVA", otherService: "TikTok Followers"},
		{one: "https://youtu.be/Qx_9aBcDeF1?si=abc", other: "https://www.youtube.com/watch?v=Qx_9aBcDeF1&t=10s"},
		{one: "https://m.youtube.com/watch?feature=share&v=Qx_9aBcDeF1", other: "https://youtube.com/shorts/Qx_9aBcDeF1"},
		{one: "https://www.youtube-nocookie.com/embed/Qx_9aBcDeF1?rel=0", other: "https://music.youtube.com/watch?v=Qx_9aBcDeF1"},
		{one: "https://www.youtube.com/live/Qx_9aBcDeF1", other: "vnd.youtube:Qx_9aBcDeF1"},
		{one: "https://www.youtube.com/@NovaShop/videos", other: "youtube.com/@novashop"},
		{one: "https://www.youtube.com/channel/UCabcDEF/about", other: "https://youtube.com/channel/UCabcDEF"},
		{one: "https://www.facebook.com/watch/?v=123456789012", other: "https://m.facebook.com/nova/videos/some-words/123456789012/"},
		{one: "https://www.facebook.com/reel/123456789012?mibextid=x", other: "fb.com/watch?v=123456789012"},
		{one: "https://www.facebook.com/nova.shop/posts/pfbid02AbC", other: "https://mbasic.facebook.com/story.php?story_fbid=pfbid02AbC&id=100001"},
		{one: "https://www.facebook.com/profile.php?id=100012345678901", other: "https://www.facebook.com/people/Nova-Shop/100012345678901/"},
		{one: "https://facebook.com/Nova.Shop", other: "https://web.facebook.com/novashop?ref=bookmarks"},
		{one: "https://www.facebook.com/groups/novagroup/permalink/987654321/", other: "https://www.facebook.com/groups/55/posts/987654321"},
		{one: "https://l.facebook.com/l.php?u=https%3A%2F%2Fyoutu.be%2FQx_9aBcDeF1&h=AT", other: "https://youtu.be/Qx_9aBcDeF1"},
		{one: "https://twitter.com/Nova/status/1700000000000000001?s=20", other: "https://x.com/i/web/status/1700000000000000001"},
		{one: "https://mobile.twitter.com/nova/status/1700000000000000001/photo/1", other: "x.com/anybody/status/1700000000000000001"},
		{one: "https://twitter.com/intent/user?screen_name=Nova", other: "https://x.com/nova/with_replies"},
		{one: "@nova", other: "https://x.com/Nova", service: "X Followers (real)"},
		{one: "https://t.me/Nova_Channel/42?single", other: "https://telegram.me/s/nova_channel/42"},
		{one: "tg://resolve?domain=nova_channel&post=42", other: "t.me/nova_channel/7/42"},
		{one: "https://t.me/joinchat/AAAAAbCdEf", other: "https://t.me/+AAAAAbCdEf"},
		{one: "https://nova_channel.t.me", other: "nova_channel", otherService: "Telegram Members"},
		{one: "https://web.telegram.org/k/#@Nova_Channel", other: "https://t.me/nova_channel"},
		{one: "https://www.threads.net/@nova/post/CzAbCdE", other: "https://threads.com/t/CzAbCdE?xmt=1"},
		{one: "https://www.threads.net/@Nova", other: "threads.com/@nova"},
		{one: "https://open.spotify.com/intl-de/track/4uLU6hMCjMI75M1A2tKUQC?si=1", other: "spotify:track:4uLU6hMCjMI75M1A2tKUQC"},
		{one: "https://open.spotify.com/user/nova/playlist/37i9dQZF1", other: "https://open.spotify.com/embed/playlist/37i9dQZF1"},
		{one: "https://clips.twitch.tv/FunnyNameKappa", other: "https://m.twitch.tv/nova/clip/FunnyNameKappa?filter=clips"},
		{one: "https://www.twitch.tv/videos/1234567890", other: "https://player.twitch.tv/?video=v1234567890&parent=a"},
		{one: "https://www.twitch.tv/Nova/videos", other: "twitch.tv/nova"},
		{one: "https://www.linkedin.com/posts/nova_some-words-activity-7100000000000000001-AbCd", other: "https://linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7100000000000000001/"},
		{one: "https://tr.linkedin.com/in/Nova-Shop/?trk=x", other: "https://www.linkedin.com/mwlite/in/nova-shop"},
		{one: "https://www.linkedin.com/company/nova/posts/", other: "linkedin.com/company/Nova"},
		{one: "https://www.pinterest.co.uk/pin/some-words--123456789/", other: "https://tr.pinterest.com/pin/123456789"},
		{one: "https://pinterest.de/Nova/Board/", other: "https://www.pinterest.com/nova/board"},
		{one: "HTTPS://WWW.Example.COM:443/Shop/?utm_campaign=a&id=5#top", other: "example.com/Shop?id=5"},
		{one: "https://example.com/a?b=2&a=1", other: "http://example.com//a/?a=1&b=2&fbclid=Iw"},
		{one: "\u200bhttps://instagram.com/p/zz\u200b", other: " https://instagram.com/p/\u200ezz\n"},
		{one: "https://instagram.com/%6Eova.shop", other: "https://instagram.com/nova.shop"},
	} {
		same(t, p, true)
	}
}

func TestDifferentTargetsHaveDifferentKeys(t *testing.T) {
	for _, p := range []pair{
		{one: "https://www.instagram.com/p/DAbC_1-xYz/", other: "https://www.instagram.com/p/dabc_1-xyz/"},
		{one: "https://www.instagram.com/p/DAbC_1-xYz/", other: "https://www.instagram.com/p/DAbC_1-xY/"},
		{one: "https://www.instagram.com/p/DAbC_1-xYz/", other: "https://www.instagram.com/p/DAbC_1-xYz/c/17900000000000000/"},
		{one: "https://www.instagram.com/nova/", other: "https://www.instagram.com/nova_/"},
		{one: "https://www.instagram.com/nova.shop", other: "https://www.instagram.com/novashop"},
		{one: "https://www.instagram.com/stories/nova/1", other: "https://www.instagram.com/stories/nova/2"},
		{one: "https://www.instagram.com/stories/nova/", other: "https://www.instagram.com/nova/"},
		{one: "https://www.instagram.com/nova", other: "https://www.threads.net/@nova"},
		{one: "@nova", other: "@nova", service: "Instagram Followers", otherService: "TikTok Followers"},
		{one: "@nova", other: "https://instagram.com/nova", service: "Followers"},
		{one: "https://www.instagram.com/explore/tags/nova", other: "https://www.instagram.com/nova"},
		{one: "https://www.tiktok.com/@nova/video/7301234567890123456", other: "https://www.tiktok.com/@nova/video/7301234567890123457"},
		{one: "https://www.tiktok.com/@nova/live", other: "https://www.tiktok.com/@nova"},
		{one: "https://vm.tiktok.com/ZMhAbCdEf/", other: "https://vm.tiktok.com/ZMhabcdef/"},
		{one: "https://www.tiktok.com/music/song-7301", other: "https://www.tiktok.com/music/song-7302"},
		{one: "https://youtu.be/Qx_9aBcDeF1", other: "https://youtu.be/qx_9abcdef1"},
		{one: "https://youtu.be/Qx_9aBcDeF1", other: "https://www.youtube.com/watch?v=Qx_9aBcDeF1&lc=Ugz12"},
		{one: "https://www.youtube.com/playlist?list=PL1", other: "https://www.youtube.com/playlist?list=PL2"},
		{one: "https://www.youtube.com/watch?v=Qx_9aBcDeF1&list=PL1", other: "https://www.youtube.com/playlist?list=PL1"},
		{one: "https://www.youtube.com/channel/UCabcDEF", other: "https://www.youtube.com/channel/UCabcdef"},
		{one: "https://www.youtube.com/user/nova", other: "https://www.youtube.com/c/nova"},
		{one: "https://www.facebook.com/watch/?v=123456789012", other: "https://www.facebook.com/watch/?v=123456789013"},
		{one: "https://www.facebook.com/nova/posts/pfbid02AbC", other: "https://www.facebook.com/nova/posts/pfbid02abc"},
		{one: "https://www.facebook.com/photo?fbid=1", other: "https://www.facebook.com/photo?fbid=2"},
		{one: "https://www.facebook.com/profile.php?id=100001", other: "https://www.facebook.com/profile.php?id=100002"},
		{one: "https://www.facebook.com/groups/nova", other: "https://www.facebook.com/nova"},
		{one: "https://fb.watch/AbC/", other: "https://fb.watch/abc/"},
		{one: "https://www.facebook.com/nova/posts/1?comment_id=2", other: "https://www.facebook.com/nova/posts/1"},
		{one: "https://x.com/nova/status/1700000000000000001", other: "https://x.com/nova/status/1700000000000000002"},
		{one: "https://x.com/nova", other: "https://x.com/nova/status/1700000000000000001"},
		{one: "https://x.com/i/spaces/1AbC", other: "https://x.com/i/spaces/1abc"},
		{one: "https://t.me/nova/42", other: "https://t.me/nova/43"},
		{one: "https://t.me/nova", other: "https://t.me/nova/42"},
		{one: "https://t.me/+AAAAAbCdEf", other: "https://t.me/+aaaaabcdef"},
		{one: "https://t.me/nova/s/42", other: "https://t.me/nova/42"},
		{one: "https://t.me/nova_bot?start=one", other: "https://t.me/nova_bot?start=two"},
		{one: "https://t.me/c/123/4", other: "https://t.me/c/124/4"},
		{one: "https://web.telegram.org/a/#-100123", other: "https://web.telegram.org/a/#-100124"},
		{one: "https://www.threads.net/@nova/post/CzAbCdE", other: "https://www.threads.net/@nova/post/Czabcde"},
		{one: "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC", other: "https://open.spotify.com/album/4uLU6hMCjMI75M1A2tKUQC"},
		{one: "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC", other: "https://open.spotify.com/track/4ulu6hmcjmi75m1a2tkuqc"},
		{one: "https://clips.twitch.tv/FunnyNameKappa", other: "https://clips.twitch.tv/FunnyNameKappb"},
		{one: "https://www.twitch.tv/nova", other: "https://www.twitch.tv/videos/1234567890"},
		{one: "https://www.linkedin.com/in/nova", other: "https://www.linkedin.com/company/nova"},
		{one: "https://www.linkedin.com/posts/nova_a-activity-7100000000000000001-AbCd", other: "https://www.linkedin.com/posts/nova_a-activity-7100000000000000002-AbCd"},
		{one: "https://www.pinterest.com/pin/123456789", other: "https://www.pinterest.com/pin/123456780"},
		{one: "https://pin.it/AbC", other: "https://pin.it/abc"},
		{one: "https://example.com/a", other: "https://example.com/A"},
		{one: "https://example.com/item?id=5", other: "https://example.com/item?id=6"},
		{one: "https://example.com/a", other: "https://shop.example.com/a"},
		{one: "https://example.com:8080/a", other: "https://example.com/a"},
		{one: "https://instagram.com.example.net/nova", other: "https://instagram.com/nova"},
		{one: "https://notinstagram.com/p/AbC", other: "https://instagram.com/p/AbC"},
		{one: "https://developers.facebook.com/docs", other: "https://facebook.com/docs"},
	} {
		same(t, p, false)
	}
}

func TestAnEmptyLinkHasNoKeyAndATextIsItsOwn(t *testing.T) {
	for link, want := range map[string]string{"": "", " \u200b\n": "", "nova.shop": "nova.shop/", "ask the customer": "ask the customer", "@Nova": "@nova", "12345": "@12345", "?": "?",
		"https://": "https://", "https://www.instagram.com/": "instagram.com", "https://localhost/a": "https://localhost/a"} {
		if got := linkkey.Of(link, "Likes"); got != want {
			t.Errorf("%q has the key %q, want %q", link, got, want)
		}
	}
}

func TestASearchMeansEveryProfileOfABareHandle(t *testing.T) {
	all := strings.Join(linkkey.Candidates("@Nova.Shop"), " ")
	for _, key := range []string{"instagram.com/nova.shop", "tiktok.com/@nova.shop", "facebook.com/novashop", "t.me/nova.shop", "@nova.shop"} {
		if !strings.Contains(all, key) {
			t.Errorf("%s is not among %s", key, all)
		}
	}
	if got := linkkey.Candidates("https://m.instagram.com/reel/C9z/"); len(got) != 1 || got[0] != "instagram.com/p/C9z" {
		t.Errorf("a link means %q, want its one key", got)
	}
}

func FuzzOf(f *testing.F) {
	for _, seed := range []string{"https://www.instagram.com/reels/C9zQkT1AbCd/#", "tg://join?invite=a", "@a", "a.b/%2541?%3d=%26#", "l.instagram.com/?u=l.instagram.com/%3Fu=a.bc",
		"spotify:track:a", "t.me/a/1/2?boost", "pinterest.com.au/x", "https:///\\a.b//", "twitter.com/#!/a", "%zz", "web.telegram.org/#@a"} {
		f.Add(seed, "Instagram Likes")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, link, service string) {
		key := linkkey.Of(link, service)
		if again := linkkey.Of(key, service); again != key {
			t.Errorf("%q has the key %q, and that has %q", link, key, again)
		}
		if spaced := linkkey.Of(" "+link+"\u200b\n", service); spaced != key {
			t.Errorf("%q has the key %q, and with space around it %q", link, key, spaced)
		}
		linkkey.Candidates(link)
	})
}

func BenchmarkOf(b *testing.B) {
	for b.Loop() {
		linkkey.Of("https://www.instagram.com/reel/C9zQkT1AbCd/?igsh=MzRlODBiNWFlZA==", "Instagram Likes")
	}
}
