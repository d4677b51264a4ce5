package handlers

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// actions returns all actions as the outbox lists them.
func (s *site) actions() []models.OutboxRow {
	s.t.Helper()
	page, err := s.db.Outbox(s.t.Context(), modelstest.Viewer(s.t, s.db, "owner"), models.ListQuery{Sort: "id", Per: 50})
	if err != nil {
		s.t.Fatal(err)
	}
	return page.Rows
}

// formKey returns the key in the form of a kind on a freshly opened page.
func (s *site) formKey(path, kind string) string {
	s.t.Helper()
	found := regexp.MustCompile(`name="key" value="([^"]+)"`).FindStringSubmatch(s.get(path + "?kind=" + kind).Body)
	if found == nil {
		s.t.Fatal("the form has no key")
	}
	return found[1]
}

// doubted creates an action whose result only a person can determine.
func doubted(t testing.TB, s *site, panelID int64) models.PanelAction {
	t.Helper()
	action, err := s.db.Enqueue(t.Context(), modelstest.Viewer(t, s.db, "owner"), models.NewAction{Key: "doubt", Kind: models.KindCancel, PanelID: panelID, TargetID: 1})
	if err != nil {
		t.Fatal(err)
	}
	return doubt(t, s, action, models.Sight{Status: "pending"})
}

// doubt sends an action whose response is lost, so that only a person can determine its result.
func doubt(t testing.TB, s *site, action models.PanelAction, now models.Sight) models.PanelAction {
	t.Helper()
	claimed, err := s.db.ClaimAction(t.Context(), action.ID, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	sending, err := s.db.BeginSending(t.Context(), claimed, now, claimed.CreatedAt.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.DoubtAction(t.Context(), sending, claimed.CreatedAt, "The panel asks for fewer calls (429)."); err != nil {
		t.Fatal(err)
	}
	looking, err := s.db.ClaimAction(t.Context(), action.ID, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.LookAgain(t.Context(), looking, time.Time{}, 0, 2, "The answer was lost."); err != nil {
		t.Fatal(err)
	}
	return sending
}

func TestTheSameFormIsOneActionHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	path := fmt.Sprintf("/orders/%d/1/actions", panel.ID)
	tabs := []string{s.formKey(path, "cancel"), s.formKey(path, "cancel")} // two tabs, opened before either form is sent
	if tabs[0] != tabs[1] {
		t.Errorf("two tabs hold the keys %q and %q, want one", tabs[0], tabs[1])
	}
	form := url.Values{"kind": {"cancel"}, "cancel_reason": {"asked for"}, "key": {tabs[0]}}
	var all sync.WaitGroup
	for range 8 { // like a double click, several times over
		all.Go(func() { s.post(path, form).expect(t, 303) })
	}
	all.Wait()
	s.post(path, form).expect(t, 303)                                                                  // the Back button, then sent once more
	s.post(path, form, "HX-Request", "true", "HX-Target", "div#x").expect(t, 200, `id="outbox-state-`) // htmx's request, retried after a lost response
	rows := s.actions()
	if len(rows) != 1 || rows[0].Payload.CancelReason != "asked for" || rows[0].Kind != models.KindCancel {
		t.Fatalf("got %+v, want one cancel", rows)
	}
	if len(s.acted) == 0 || s.acted[0] != rows[0].ID {
		t.Errorf("woken up for %v, want %d", s.acted, rows[0].ID)
	}
	form.Set("cancel_reason", "something else")
	s.post(path, form).expect(t, 422, "You already sent this form")
	if later := s.formKey(path, "cancel"); later == tabs[0] {
		t.Error("a form that is opened later holds the same key")
	}
}

func TestEveryKindOfActionIsWrittenDownAsItWasAskedFor(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.Status = "fail" }))
	five := func(n *int64) bool { return n != nil && *n == 5 }
	tests := []struct {
		order int
		form  url.Values
		want  func(models.ActionPayload) bool
	}{
		{1, url.Values{"kind": {"change_status"}, "status": {"completed"}}, func(p models.ActionPayload) bool { return p.Status == "completed" }},
		{1, url.Values{"kind": {"set_partial"}, "remains": {"5"}}, func(p models.ActionPayload) bool { return five(p.Remains) }},
		{1, url.Values{"kind": {"set_start_count"}, "start_count": {"5"}, "remains": {"7"}}, func(p models.ActionPayload) bool { return five(p.StartCount) && p.Remains == nil }},
		{1, url.Values{"kind": {"set_remains"}, "remains": {" 5 "}}, func(p models.ActionPayload) bool { return five(p.Remains) }},
		{1, url.Values{"kind": {"edit_link"}, "link": {"https://example.com/p"}}, func(p models.ActionPayload) bool { return p.Link == "https://example.com/p" }},
		{1, url.Values{"kind": {"request_cancel"}}, func(models.ActionPayload) bool { return true }},
		{1, url.Values{"kind": {"cancel"}, "cancel_reason": {"no"}}, func(p models.ActionPayload) bool { return p.CancelReason == "no" }},
		{9, url.Values{"kind": {"resend"}}, func(models.ActionPayload) bool { return true }},
	}
	for i, tt := range tests {
		tt.form.Set("key", fmt.Sprint(i))
		s.post(fmt.Sprintf("/orders/%d/%d/actions", panel.ID, tt.order), tt.form).expect(t, 303)
		rows := s.actions()
		last := rows[len(rows)-1]
		if len(rows) != i+1 || string(last.Kind) != tt.form.Get("kind") || !tt.want(last.Payload) {
			t.Errorf("%v: got %s %+v", tt.form, last.Kind, last.Payload)
		}
	}
	s.get(fmt.Sprintf("/orders/%d/1", panel.ID)).expect(t, 200, "Pending on panel", "History", `data-state="queued"`)
	s.get("/outbox").expect(t, 200, `<tr id="outbox-row-1"`, `data-state="queued"`, "data-total>8<")
	s.get("/outbox?kind=resend").expect(t, 200, "data-total>1<", "Resend")
	s.get("/outbox.csv").expect(t, 200, "Cancel and refund", "Order 1")
}

func TestARowIsMarkedWhileSomethingIsDoneToItsOrder(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 2, standing(t))
	s.feed.Reread(t.Context())
	const mark = `badge-pending" data-status="in_progress" title="Pending on panel"`
	tag := ""
	look := func(what string, status, marks int) {
		t.Helper()
		s.feed.Reread(t.Context())
		answer := s.poll("/orders", "section#orders-list", tag)
		if tag = answer.Header.Get("HX-PTag"); answer.Status != status || strings.Count(answer.Body, mark) != marks {
			t.Errorf("%s: got %d with %d marks, want %d with %d", what, answer.Status, strings.Count(answer.Body, mark), status, marks)
		}
	}
	look("at first", 200, 0)
	look("nothing moved", 304, 0)
	s.post(fmt.Sprintf("/orders/%d/1/actions", panel.ID), url.Values{"kind": {"cancel"}, "key": {"1"}}).expect(t, 303)
	look("one is asked for", 200, 1)
	batch := s.post("/orders/workbench/run", url.Values{"key": {"k"}, "kind": {"change_status"}, "status": {"completed"}, "count": {"2"},
		"orders": {models.FormatKeys([]models.Key{{PanelID: panel.ID, ID: 1}, {PanelID: panel.ID, ID: 2}})}})
	batch.expect(t, 303)
	look("a batch is asked for", 200, 2)
	s.post(batch.Header.Get("Location")+"/cancel", nil).expect(t, 303)
	s.post("/outbox/1/cancel", nil).expect(t, 303)
	look("all are taken back", 200, 0)
}

func TestAFormThatIsWrongComesBackWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	path := fmt.Sprintf("/orders/%d/1/actions", panel.ID)
	for _, tt := range []struct {
		form url.Values
		want []string
	}{
		{url.Values{"kind": {"set_remains"}, "remains": {"many"}, "key": {"1"}}, []string{`value="many"`, "Enter a whole number."}},
		{url.Values{"kind": {"set_partial"}, "remains": {"0"}, "key": {"1"}}, []string{`value="0"`, "1 or more"}},
		{url.Values{"kind": {"change_status"}, "status": {"canceled"}, "key": {"1"}}, []string{"Choose pending"}},
		{url.Values{"kind": {"edit_link"}, "link": {""}, "key": {"1"}}, []string{"Enter a link."}},
		{url.Values{"kind": {"cancel"}}, []string{"this form has no key"}},
		{url.Values{"kind": {"resend"}, "key": {"1"}}, []string{"not possible for an order that is in progress"}},
	} {
		s.post(path, tt.form).expect(t, 422, append(tt.want, "<!doctype html>")...)
		s.post(path, tt.form, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "aside#side").expect(t, 422, append(tt.want, `<article class="detail" id="orders-actions"`)...)
	}
	s.post(path, url.Values{"kind": {"reply"}, "key": {"1"}}).expect(t, 422)
	if rows := s.actions(); len(rows) != 0 {
		t.Errorf("got %+v, want nothing", rows)
	}
}

func TestADeadButtonSaysWhy(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	path := fmt.Sprintf("/orders/%d/1", panel.ID)
	s.get(path).expect(t, 200, path+"/actions?kind=cancel", "This is not possible for an order that is in progress.")
	modelstest.Staff(t, s.db, "looker", models.RoleViewer, true)
	page := s.as("looker").get(path)
	page.expect(t, 200, "You lack the permission “Cancel orders”.")
	if strings.Contains(page.Body, "/actions?kind=") {
		t.Error("who may do nothing is offered a form")
	}
	s.get(path+"/actions?kind=cancel").expect(t, 403)
	s.get(path+"/actions?kind=explode").expect(t, 404)
}

func TestAStateThatHasNotMovedCostsNoDatabase(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1, standing(t))
	s.post(fmt.Sprintf("/orders/%d/1/actions", panel.ID), url.Values{"kind": {"cancel"}, "key": {"1"}}).expect(t, 303)
	s.feed.Reread(t.Context())
	first := s.poll("/outbox/1/state", "div#outbox-state-1", "")
	first.expect(t, 200, `hx-trigger="every 1s"`, "Queued", "Cancel before it is sent")
	s.poll("/outbox/1/state", "div#outbox-state-1", first.Header.Get("HX-PTag")).expect(t, 304)
	s.post("/outbox/1/cancel", nil, "HX-Request", "true", "HX-Target", "div#outbox-state-1").expect(t, 200, `data-state="cancelled"`)
	s.feed.Reread(t.Context())
	ended := s.poll("/outbox/1/state", "div#outbox-state-1", first.Header.Get("HX-PTag"))
	ended.expect(t, 200, "Cancelled by owner")
	if strings.Contains(ended.Body, "hx-trigger") {
		t.Error("an action that ended asks on")
	}
	s.post("/outbox/1/cancel", nil).expect(t, 409)
	s.post("/outbox/1/retry", nil).expect(t, 303)
	s.post("/outbox/1/retry", nil).expect(t, 303)
	if rows := s.actions(); len(rows) != 2 || rows[1].Kind != models.KindCancel {
		t.Errorf("got %+v, want one new cancel", rows)
	}
}

func TestAnActionThatNeedsAPersonIsShownAndSettled(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	action := doubted(t, s, panel.ID)
	modelstest.Staff(t, s.db, "looker", models.RoleViewer, true)
	s.as("looker").get("/outbox").expect(t, 200, "Needs review")
	if page := s.get("/outbox/1"); strings.Contains(page.Body, "It went through") || strings.Contains(page.Body, "action needs review") {
		t.Error("who may not cancel an order is asked for the result of one")
	}
	s.as("owner").get("/").expect(t, 200, "1 action needs review")
	s.get("/outbox?status=needs_person").expect(t, 200, "data-total>1<", `data-state="unconfirmed"`)
	if err := s.db.PausePanel(t.Context(), modelstest.Viewer(t, s.db, "owner"), panel.ID); err != nil {
		t.Fatal(err)
	}
	s.get("/outbox/1").expect(t, 200, "It went through", "It did not, send again", "moves money a second time", "The answer was lost.")
	decide := func(form url.Values) answer { return s.post("/outbox/1/decision", form) }
	decide(url.Values{"attempt": {"1"}, "note": {"I looked"}}).expect(t, 422, "Choose one: it went through", `value="I looked"`)
	decide(url.Values{"attempt": {"7"}, "decision": {"went_through"}}).expect(t, 409)
	decide(url.Values{"attempt": {fmt.Sprint(action.Attempts)}, "decision": {"went_through"}, "note": {"It is canceled there"}}).expect(t, 303)
	decide(url.Values{"attempt": {fmt.Sprint(action.Attempts)}, "decision": {"send_again"}}).expect(t, 409)
	s.get("/outbox/1").expect(t, 200, "Done", "Recorded by owner: it went through.", "It is canceled there")
	s.feed.Reread(t.Context())
	if strings.Contains(s.get("/").Body, "needs review") {
		t.Error("the badge stays")
	}
}

func TestADeadPanelsActionsWaitAndCanBeCancelled(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	s.post(fmt.Sprintf("/orders/%d/1/actions", panel.ID), url.Values{"kind": {"cancel"}, "key": {"1"}}).expect(t, 303)
	s.post(fmt.Sprintf("/settings/panels/%d/pause", panel.ID), nil).expect(t, 303)
	s.get("/outbox/1").expect(t, 200, "Waiting", "The panel is paused", "Cancel before it is sent")
	s.post("/outbox/1/cancel", nil).expect(t, 303)
}

func TestADecisionNotToSendEndsTheActionAndGivesAReplysTextBack(t *testing.T) {
	t.Parallel()
	clock := modelstest.Now(t)
	s := siteOn(t, modelstest.NewAt(t, func() time.Time { return clock }), func(c *Config) { c.Now = func() time.Time { return clock } })
	owner := modelstest.Owner(t, s.db)
	panel := modelstest.Panel(t, s.db, owner, "MTP", "https://mtp.example")
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 1))
	owner = modelstest.Viewer(t, s.db, "owner")
	s.as("owner")
	ticket := models.Ticket{Key: models.Key{PanelID: panel.ID, ID: 7}, Status: "pending", UserName: "anna", Subject: "Where is it?"}
	ticket.CreatedAt, ticket.UpdatedAt, ticket.Raw = modelstest.Now(t), modelstest.Now(t), []byte("{}")
	if _, err := s.db.PutTickets(t.Context(), panel.ID, []models.Ticket{ticket}, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	reply, err := s.db.Enqueue(t.Context(), owner, models.NewAction{Key: "r", Kind: models.KindReply, PanelID: panel.ID, TargetID: 7,
		Payload: models.ActionPayload{Message: "It is on its way."}})
	if err != nil {
		t.Fatal(err)
	}
	cancel := doubted(t, s, panel.ID)
	clock = clock.Add(5 * time.Second)
	doubt(t, s, reply, models.Sight{})
	s.get(fmt.Sprintf("/outbox/%d", reply.ID)).expect(t, 200, "It did not, do not send it", "its text returns to the draft of its author")
	for _, id := range []int64{reply.ID, cancel.ID} {
		path := fmt.Sprintf("/outbox/%d", id)
		s.post(path+"/decision", url.Values{"attempt": {"1"}, "decision": {"not_sent"}, "note": {"No longer wanted"}}).expect(t, 303)
		s.get(path).expect(t, 200, `data-state="cancelled"`, "Masterpanel does not send it.", "No longer wanted", "Record that it is not sent")
	}
	s.get(fmt.Sprintf("/tickets/%d/7", panel.ID)).expect(t, 200, "It is on its way.</textarea>")
}

func TestWhileTheQueueIsNotReachableEveryPageSaysSo(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	s.post(fmt.Sprintf("/orders/%d/1/actions", panel.ID), url.Values{"kind": {"cancel"}, "key": {"1"}}).expect(t, 303)
	s.get("/outbox/1").expect(t, 200, "Masterpanel sends it in a moment.")
	s.memory.SetError("gone")
	s.feed.Reread(t.Context())
	s.get("/outbox/1").expect(t, 200, "The queue is not reachable. The action is saved. Masterpanel sends it when the queue is back.", "Waiting")
	s.get("/outbox").expect(t, 200, "The queue is not reachable. The action is saved")
	s.get("/outbox/1/state").expect(t, 200, "The queue is not reachable. The action is saved")
	for _, path := range []string{"/", "/orders", "/tickets", "/outbox", "/settings/sync", "/account", "/freshness"} {
		s.get(path).expect(t, 200, "Queue not reachable", "Changes are saved, and Masterpanel sends them when Redis is back.")
	}
	s.memory.SetError("")
	s.feed.Reread(t.Context())
	s.get("/outbox/1").expect(t, 200, "Masterpanel sends it in a moment.")
	if strings.Contains(s.get("/").Body, "Queue not reachable") {
		t.Error("the header still says that the queue is not reachable")
	}
}

func TestTheCauseOfADoubtIsShownWithWhatFollows(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	doubted(t, s, panel.ID)
	for _, path := range []string{"/outbox", "/outbox/1", "/outbox/1/state", "/outbox.csv"} {
		s.get(path).expect(t, 200, "The panel asks for fewer calls (429). The answer was lost.")
	}
}

func TestAPersonWhoDecidesSeesThePaymentsThatItMayBeAndAmountsOnlyWithTheRight(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	owner := modelstest.Viewer(t, s.db, "owner")
	a, err := s.db.Enqueue(t.Context(), owner, models.NewAction{Key: "pay", Kind: models.KindAddPayment, PanelID: panel.ID, TargetName: "anna",
		Payload: models.ActionPayload{Amount: decimal.NewNullDecimal(decimal.RequireFromString("77.31")), Method: "Bonus", Memo: "thanks"}})
	if err != nil {
		t.Fatal(err)
	}
	claimed, err := s.db.ClaimAction(t.Context(), a.ID, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	sending, err := s.db.BeginSending(t.Context(), claimed, models.Sight{}, claimed.CreatedAt.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.LookAgain(t.Context(), sending, time.Time{}, 0, 2, sending.Question(true)); err != nil {
		t.Fatal(err)
	}
	row := func(id int64, user, memo string) models.Payment {
		return models.Payment{Key: models.Key{PanelID: panel.ID, ID: id}, UserName: user, Amount: modelstest.Amount("77.31"), Currency: "USD",
			Method: "Bonus", Status: "completed", Memo: memo, CreatedAt: a.CreatedAt.Add(time.Second), Mirrored: models.Mirrored{Raw: fmt.Appendf(nil, `{"payment_id":%d}`, id)}}
	}
	rows := []models.Payment{row(901, "Anna", "thanks M"), row(902, "bert", "thanks M"), row(903, "anna", "other MPABCDEF2345")}
	if _, err := s.db.PutPayments(t.Context(), panel.ID, rows, modelstest.Now(t)); err != nil {
		t.Fatal(err)
	}
	page := s.get(fmt.Sprintf("/outbox/%d", a.ID))
	page.expect(t, 200, "The panel shows no payment with the reference "+a.Reference, "Payments of this user and amount since then", ">901<", "77.31", "It did not, send again")
	if strings.Contains(page.Body, ">902<") || strings.Contains(page.Body, ">903<") {
		t.Error("another user's payment, or another of ours, is a candidate")
	}
	poor := modelstest.Staff(t, s.db, "poor", models.RoleAdmin, true)
	if err := s.db.ChangeMember(t.Context(), owner, poor.ID, models.MemberInput{Role: models.RoleAdmin, AllPanels: true, Taken: []models.Permission{models.PermSeeMoney}}); err != nil {
		t.Fatal(err)
	}
	page = s.as("poor").get(fmt.Sprintf("/outbox/%d", a.ID))
	page.expect(t, 200, "Payments of this user and amount since then", ">901<")
	if strings.Contains(page.Body, "77.31") {
		t.Error("who may not see money sees an amount")
	}
}

func TestTheDecisionLinksToTheRecordInThePanelsOwnAdmin(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	doubted(t, s, panel.ID)
	s.get("/outbox/1").expect(t, 200, `<a href="https://mtp.example/admin/orders?search=1" target="_blank" rel="noopener noreferrer nofollow">`)
	for address, want := range map[string]string{
		"https://shop.example/base": "https://shop.example/base/admin/payments?search=MP+1%26x", "http://127.0.0.1:8080": "", "javascript://x": "",
		"https://a:b@shop.example": "", "": "",
	} {
		row := models.OutboxRow{Kind: models.KindAddPayment, Resource: models.Users, TargetName: "anna", Reference: "MP 1&x", PanelURL: address}
		if got := adminURL(row); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}
