package handlers

import (
	"fmt"
	"strings"
)

// smuggled are markups that try to run a script or to contact another host. %s is the call of the canary.
var smuggled = []string{
	`<script>%s</script>`, `<SCRIPT SRC=https://evil.example/x.js></SCRIPT>`, `<script>%s//`, `<scr<script>ipt>%s</scr</script>ipt>`,
	`<script/x>%s</script/x>`, `<script type="module">%s</script>`, `<svg><script>%s</script></svg>`, `<svg/onload="%s">`, `<svg><animate onbegin="%s" attributeName=x dur=1s>`,
	`<svg><set onbegin="%s">`, `<svg><a href="javascript:%s"><text y=9>x</text></a></svg>`, `<svg><use href="https://evil.example/s.svg#x">`, `<svg><image href=https://evil.example/i onload="%s">`,
	`<svg><foreignObject><body onload="%s">`, `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=%s&gt;">`,
	`<math href="javascript:%s">x</math>`, `<img src=x onerror="%s">`, `<img/src=x/onerror=%s>`, `<img src=x: onerror='%s'>`, `<IMG SRC=x OnErRoR="%s">`, `<img src=https://evil.example/i.png>`,
	`<img srcset="https://evil.example/i.png 1x">`, `<image src=x onerror="%s">`, `<picture><source srcset=https://evil.example/i><img></picture>`, `<video src=x onerror="%s">`,
	`<video poster=https://evil.example/p>`, `<video><source onerror="%s" src=x>`, `<audio src=x onerror="%s">`, `<iframe src="javascript:%s"></iframe>`, `<iframe srcdoc="<script>parent.%s</script>">`,
	`<iframe onload="%s">`, `<iframe src=https://evil.example></iframe>`, `<object data="javascript:%s">`, `<object data=https://evil.example onerror="%s">`, `<embed src="javascript:%s">`,
	`<body onload="%s">`, `<body onpageshow="%s">`, `<input autofocus onfocus="%s">`, `<select autofocus onfocus="%s">`, `<textarea autofocus onfocus="%s">`, `<a autofocus tabindex=1 onfocus="%s">x</a>`,
	`<details open ontoggle="%s">`, `<dialog open onclose="%s">`, `<marquee onstart="%s">`, `<div style="animation:a 1s" onanimationstart="%s">`, `<style>@import "https://evil.example/c.css";</style>`,
	`<style>*{background:url(https://evil.example/b)}</style>`, `<div style="background:url(https://evil.example/b)">x</div>`, `<link rel=stylesheet href=https://evil.example/c.css>`,
	`<link rel=preload as=image href=https://evil.example/p>`, `<meta http-equiv=refresh content="0;url=https://evil.example">`, `<meta http-equiv=refresh content="0;url=javascript:%s">`,
	`<base href=https://evil.example/>`, `<form action=https://evil.example><button>x</button></form>`, `<button formaction="javascript:%s">x</button>`, `<a href="javascript:%s">x</a>`,
	`<a href="JaVaScRiPt:%s">x</a>`, `<a href="java&#10;script:%s">x</a>`, `<a href="&#x6a;avascript:%s">x</a>`, `<a href="data:text/html,<script>%s</script>">x</a>`, `<a href="vbscript:%s">x</a>`,
	`<noscript><p title="</noscript><img src=x onerror=%s>">`, `<template><img src=x onerror="%s"></template>`, `<xmp><p title="</xmp><img src=x onerror=%s>">`, `<listing>&lt;img src=x onerror=%s&gt;</listing>`,
	`<div hx-get="/account" hx-trigger="load" hx-on::load="%s">x</div>`, `<div data-hx-get="/account" data-hx-trigger="load">x</div>`, `<div hx-on:click="%s" hx-trigger="load" hx-post="/logout">x</div>`,
	`<hx-partial hx-target="body" hx-swap="innerHTML"><img src=x onerror="%s"></hx-partial>`, `<template hx type="partial" hx-target="body"><b onclick="%s">x</b></template>`,
	`<div id="alerts" hx-swap-oob="true"><img src=x onerror="%s"></div>`, `<div hx-ext="x" hx-vals="js:{a:%s}" hx-get="/" hx-trigger="load">x</div>`, `<a hx-boost="true" href="/logout" data-copy="x" autofocus>x</a>`,
	`<p class="alert" data-dismiss data-close-side data-refresh="1" data-auto-refresh="true">x</p>`,
}

// escapes break out of the place in a page in which a text appears.
var escapes = []string{`%s`, `">%s`, `'>%s`, `</title></textarea></style></script>%s`, `--><!---->%s<!--`}

// phrases are hostile without markup: template code, addresses, and texts that look different from their stored form.
var phrases = []string{
	`javascript:%s`, `JAVASCRIPT:%s`, ` javascript:%s`, "java\tscript:%s", `javascript://x.example/%0a%s`, `data:text/html,<script>%s</script>`, `data:image/svg+xml,<svg onload=%s>`, `vbscript:%s`,
	`//evil.example/x`, `https://good.example@evil.example/`, `https:\\evil.example`, `{{.}}`, `{{template "errors/page"}}`, `{{printf "%s" .}}`, `${%s}`, `#{%s}`, `<%= %s %>`,
	`" onmouseover="%s" x="`, `' onfocus='%s' autofocus='`, "` onload=%s ", `x onerror=%s`, `\u003cscript\u003e%s\u003c/script\u003e`, `&lt;script&gt;%s&lt;/script&gt;`, `&#60;script&#62;%s&#60;/script&#62;`,
	`+ADw-script+AD4-%s+ADw-/script+AD4-`, "\u202e<script>%s</script>", "\ufeff<script>%s</script>", `"}]};%s;//`, `';%s;//`, `";%s;//`, `*/%s/*`, `]]><script>%s</script>`, `<![CDATA[<script>%s</script>]]>`,
	`<?xml version="1.0"?><script>%s</script>`, `=cmd|' /C %s'!A0`, `x" hx-get="/logout" hx-trigger="load" y="`, `x' data-hx-get='/logout' data-hx-trigger='load`, `<b`, `<a href="https://x.example"><img src=y onerror=%s`, `%s`,
}

// hostileTexts returns all of these texts, each once.
func hostileTexts() []string {
	var all []string
	add := func(form string) {
		all = append(all, strings.ReplaceAll(form, "%s", fmt.Sprintf("canary(%d)", len(all))))
	}
	for _, escape := range escapes {
		for _, markup := range smuggled {
			add(strings.Replace(escape, "%s", markup, 1))
		}
	}
	for _, phrase := range phrases {
		add(phrase)
	}
	return all
}
