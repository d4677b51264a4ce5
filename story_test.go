package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models/modelstest"
)

// browser opens a real browser for one test.
func browser(t testing.TB) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium-headless-shell"), chromedp.NoSandbox, // in CI, all processes run as root
		chromedp.Flag("disable-quic", true), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stopAllocator)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	// The first use of the context starts the browser, which then lives as long as that context. So it has no
	// timeout.
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(ctx) }()
	select {
	case err := <-started:
		if err != nil {
			t.Fatalf("starting the browser: %v", err)
		}
	case <-time.After(patience):
		t.Fatalf("the browser did not start within %s", patience)
	}
	return ctx
}

// do runs the actions of one step of a story.
func do(t testing.TB, ctx context.Context, step string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ask(t, ctx, step, chromedp.Steps(actions...))
}

// ask runs an action that returns a value.
func ask[T any](t testing.TB, ctx context.Context, step string, action chromedp.Action[T]) T {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(limited, action)
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	return answer
}

// TestStory follows a staff member's main job: a change in a shop appears on the page within the interval, without a
// reload.
func TestStory(t *testing.T) {
	in := install(t, 300)
	ctx := browser(t)
	do(t, ctx, "logging in",
		chromedp.Navigate(in.url+"/login"),
		chromedp.SendKeys(`[name="username"]`, "owner"),
		chromedp.SendKeys(`[name="password"]`, modelstest.Password),
		chromedp.Submit(`[name="password"]`),
		chromedp.WaitVisible(chromedp.CSS(`header`)))
	do(t, ctx, "the orders of the shop",
		chromedp.Navigate(in.url+"/orders"),
		chromedp.WaitVisible(`#orders-list tr[data-id]`))
	mark(t, ctx)

	order := in.shop.AddOrder(sim.OrderSpec{User: "story_customer", Link: "https://instagram.com/p/story"})
	row := fmt.Sprintf("#orders-row-%d-%d", in.panel.ID, order)
	do(t, ctx, "a new order waits and appears", chromedp.Click(`[data-show]`), chromedp.WaitReady(row))

	in.shop.SetOrder(order, func(o *sim.Order) { o.Status = sim.Completed; o.Remains = 0 })
	changed := row + ` [data-col="status"] [data-status="completed"]`
	do(t, ctx, "its new status appears", chromedp.WaitReady(changed))

	sameDocument(t, ctx)

	do(t, ctx, "its detail opens beside the list",
		chromedp.Click(row+` [data-col="id"] a`),
		chromedp.WaitVisible(chromedp.CSS(`#side [href*="story_customer"]`)))

	do(t, ctx, "the tickets", chromedp.Navigate(in.url+"/tickets?q=story_customer"), chromedp.WaitVisible(`#tickets-list`))
	mark(t, ctx)
	ticket := in.shop.OpenTicket("story_customer", "Orders - Refill", "Where is my order?<script>document.title='owned'</script>")
	row = fmt.Sprintf("#tickets-row-%d-%d", in.panel.ID, ticket)
	do(t, ctx, "a new ticket appears", chromedp.WaitReady(row))
	sameDocument(t, ctx)

	do(t, ctx, "its conversation is readable",
		chromedp.Navigate(fmt.Sprintf("%s/tickets/%d/%d", in.url, in.panel.ID, ticket)),
		chromedp.WaitReady(`//*[contains(., "Where is my order?")]`))
	if title := ask(t, ctx, "its title", chromedp.Title()); title == "owned" {
		t.Error("the customer's script ran")
	}
	if got := in.shop.Limited(); got != 0 {
		t.Errorf("the panel answered %d calls with 429, want none", got)
	}
}

// mark leaves a mark in the document that a reload would remove.
func mark(t testing.TB, ctx context.Context) {
	t.Helper()
	ask(t, ctx, "marking the document", chromedp.Evaluate[bool](`window.sameDocument = true`))
}

func sameDocument(t testing.TB, ctx context.Context) {
	t.Helper()
	if !ask(t, ctx, "looking for the mark", chromedp.Evaluate[bool](`window.sameDocument === true`)) {
		t.Error("the page was loaded anew")
	}
}
