package handlers

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// came mirrors orders and announces them, as a worker does.
func came(t testing.TB, s *site, panelID int64, orders ...models.Order) {
	t.Helper()
	modelstest.PutOrders(t, s.db, panelID, orders...)
	if err := s.versions.Bump(t.Context(), jobs.ResourceVersion(panelID, models.Orders)); err != nil {
		t.Fatal(err)
	}
}

func (b *browser) run(script string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void]("void (" + script + ")"))
}

func TestInABrowserNewRowsWaitAndWhatOneDoesIsLeftAlone(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 60)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	shown := func(id int) string { return fmt.Sprintf("#orders-row-%d-%d", panel.ID, id) }
	b.run(`(window.unloaded = false, document.querySelector("#orders-q").value = "half a na", // typed, and not yet searched for
		getSelection().selectAllChildren(document.querySelector("` + shown(50) + ` [data-col=user]")),
		document.querySelector("` + shown(52) + ` a").focus({ preventScroll: true }), window.first = document.querySelector("#orders-list tbody tr").id,
		new MutationObserver((all) => { for (const one of all) if (one.target.classList?.contains("is-changed")) (window.lit ??= []).push(one.target.dataset.col); })
			.observe(document.querySelector("#orders-list"), { subtree: true, attributeFilter: ["class"] }))`)
	b.run(`document.querySelector(".table-frame").scrollTop = 120`)
	b.until(`document.querySelector(".table-frame").scrollTop === 120`)
	came(t, s, panel.ID, modelstest.Order(panel.ID, 61), modelstest.Order(panel.ID, 62), modelstest.Order(panel.ID, 63),
		modelstest.Order(panel.ID, 55, func(o *models.Order) { o.Status = "partial" }),
		modelstest.Order(panel.ID, 12, func(o *models.Order) { o.Status = "canceled" })) // on the page only because the new rows are not shown yet
	b.until(`document.querySelector("[data-show]")?.textContent === "3 new — show"`)
	b.until(`document.querySelectorAll("#orders-list tbody tr").length === 50 && document.querySelector("#orders-list tbody tr").id === window.first`)
	b.until(`document.querySelector("` + shown(55) + ` [data-status=partial]") && document.querySelector("` + shown(12) + ` [data-status=canceled]") && true`)
	b.until(`window.lit.length > 0 && window.lit.every((col) => col === "status")`)
	b.until(`document.querySelector(".is-changed") === null`)
	b.until(`window.unloaded === false && document.querySelector("#orders-q").value === "half a na" && document.querySelector(".table-frame").scrollTop === 120 &&
		document.activeElement.closest("tr").dataset.id === "52" && String(getSelection()).trim() === "anna"`)

	b.run(`document.querySelector("#orders-q").value = ""`)
	b.click("[data-show]")
	b.until(`document.querySelector("#orders-list tbody tr").dataset.id === "63" && !document.querySelector("[data-show]") && document.activeElement.matches(".table-frame")`)
	b.until(`document.querySelectorAll("#orders-list tbody tr").length === 50 && window.unloaded === false`)
}

func TestInABrowserAMenuStaysOpenWhileItsListIsRefreshed(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.click("#orders-filter-created summary")
	came(t, s, panel.ID, modelstest.Order(panel.ID, 2, func(o *models.Order) { o.Status = "partial" }))
	b.until(`document.querySelector("#orders-filter-created").open`)
	b.run(`document.querySelector("#orders-list").dispatchEvent(new CustomEvent("mp:refresh"))`) // as if it had been requested just before
	b.until(fmt.Sprintf(`document.querySelector("#orders-row-%d-2 [data-status=partial]") && document.querySelector("#orders-filter-created").open`, panel.ID))
}

func TestAPollSaysWhatItShowsAndGetsItBack(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	target := "section#orders-list"
	tag := s.poll("/orders", target, "").Header.Get("HX-PTag")
	came(t, s, panel.ID, modelstest.Order(panel.ID, 4), modelstest.Order(panel.ID, 0))
	s.feed.Reread(t.Context())
	shown := fmt.Sprintf("%d-3,%d-2,%d-1", panel.ID, panel.ID, panel.ID)
	got := s.get("/orders", "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", target, "X-Auto-Refresh", "1", "HX-PTag", tag, "X-Shown", shown)
	got.expect(t, 200, "1 new — show", "data-total>5<")
	if ids := rows(t, got.Body); fmt.Sprint(ids) != "[3 2 1 0]" { // a new order at the end shifts no row
		t.Errorf("got %v", ids)
	}
	for _, junk := range []string{"junk", "1-", "-1--1", "999-1,998-2", ",,,,"} {
		got := s.get("/orders", "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", target, "X-Auto-Refresh", "1", "X-Shown", junk)
		if ids := rows(t, got.Body); fmt.Sprint(ids) != "[4 3 2 1 0]" {
			t.Errorf("%s: got %v", junk, ids)
		}
	}
}

func TestInABrowserAReloadedDetailLeadsBackToItsList(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders?status=in_progress&per=25")
	b.click(fmt.Sprintf("#orders-row-%d-2 [data-col=status]", panel.ID))
	b.do(chromedp.WaitVisible(chromedp.CSS("#side #orders-detail")))
	b.run(`window.unloaded = false`)
	b.do(chromedp.Reload())
	b.until(`window.unloaded === undefined && document.querySelector("main .detail") !== null && document.querySelector("[data-close-side]").search === "?per=25&status=in_progress"`)
	b.click("[data-close-side]")
	b.do(chromedp.WaitVisible(chromedp.CSS("#orders-list")))
	b.until(`location.pathname + location.search === "/orders?per=25&status=in_progress" && document.querySelectorAll("#orders-list tbody tr").length === 3`)
}
