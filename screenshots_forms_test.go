//go:build screenshots

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// filled is a page behind a form: the form is on path, and shows is a selector on the page after it was sent.
type filled struct {
	name, path, form string
	fields           map[string]string
	shows            string
}

// send fills in the form and sends it, without the browser's validation.
func (f filled) send(t *testing.T) chromedp.Action[chromedp.Void] {
	t.Helper()
	fields, err := json.Marshal(f.fields)
	if err != nil {
		t.Fatal(err)
	}
	return chromedp.Steps(
		chromedp.WaitReady(chromedp.CSS(f.form)),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`void ((form) => {
			for (const [name, value] of Object.entries(%s ?? {})) form.elements[name].value = value;
			form.submit();
		})(document.querySelector(%q))`, fields, f.form)),
		chromedp.WaitReady(chromedp.CSS(f.shows)))
}

// shootForms takes pictures of the pages between a form and its result: errors, confirmations and results.
func shootForms(t *testing.T, ctx context.Context, url, into string) {
	t.Helper()
	user := read(t, ctx, url+"/users?panel=1", `document.querySelector("#users-list tr[data-id] [data-col=username]").textContent.trim()`)
	ids := read(t, ctx, url+"/orders?panel=1", `[...document.querySelectorAll("#orders-list tr[data-id]")].map((row) => row.dataset.id).join(" ")`)
	payment := func(name, amount, shows string) filled {
		return filled{name, "/payments/new?panel=1", `form[action="/payments/review"]`,
			map[string]string{"user": user, "amount": amount, "method": "Bonus", "memo": "TX-829144"}, shows}
	}
	check := filled{"workbench-check", "/orders/workbench", `#workbench-form`,
		map[string]string{"text": ids + " 99 hello", "on": "1", "kind": "set_start_count", "start_count": "7"}, `.workbench-confirm`}
	step := func(what string, first filled, then ...filled) {
		steps := []chromedp.Action[chromedp.Void]{chromedp.Navigate(url + first.path), first.send(t)}
		for _, f := range then {
			steps = append(steps, f.send(t))
		}
		do(t, ctx, what, steps...)
	}
	step("a limit", filled{path: "/settings/payment-methods", form: `form[action$="/limits"]`, fields: map[string]string{"second_person_above": "1000"}, shows: `#payment-limits`})
	step("a payment", payment("", "12.50", `.spelled`), filled{form: `form[action="/payments"]`, shows: `.detail`})
	step("a large payment", payment("", "2500", `.spelled`), filled{form: `form[action="/payments"]`, shows: `#proposals-waiting`})
	step("a batch", check, filled{form: `.workbench-confirm`, shows: `#batch-state`})
	for _, l := range looks() {
		for _, f := range []filled{payment("payment-wrong", "1,50", `[aria-invalid]`), payment("payment-review", "7.25", `.spelled`),
			payment("payment-twins", "12.50", `.twins`), payment("payment-large", "3000", `.spelled`), check} {
			shoot(t, ctx, url+f.path, l, filepath.Join(into, l.name(f.name)), f.send(t))
		}
	}
	shootAll(t, ctx, url, into, [][2]string{{"payment-proposed", "/payments/proposals/1"}, {"batch", "/orders/workbench/1"}})
}

// read returns the result of a script on a page.
func read(t *testing.T, ctx context.Context, page, script string) string {
	t.Helper()
	do(t, ctx, "reading "+page, chromedp.Navigate(page), chromedp.WaitReady(chromedp.CSS(`section tr[data-id]`)))
	return ask(t, ctx, "reading "+page, chromedp.Evaluate[string](script))
}
