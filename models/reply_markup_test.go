package models_test

import (
	"testing"

	"masterpanel/models"
)

func TestAReadBackTellsHowAPanelKeepsSignsOrNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body, sent string
		want       models.Markup
	}{
		{"Use <your link> & wait", "Use <your link> & wait", models.MarkupHTML},
		{"<p>Use <your link></p><p>& wait</p>", "Use <your link>\n& wait", models.MarkupHTML},
		{"a &lt; b", "a &lt; b", models.MarkupHTML},
		{"Use &lt;your link&gt; &amp; wait", "Use <your link> & wait", models.MarkupText},
		{"<div>AT&amp;T<br>it&#039;s &quot;on&quot;</div>", "AT&T\nit's \"on\"", models.MarkupText},
		{"Use &amp;lt;your link&amp;gt;", "Use &lt;your link&gt;", models.MarkupText}, // escaped by us for a panel that escapes
		{"Use  and wait", "Use <your link> and wait", models.MarkupUnknown},
		{"Hello", "Hello", models.MarkupUnknown},
		{"<p>Hello</p>", "Hello", models.MarkupUnknown},
		{"one<br>two", "one<br>two", models.MarkupUnknown}, // the panel may have put it there
		{"a &lt; b", "something else & more", models.MarkupUnknown},
	} {
		if got := models.MarkupOf(c.body, c.sent); got != c.want {
			t.Errorf("%q read back as %q: got %q, want %q", c.sent, c.body, got, c.want)
		}
	}
}

func TestAnEscapedReplyIsTheSameReplyHoweverThePanelShowsIt(t *testing.T) {
	t.Parallel()
	a := models.PanelAction{Payload: models.ActionPayload{Message: "Use <your link> & wait"}, Before: &models.Sight{Escaped: true}}
	if got, want := a.SentMessage(), "Use &lt;your link&gt; &amp; wait"; got != want {
		t.Errorf("it is sent as %q, want %q", got, want)
	}
	for body, want := range map[string]bool{
		"Use &lt;your link&gt; &amp; wait": true, "<p>Use &amp;lt;your link&amp;gt; &amp;amp; wait</p>": true, "Use <your link> & wait": true,
		"Use &lt;my link&gt; &amp; wait": false,
	} {
		if got := a.IsShownAs(body); got != want {
			t.Errorf("shown as %q: got %v, want %v", body, got, want)
		}
	}
}
