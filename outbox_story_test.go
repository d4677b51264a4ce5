package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models/modelstest"
)

// TestAnOrderIsCancelledAndItsRowChanges follows a staff member who chooses an order from its row, cancels it,
// confirms, sees it done on the panel, and sees the row change without a reload.
func TestAnOrderIsCancelledAndItsRowChanges(t *testing.T) {
	in := install(t, 20)
	ctx := browser(t)
	do(t, ctx, "logging in",
		chromedp.Navigate(in.url+"/login"),
		chromedp.SendKeys(`[name="username"]`, "owner"),
		chromedp.SendKeys(`[name="password"]`, modelstest.Password),
		chromedp.Submit(`[name="password"]`),
		chromedp.WaitVisible(chromedp.CSS(`header`)))
	do(t, ctx, "the orders of the shop", chromedp.Navigate(in.url+"/orders"), chromedp.WaitVisible(`#orders-list tr[data-id]`))
	mark(t, ctx)
	order := in.shop.AddOrder(sim.OrderSpec{User: "story_customer", Link: "https://instagram.com/p/story"})
	row := fmt.Sprintf("#orders-row-%d-%d", in.panel.ID, order)
	do(t, ctx, "its row", chromedp.Click(`[data-show]`), chromedp.WaitReady(row))
	do(t, ctx, "the form", chromedp.Click(row+" .button-more"), chromedp.WaitVisible(`#side .action-menu`),
		chromedp.Click(`#side .action-menu a[href$="kind=cancel"]`), chromedp.WaitVisible(`#orders-action-form`))
	do(t, ctx, "cancelling it", chromedp.SendKeys(`[name="cancel_reason"]`, "asked for"), chromedp.Click(`#orders-action-form .form-end button`),
		chromedp.WaitReady(`#side #orders-detail .act`))
	do(t, ctx, "it is done", chromedp.WaitReady(`#side .act[data-state="done"]`))
	do(t, ctx, "its row follows", chromedp.WaitReady(row+` [data-status="canceled"]`))
	sameDocument(t, ctx)
	if got, _ := in.shop.Order(order); got.Status != sim.Canceled {
		t.Errorf("on the panel it is %v, want canceled", got.Status)
	}
	do(t, ctx, "the outbox", chromedp.Navigate(in.url+"/outbox"), chromedp.WaitReady(`#outbox-row-1[data-state="done"]`))
}
