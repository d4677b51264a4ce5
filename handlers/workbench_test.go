package handlers

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAFormOfTheWorkbenchThatIsSentTwiceIsOneBatch(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	form := url.Values{"key": {"k"}, "kind": {"change_status"}, "status": {"completed"}, "count": {"1"},
		"orders": {models.FormatKeys([]models.Key{{PanelID: panel.ID, ID: 2}})}}
	wrong := url.Values{"key": {"k"}, "kind": {"change_status"}, "status": {"completed"}, "count": {"2"}, "orders": form["orders"]}
	if answer := s.post("/orders/workbench/run", wrong); answer.Status != 422 || !strings.Contains(answer.Body, "Nothing was sent") {
		t.Errorf("another number was confirmed: got %d", answer.Status)
	}
	first, again := s.post("/orders/workbench/run", form), s.post("/orders/workbench/run", form)
	first.expect(t, 303)
	if to := first.Header.Get("Location"); to == "" || to != again.Header.Get("Location") {
		t.Errorf("got %s and %s, want one batch", to, again.Header.Get("Location"))
	}
	page := s.get(first.Header.Get("Location"))
	if !strings.Contains(page.Body, "0 of 1 done, 1 waiting.") {
		t.Errorf("the batch's page does not say what is so: %s", page.Body)
	}
	if ids := s.get(first.Header.Get("Location") + "/ids?show=waiting").Body; ids != "2" {
		t.Errorf("its ids are %q", ids)
	}
	s.post(first.Header.Get("Location")+"/cancel", nil).expect(t, 303)
	if page := s.get(first.Header.Get("Location")); !strings.Contains(page.Body, "Try 1 again") || !strings.Contains(page.Body, "0 of 1 done, 1 cancelled.") {
		t.Errorf("what was cancelled cannot be tried again: %s", page.Body)
	}
}

func TestInABrowserChosenOrdersAreCheckedConfirmedAndFollowed(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 14)
	done := modelstest.Order(panel.ID, 15, func(o *models.Order) { o.Status = "completed" })
	modelstest.PutOrders(t, s.db, panel.ID, done)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.click("[data-pick-page]")
	b.do(chromedp.Click(chromedp.CSS(`[data-bulk] form[action^="/orders/workbench"] button`)), chromedp.WaitVisible(chromedp.CSS("#workbench-form")))
	b.do(chromedp.SetValue(chromedp.CSS("[name=kind]"), "cancel"), chromedp.Click(chromedp.CSS("#workbench-form .form-end button")),
		chromedp.WaitVisible(chromedp.CSS(".workbench-confirm")))
	b.until(`document.querySelector(".workbench-ask").textContent.includes("14 orders on 1 panel") &&
		document.querySelector("#workbench-check tr[data-id='15']").textContent.includes("completed")`)
	b.do(chromedp.SendKeys(chromedp.CSS(".workbench-confirm [name=count]"), "14"), chromedp.Click(chromedp.CSS(".workbench-go button")),
		chromedp.WaitVisible(chromedp.CSS("#batch-state")))
	b.until(`document.querySelector(".batch-progress [role=status]").textContent === "0 of 14 done, 14 waiting."`)
	b.do(chromedp.Click(chromedp.CSS(`.batch-progress form[action$="/cancel"] button`)), chromedp.WaitVisible(chromedp.CSS(`form[action$="/retry"]`)))
}

func TestTheWorkbenchChecksTheChosenActionBeforeItLooksItUp(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	form := func(kind string) url.Values {
		return url.Values{"text": {"1"}, "on": {pathID(panel.ID)}, "kind": {kind}, "status": {"completed"}, "message": {"hello"}}
	}
	for _, kind := range []string{"zz", "CANCEL", "cancel ", "reply", "add_payment", "add_user", "open_ticket", strings.Repeat("z", 9000)} {
		s.post("/orders/workbench", form(kind)).expect(t, 422, "Choose an action for the orders.", "1 order of 1 id found.")
	}
	modelstest.Staff(t, s.db, "changer", models.RoleAgent, true)
	owner, changer := modelstest.Viewer(t, s.db, "owner"), modelstest.Viewer(t, s.db, "changer")
	if err := s.db.ChangeMember(t.Context(), owner, changer.StaffID, models.MemberInput{Role: models.RoleAgent, AllPanels: true, Taken: []models.Permission{models.PermOrderCancel}}); err != nil {
		t.Fatal(err)
	}
	s.as("changer").post("/orders/workbench", form("cancel")).expect(t, 422, "You lack the permission for this action.")
	s.post("/orders/workbench", form("change_status")).expect(t, 200, "1 of 1 order eligible.")
}
