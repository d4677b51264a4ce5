package handlers

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestWhatIsCopiedSaysHowMuchItIs(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	for form, want := range map[string]copied{
		"what=ids&ids=%[1]d-1,%[1]d-3":         {"3\n1", "Copied IDs of 2 orders."},
		"what=links&ids=%[1]d-2":               {"https://instagram.com/p/2", "Copied links of 1 order."},
		"what=ids&all=1":                       {"3\n2\n1", "Copied IDs of 3 orders."},
		"what=ids&all=1&ids=%[1]d-2":           {"3\n1", "Copied IDs of 2 orders."},
		"what=ids&all=1&status=error":          {"", "Nothing was copied: the selected orders no longer exist."},
		"what=provider_ids&ids=%[1]d-404":      {"", "Nothing was copied: the selected orders no longer exist."},
		"what=provider_ids&all=1&q=2&sort=-id": {"88000002", "Copied provider IDs of 1 order."},
	} {
		if strings.Contains(form, "%") {
			form = fmt.Sprintf(form, panel.ID)
		}
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		answer := s.post("/orders/selection", values)
		var got copied
		if err := json.Unmarshal([]byte(answer.Body), &got); err != nil || got != want {
			t.Errorf("%s: got %d %s, %v; want %+v", form, answer.Status, answer.Body, err, want)
		}
	}
	for form, status := range map[string]int{"what=ids": 422, "what=ids&ids=x": 422, "what=charge&all=1": 400, "all=1": 400, "what=ids&all=1&service=x": 422} {
		values, _ := url.ParseQuery(form)
		s.post("/orders/selection", values).expect(t, status)
	}
}

func TestAListAsAFileCanBeOfAllButTheRowsThatWereLeftOut(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	got := s.post("/orders.csv?sort=-id", url.Values{"ids": {fmt.Sprintf("%d-2", panel.ID)}, "all": {"1"}}).Body
	if n := strings.Count(got, "\n"); n != 3 || strings.Contains(got, "instagram.com/p/2") {
		t.Errorf("got %s", got)
	}
}

// picked returns the IDs of the ticked rows.
const picked = `[...document.querySelectorAll("#orders-list tr[data-picked]")].map((row) => row.dataset.id).join(" ")`

func openPicking(t *testing.T, orders int) (*site, models.Panel, *browser) {
	t.Helper()
	s, panel := ownersSite(t, orders)
	b := newBrowser(t, s)
	b.logIn("owner")
	return s, panel, b
}

// shiftClick clicks with the shift key held down.
func (b *browser) shiftClick(css string) {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](`(() => {
		const box = document.querySelector(`+strconv.Quote(css)+`);
		box.scrollIntoView({ block: "center" });
		const { x, y, width, height } = box.getBoundingClientRect();
		return [x + width / 2, y + height / 2];
	})()`))
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.MouseClickXY(at[0], at[1], chromedp.ButtonModifiers(chromedp.ModifierShift)))
}

func pick(panel models.Panel, id int) string {
	return fmt.Sprintf("#orders-row-%d-%d [data-pick]", panel.ID, id)
}

func TestInABrowserASelectionStaysOverARefreshAndOverPages(t *testing.T) {
	t.Parallel()
	s, panel, b := openPicking(t, 30)
	b.open("/orders?per=25")
	b.click(pick(panel, 30))
	b.click(pick(panel, 28))
	b.until(picked + ` === "30 28" && document.querySelector("[data-bulk-count]").textContent === "2 selected" && location.pathname === "/orders"`)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 28, func(o *models.Order) { o.Status = "error" }))
	if err := s.versions.Bump(t.Context(), jobs.ResourceVersion(panel.ID, models.Orders)); err != nil {
		t.Fatal(err)
	}
	b.until(fmt.Sprintf(`document.querySelector("#orders-row-%d-28 [data-status=error]") !== null && `, panel.ID) + picked + ` === "30 28" && !document.querySelector("[data-bulk]").hidden`)
	b.click("[rel=next]")
	b.until(`document.querySelectorAll("#orders-list tbody tr").length === 5 && ` + picked + ` === "" && document.querySelector("[data-bulk-count]").textContent === "2 selected"`)
	b.click(pick(panel, 5))
	b.until(picked + ` === "5"`)
	b.click("[rel=prev]")
	b.until(`document.querySelectorAll("#orders-list tbody tr").length === 25 && ` + picked + ` === "30 28" && document.querySelector("[data-bulk-count]").textContent === "3 selected"`)
	b.open("/orders?per=25") // a new page load in the same window
	b.until(picked + ` === "30 28"`)
	b.do(chromedp.KeyEvent("\x1b"))
	b.until(picked + ` === "30 28"`)
	b.open("/orders?per=25&status=pending") // another list
	b.until(`document.querySelector("[data-bulk]").hidden`)
	b.open("/orders?per=25&sort=-charge") // the same rows in another order
	b.until(`document.querySelector("[data-bulk-count]").textContent === "3 selected"`)
	b.click("[data-bulk-clear]")
	b.until(`document.querySelector("[data-bulk]").hidden && ` + picked + ` === ""`)
}

func TestInABrowserShiftTicksARangeAndTheHeadAPage(t *testing.T) {
	t.Parallel()
	_, panel, b := openPicking(t, 30)
	b.open("/orders?per=25")
	b.click(pick(panel, 28))
	b.shiftClick(pick(panel, 25))
	b.until(picked + ` === "28 27 26 25" && document.querySelector("[data-pick-page]").indeterminate`)
	b.shiftClick(pick(panel, 27))
	b.until(picked + ` === "28"`)
	b.do(chromedp.KeyEvent("j"))
	b.do(chromedp.KeyEvent("x"))
	b.until(picked + ` === "28 26"`)
	b.click("[data-pick-page]")
	b.until(`document.querySelector("[data-bulk-count]").textContent === "25 selected" && document.querySelector("[data-bulk-all]").textContent === "Select all 30 orders"`)
	b.click("[data-bulk-all]")
	b.until(`document.querySelector("[data-bulk-count]").textContent === "All 30 orders selected"`)
	b.click(pick(panel, 29))
	b.until(`document.querySelector("[data-bulk-count]").textContent === "All 30 orders selected but 1"`)
	b.click("[rel=next]")
	b.until(picked + ` === "5 4 3 2 1"`)
}

// The test cannot read the clipboard, so it replaces the clipboard's write function.
func TestInABrowserTheChosenOrdersAreCopied(t *testing.T) {
	t.Parallel()
	_, panel, b := openPicking(t, 30)
	b.open("/orders?per=25")
	b.do(chromedp.Evaluate[chromedp.Void](`void Object.defineProperty(navigator, "clipboard", { value: { write: async ([item]) => {
		window.written = await (await item.getType("text/plain")).text(); } } })`))
	b.click(pick(panel, 30))
	b.click(pick(panel, 7+1))
	b.click("[data-bulk-copy=provider_ids]")
	b.until(`window.written === "88000030\n88000008" && document.querySelector("#status").textContent === "Copied provider IDs of 2 orders."`)
	b.click("[data-pick-page]")
	b.click("[data-bulk-all]")
	b.click(pick(panel, 30))
	b.click("[data-bulk-copy=ids]")
	b.until(`window.written.split("\n").length === 29 && window.written.startsWith("29\n28") && document.querySelector("#status").textContent === "Copied IDs of 29 orders."`)
}

func TestInABrowserFiltersAreSavedAsAViewAndChanged(t *testing.T) {
	t.Parallel()
	s, panel, b := openPicking(t, 3)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.Status = "error" }))
	b.open("/orders?status=error")
	b.click("#orders-view-as summary")
	b.do(chromedp.SendKeys(chromedp.CSS("#orders-view-new [name=name]"), "Failed\r"))
	b.until(`/^\?view=\d+$/.test(location.search) && document.querySelector(".views [aria-current]").textContent.trim() === "Failed 1"`)
	b.click("#orders-tab-all")
	b.until(`/^\?q=&view=\d+$/.test(location.search) && document.querySelectorAll("#orders-list tbody tr").length === 4`)
	b.click("#orders-tab-in_progress")
	b.until(`document.querySelectorAll("#orders-list tbody tr").length === 3`)
	b.click(".views-do .button-primary")
	b.until(`/^\?view=\d+$/.test(location.search) && document.querySelector(".views [aria-current]").textContent.trim() === "Failed 3"`)
}
