package handlers

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// addEntry matches an entry of the menu "Add filter".
func addEntry(noun, filter string) string { return `data-opens="` + noun + `-filter-` + filter + `"` }

func TestFiltersThatAreNotPromotedAreAddedFromAMenu(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 3)
	s.get("/payments?sort=created").expect(t, 200, "Add filter", `href="/payments/filters/mode?sort=created"`,
		addEntry("payments", "review"), addEntry("payments", "status"))
	for _, promoted := range []string{"method", "risk"} {
		if got := s.get("/payments"); strings.Contains(got.Body, addEntry("payments", promoted)) {
			t.Errorf("%s stands in the bar and in the menu", promoted)
		}
	}
	if got := s.get("/tickets"); strings.Contains(got.Body, "Add filter") {
		t.Error("tickets have no filter to add, and a menu for it")
	}
	s.get("/payments/filters/mode?sort=created").expect(t, 200, "<!doctype html>", `name="sort" value="created"`, "Apply")
}

func TestAFilterInUseStandsInTheBarAndHasLeftTheMenu(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 3)
	got := s.get("/payments?mode=auto")
	got.expect(t, 200, `class="pop is-set filters-added" id="payments-filter-mode"`, "Mode: Auto", "Add filter")
	if strings.Contains(got.Body, addEntry("payments", "mode")) {
		t.Error("a filter in use can be added again")
	}
}

func TestSeveralStatusesAreChosenBesideTheTabs(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.Status = "error" }))
	s.get("/orders?status=error").expect(t, 200, addEntry("orders", "status"), `name="status" value="error" checked`)
	both := s.get("/orders?status=error&status=in_progress")
	both.expect(t, 200, `class="pop is-set filters-added" id="orders-filter-status"`, "Status: Error", "Status: In progress")
	if got := rows(t, both.Body); len(got) != 4 {
		t.Errorf("got rows %v, want those of either status", got)
	}
	s.get("/orders/filters/status?find=in+prog", "HX-Request", "true").expect(t, 200, `value="in_progress"`)
}

func TestInABrowserAnAddedFilterOpensItsPicker(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.Status = "error" }))
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.click("#orders-filter-add summary")
	b.click("[data-opens=orders-filter-status]")
	b.until(`document.querySelector("#orders-filter-status [value=error]")?.checkVisibility()`)
	b.until(`!document.querySelector("#orders-filter-add").open && document.activeElement.matches("#orders-filter-status [data-find]")`)
	b.click("#orders-filter-status [value=error]")
	b.until(`location.search === "?status=error" && document.querySelectorAll("#orders-list tbody tr").length === 1`)
	b.click("#orders-filter-status [value=in_progress]")
	b.until(`document.querySelectorAll("#orders-list tbody tr").length === 4 && document.querySelectorAll(".pill-x").length === 2`)
	b.click("#orders-title")
	b.until(`!document.querySelector("#orders-filter-status").open && document.querySelector("#orders-filter-status").checkVisibility()`)
}

func TestInABrowserEscLeadsBackFromAnAddedFilterToItsMenu(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.click("#orders-filter-add summary")
	b.click("[data-opens=orders-filter-status]")
	b.until(`document.activeElement.matches("#orders-filter-status [data-find]")`)
	b.do(chromedp.KeyEvent("\x1b"))
	b.until(`document.activeElement.matches("#orders-filter-add summary") && !document.querySelector("#orders-filter-status").checkVisibility()`)
}
