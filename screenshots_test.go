//go:build screenshots

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// inReadme lists the pictures that the README shows.
var inReadme = []string{"orders-1440-light.png"}

// TestScreenshots takes a picture of every page of a fresh demo, in three widths, light and dark.
func TestScreenshots(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(root, ".masterpanel", "screenshots")
	if err := os.MkdirAll(into, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(demoFolder(t))
	_, url, _, password := runDemo(t)
	ctx := browser(t)
	shootAll(t, ctx, url, into, [][2]string{{"login", "/login"}})
	do(t, ctx, "logging in",
		chromedp.Navigate(url+"/login"),
		chromedp.SendKeys(`[name="username"]`, demoUsername),
		chromedp.SendKeys(`[name="password"]`, password),
		chromedp.Submit(`[name="password"]`),
		chromedp.WaitVisible(chromedp.CSS(`header`)),
		chromedp.Sleep(20*time.Second)) // time for the panels' tickets and services to arrive
	order, ticket := firstLink(t, ctx, url, "/orders"), firstLink(t, ctx, url, "/tickets")
	doSomething(t, ctx, url, ticket)
	pages := [][2]string{
		{"home", "/"}, {"orders", "/orders"}, {"order", order}, {"order-actions", order + "/actions"}, {"tickets", "/tickets"},
		{"ticket", ticket}, {"users", "/users"}, {"user", firstLink(t, ctx, url, "/users")},
		{"payments", "/payments"}, {"services", "/services"}, {"service", firstLink(t, ctx, url, "/services")},
		{"service-changes", "/service-changes"}, {"reports", "/reports"}, {"outbox", "/outbox"}, {"action", firstLink(t, ctx, url, "/outbox")},
		{"workbench", "/orders/workbench"}, {"add-payment", "/payments/new"}, {"payments-waiting", "/payments/proposals"},
		{"add-user", "/users/new?panel=1"}, {"new-ticket", "/tickets/new?panel=1"}, {"add-payment-form", "/payments/new?panel=1"}, {"tickets-waiting", "/tickets?tab=waiting"},
		{"payment-methods", "/settings/payment-methods"}, {"replies", "/settings/replies"}, {"ticket-desk", "/settings/tickets"},
		{"panels", "/settings/panels"}, {"staff", "/settings/staff"}, {"member", "/settings/staff/1"},
		{"sync", "/settings/sync"},
		{"login-settings", "/settings/login"}, {"two-factor", "/account/two-factor"}, {"confirm", "/confirm?next=/account"},
		{"activity", "/activity"}, {"account", "/account"}, {"search", "/search?q=an"}, {"empty", "/orders?q=nothing-like-it"}, {"missing", "/orders/1/1"},
	}
	shootAll(t, ctx, url, into, pages)
	shootForms(t, ctx, url, into)
	for _, name := range inReadme {
		picture, err := os.ReadFile(filepath.Join(into, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(root, ".github", "screenshots"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, ".github", "screenshots", name), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// doSomething adds a canned reply, a note and an answer, because their pages are empty without them.
func doSomething(t *testing.T, ctx context.Context, url, ticket string) {
	t.Helper()
	do(t, ctx, "a canned reply", chromedp.Navigate(url+"/settings/replies"),
		chromedp.SendKeys(`[name="title"]`, "Order is on its way"),
		chromedp.SendKeys(`[name="body"]`, "Hello {user}, order {order_id} is {status}. {staff}"),
		chromedp.Submit(`[name="title"]`), chromedp.WaitVisible(chromedp.CSS(`.replies-table`)))
	do(t, ctx, "a note", chromedp.Navigate(url+ticket), chromedp.SendKeys(`.note-new > summary`, "\r"), chromedp.WaitVisible(chromedp.CSS(`.note-new[open]`)),
		chromedp.SendKeys(`.note-new textarea`, "The provider looks at it."),
		chromedp.Submit(`.note-new textarea`), chromedp.WaitVisible(chromedp.CSS(`.note-body`)))
	do(t, ctx, "an answer", chromedp.Navigate(url+ticket),
		chromedp.SendKeys(chromedp.CSS(`#tickets-message`), "Hello, we have asked the provider."),
		chromedp.Click(chromedp.CSS(`[data-send]`)), chromedp.WaitVisible(chromedp.CSS(`.message-outgoing`)))
}

func shootAll(t *testing.T, ctx context.Context, url, into string, pages [][2]string) {
	t.Helper()
	for _, look := range looks() {
		for _, page := range pages {
			shoot(t, ctx, url+page[1], look, filepath.Join(into, look.name(page[0])))
		}
	}
}

// look is the theme and the width of a picture.
type look struct {
	theme string
	width int64
}

func (l look) name(page string) string { return fmt.Sprintf("%s-%d-%s.png", page, l.width, l.theme) }

func looks() (all []look) {
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{1440, 1024, 390} {
			all = append(all, look{theme, width})
		}
	}
	return all
}

func firstLink(t *testing.T, ctx context.Context, url, list string) string {
	t.Helper()
	do(t, ctx, "the list "+list, chromedp.Navigate(url+list))
	return ask(t, ctx, "its first row", chromedp.AttributeValue(`section tr[data-id] a[href^="`+list+`/"]`, "href")).Value
}

// shoot takes a picture of a page, after the given steps on it.
func shoot(t *testing.T, ctx context.Context, url string, l look, file string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	height := int64(900)
	if l.width < 500 {
		height = 844
	}
	do(t, ctx, file,
		func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.theme}}})
			return chromedp.Void{}, err
		},
		chromedp.EmulateViewport(l.width, height),
		chromedp.Navigate(url), chromedp.Steps(steps...), chromedp.WaitVisible(chromedp.CSS(`main`)), chromedp.Sleep(300*time.Millisecond))
	picture := ask(t, ctx, file, chromedp.CaptureScreenshot())
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
