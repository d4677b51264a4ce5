package linkkey_test

import (
	"testing"

	"masterpanel/models/linkkey"
)

// The links of the case "same link": nine orders of one customer, and other orders on two panels.
var (
	oneReel = []string{
		"https://www.instagram.com/reel/C9zQkT1AbCd/", "https://instagram.com/reel/C9zQkT1AbCd", "http://WWW.Instagram.com/reel/C9zQkT1AbCd/",
		"https://www.instagram.com/reel/C9zQkT1AbCd/?igsh=MzRlODBiNWFlZA==", "https://www.instagram.com/reel/C9zQkT1AbCd/?utm_source=ig_web_copy_link&igsh=abc",
		"  https://www.instagram.com/reel/C9zQkT1AbCd/ ", "instagram.com/reel/C9zQkT1AbCd", "https://m.instagram.com/reel/C9zQkT1AbCd/",
		"https://www.instagram.com/reels/C9zQkT1AbCd/#",
	}
	oneProfile = []string{"https://instagram.com/Nova.Shop", "https://www.instagram.com/nova.shop/", "https://instagram.com/nova.shop?hl=tr"}
)

func TestNineSpellingsOfOneReelMeetAndAnotherCodeDoesNot(t *testing.T) {
	for _, link := range oneReel {
		if got := linkkey.Of(link, "Instagram Likes"); got != "instagram.com/p/C9zQkT1AbCd" {
			t.Errorf("%q has the key %q", link, got)
		}
	}
	if got := linkkey.Of("https://www.instagram.com/reel/c9zqkt1abcd/", ""); got == linkkey.Of(oneReel[0], "") {
		t.Error("a code in other letters has the same key")
	}
	for _, link := range oneProfile {
		if got := linkkey.Of(link, ""); got != "instagram.com/nova.shop" {
			t.Errorf("%q has the key %q", link, got)
		}
	}
}
