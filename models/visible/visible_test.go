package visible_test

import (
	"testing"

	"masterpanel/models/visible"
)

func TestStrayCharactersGoAndThoseOfScriptsAndEmojiStay(t *testing.T) {
	for text, want := range map[string]string{
		"\u200bhttps://instagram.com/p/zz": "https://instagram.com/p/zz", "\ufeff a \u00ad\n": "a", "\u202abuyer.k\u202c": "buyer.k",
		"می\u200cخواهم": "می\u200cخواهم", "👩\u200d💻": "👩\u200d💻", "a\u200bb": "a\u200bb", "": "",
	} {
		if got := visible.Trim(text); got != want {
			t.Errorf("%q is trimmed to %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"buyer.k\u200b": "buyer.k", "a\u200bb\u200f": "ab", "می\u200cخواهم": "می\u200cخواهم"} {
		if got := visible.Search(text); got != want {
			t.Errorf("%q is looked for as %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{"": true, "\u200b": true, " \u200d\u2800\ufe0f": true, "\u200ba": false, "👩\u200d💻": false} {
		if got := visible.Empty(text); got != want {
			t.Errorf("%q is empty: %v", text, got)
		}
	}
}
