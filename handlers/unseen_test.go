package handlers

import (
	"fmt"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestHiddenCharactersAreShown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"anna":                 "anna",
		"ad\u200bmin":          "ad[zero-width]min",
		"ad\u200dmin":          "ad[joiner]min",
		"pay\u202egpj.exe":     "pay[rtl override]gpj.exe",
		"a\u2066b\u2069":       "a[ltr]b[end]",
		"bell\a, \x7f, \u0085": "bell[U+0007], [U+007F], [U+0085]",
		"tab\tand\nline":       "tab\tand\nline",
		"\U000e0041":           "[tag]",
		"👩\u200d👧 می\u200cخواهم क्\u200dष": "👩\u200d👧 می\u200cخواهم क्\u200dष",
		"üß İ": "üß İ",
		"flag \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f!": "flag \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f!",
		"\U0001f3f4\U000e0067\U000e0062":                                               "\U0001f3f4[tag][tag]", // without an end tag
	} {
		if got := showUnseen(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestHiddenCharactersAreShownWherePeopleReadAndKeptWhereFormsSendThem(t *testing.T) {
	t.Parallel()
	page := "<p title=\"a\u200b\">b\u200b</p><input value=\"c\u200b\" placeholder=\"d\u200b\"><button data-copy=\"e\u200b\">f\u202e</button>"
	want := "<p title=\"a[zero-width]\">b[zero-width]</p><input value=\"c\u200b\" placeholder=\"d[zero-width]\"><button data-copy=\"e\u200b\">f[rtl override]</button>"
	if got := string(pageWithUnseen([]byte(page))); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFlagMadeOfTagsStaysWholeOnAPage(t *testing.T) {
	t.Parallel()
	page := "<p>flag \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f</p>"
	if got := string(pageWithUnseen([]byte(page))); got != page {
		t.Errorf("got %q, want %q", got, page)
	}
}

func TestEveryListShowsHiddenCharacters(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	infest(t, s.db, panel.ID, 1, []string{"ad\u200bmin\u202e"})
	for _, path := range []string{"/orders", "/tickets", "/users", "/payments", "/services", fmt.Sprintf("/users/%d/1", panel.ID), "/orders/filters/provider"} {
		answer := s.get(path)
		answer.expect(t, 200, "ad[zero-width]min[rtl override]")
	}
}

func TestALinkShowsWhereItLeadsOrIsDead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]outLink{
		"https://www.instagram.com/p/1":                 {Short: "instagram.com/p/1", URL: "https://www.instagram.com/p/1"},
		"https://instagram.com.evil.example/p/abcdefgh": {Short: "instagram.com.evil.example/p/ab…fgh", URL: "https://instagram.com.evil.example/p/abcdefgh"},
		"https://instagram.com@evil.example/":           {Short: "instagram.co…example/"},
		"https://еxample.com/":                          {Short: "xn--xample-2of.com", URL: "https://xn--xample-2of.com/"},
		"javascript:alert(1)":                           {Short: "javascript:alert(1)"},
		"data:text/html,x":                              {Short: "data:text/html,x"},
		"//evil.example":                                {Short: "//evil.example"},
		"@anna":                                         {Short: "@anna"},
		"":                                              {Short: none},
	} {
		got := newOutLink(text, linkInRow)
		if got.Short != want.Short || got.URL != want.URL {
			t.Errorf("%q: got %q to %q, want %q to %q", text, got.Short, got.URL, want.Short, want.URL)
		}
	}
	if got := newOutLink("https://"+strings.Repeat("a.", 60)+"evil.example/x", linkInRow).Short; !strings.HasSuffix(got, "evil.example/x") {
		t.Errorf("a very long host is shown as %q", got)
	}
}

func TestAVeryLongMessageIsFolded(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	long := strings.Repeat("Where is my order? ", 11_000)
	converse(t, s.db, panel.ID, 1, []string{long, "short"})
	answer := s.get(fmt.Sprintf("/tickets/%d/1", panel.ID))
	answer.expect(t, 200, "Show all 209,000 characters", `<details class="message-fold">`)
	if n := strings.Count(answer.Body, "message-fold"); n != 1 {
		t.Errorf("%d messages are folded, want the long one", n)
	}
}

func TestInABrowserSmuggledMarkupIsDead(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 2, func(o *models.Order) { o.UserName = "bob" }))
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.until(`(() => {
		const el = document.createElement("div");
		for (const [name, value] of [["hx-get", "/account"], ["hx-trigger", "load"], ["hx-target", "#main"], ["hx-nonce", "guessed"]]) el.setAttribute(name, value);
		document.getElementById("main").append(el);
		htmx.process(el);
		return !el.hasAttribute("hx-get") && !el.hasAttribute("hx-trigger");
	})()`)
	b.until(`document.querySelectorAll("#orders-list tbody tr").length === 2`)
}
