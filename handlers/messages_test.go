package handlers

import (
	"regexp"
	"strings"
	"testing"
)

var (
	anyTag      = regexp.MustCompile(`<[^>]*>`)
	harmlessTag = regexp.MustCompile(`^<(/?(p|div|br|hr|b|strong|i|em|u|s|small|ul|ol|li|blockquote|pre|code|h[1-4]|table|thead|tbody|tr|th|td|span)/?|/a|a( href="https?://[^"]*" target="_blank" rel="noopener noreferrer nofollow")?)>$`)
)

// harmless checks that every tag of a sanitised message, including its attributes, is on the short list of allowed
// ones.
func harmless(t *testing.T, body, got string) {
	t.Helper()
	for _, found := range anyTag.FindAllString(got, -1) {
		if !harmlessTag.MatchString(found) {
			t.Errorf("%.200q left %q in %.300q", body, found, got)
		}
	}
}

func TestWhatACustomerWroteIsNeverCode(t *testing.T) {
	t.Parallel()
	policy := newMessagePolicy()
	for _, body := range []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<svg onload=alert(1)>`, `<a href="javascript:alert(1)">x</a>`,
		`<a href=" jAvAsCrIpT:alert(1)">x</a>`, `<a href="data:text/html,x">x</a>`, `<a href="//evil.example">x</a>`, `<a href="/logout">x</a>`,
		`<div hx-get="/logout" hx-trigger="load">x</div>`, `<div data-hx-post="/panels">x</div>`, `<hx-partial hx-target="#main">x</hx-partial>`,
		`<template hx type="partial" hx-target="body">x</template>`, `<form action="/settings/panels"><button>x</button></form>`,
		`<p id="alerts" class="button" style="position:fixed">x</p>`, `<iframe src="https://evil.example"></iframe>`, `<meta http-equiv=refresh content="0;url=https://evil.example">`,
		`<base href="https://evil.example">`, `<link rel=stylesheet href="https://evil.example">`, `<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<!--<img src="--><img src=x onerror=alert(1)//">`, `<a href="https://good.example" onclick="alert(1)" target=_self>x</a>`,
		`<img src="https://evil.example/p.png" srcset="https://evil.example/2.png">`, `<video src="https://evil.example">`, `<object data="x"></object>`, `<b`, `<a href="https://x"><img src=y`,
		"\x00<script>", strings.Repeat("<div>", 2000) + "deep",
	} {
		harmless(t, body, string(policy.sanitize(body)))
	}
}

func TestAMessageStaysReadable(t *testing.T) {
	t.Parallel()
	policy := newMessagePolicy()
	for body, want := range map[string]string{
		`<div><b>Orders - Refill</b></div><hr>please`: `<div><b>Orders - Refill</b></div><hr/>please`,
		`1 < 2 & 3`: `1 &lt; 2 &amp; 3`,
		`see <a href="https://insta.example/p">this</a>`:                                    `see <a href="https://insta.example/p" target="_blank" rel="noopener noreferrer nofollow">this (insta.example)</a>`,
		`<a href="https://a.example/x">https://a.example/x</a>`:                             `<a href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow">https://a.example/x</a>`,
		`<a href="https://pal.example">paypal.example</a>`:                                  `<a href="https://pal.example" target="_blank" rel="noopener noreferrer nofollow">paypal.example (pal.example)</a>`,
		`<a href="https://bad.example/">https://good.example?bad.example</a>`:               `<a href="https://bad.example/" target="_blank" rel="noopener noreferrer nofollow">https://good.example?bad.example (bad.example)</a>`,
		`<a href="https://good.example@bad.example/">https://good.example@bad.example/</a>`: `<a>https://good.example@bad.example/</a>`,
		`<a href="https://a.example/x">a.example/x</a>`:                                     `<a href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow">a.example/x</a>`,
		`<img src="https://cdn.example/a.png">`:                                             `<a href="https://cdn.example/a.png" target="_blank" rel="noopener noreferrer nofollow"> Image (cdn.example)</a>`,
		"pay\u202egpj.exe":                                                                  "pay[rtl override]gpj.exe",
		"two\nlines":                                                                        "two\nlines",
	} {
		if got := string(policy.sanitize(body)); got != want {
			t.Errorf("%q:\n got %q\nwant %q", body, got, want)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	policy := newMessagePolicy()
	for _, seed := range []string{"<script>", `<a href="https://a">b</a>`, "<img src=x onerror=y>", "<svg><p><style>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) { harmless(t, body, string(policy.sanitize(body))) })
}
