package models

import "testing"

func TestColoursAreFoundByNameAndByLook(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"teal": "teal", " Red ": "red", "purple": "violet", "#f00": "red", "#2563eb": "blue", "#22C55E": "green", "#94a3b8": "slate",
		"#ff8800": "orange", "#zzzzzz": "#zzzzzz", "mauve": "mauve", "#12": "#12", "": "",
	} {
		if got := nearestColour(word); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
