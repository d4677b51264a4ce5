package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// saved saves a view of orders as a person does and returns its address.
func (s *site) saved(query string, fields url.Values) string {
	s.t.Helper()
	form := url.Values{"list": {"orders"}, "query": {query}}
	for name, values := range fields {
		form[name] = values
	}
	got := s.post("/views", form)
	if got.Status != http.StatusSeeOther {
		s.t.Fatalf("saving a view: got %d: %.300s", got.Status, got.Body)
	}
	return got.Header.Get("Location")
}

var tabText = regexp.MustCompile(`(?s)<a class="tab" id="orders-view-[^>]*>(.*?)</a>`)

// viewTabs returns the tabs of a list's views as people read them.
func viewTabs(body string) string {
	var tabs []string
	for _, m := range tabText.FindAllStringSubmatch(body, -1) {
		tabs = append(tabs, strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], "")), " "))
	}
	return strings.Join(tabs, " | ")
}

func TestASavedViewIsATabWithItsNumberAndAnAddress(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.Status = "error" }))
	if body := s.get("/orders").Body; strings.Contains(body, "Saved views") || strings.Contains(body, "Save view") {
		t.Error("a list that is as it always is offers to be saved")
	}
	s.get("/orders?status=error").expect(t, 200, "Save view")
	at := s.saved("status=error&sort=-charge", url.Values{"name": {"Failed"}, "shared": {"1"}})
	got := s.get(at)
	if ids := strings.Join(rows(t, got.Body), " "); ids != "9" {
		t.Errorf("the view's rows: got %s", ids)
	}
	if tabs, want := viewTabs(got.Body), "All orders | Failed (shared) 1"; tabs != want {
		t.Errorf("tabs: got %s, want %s", tabs, want)
	}
	got.expect(t, 200, `data-list-url="`+at+`"`, "Edit view", `aria-sort="descending"`)
	if strings.Contains(got.Body, "Save as") {
		t.Error("an unchanged view offers to be saved")
	}
	// A changed list offers to save the view, to save a new view, or to cancel.
	s.get(at+"&status=pending").expect(t, 200, "Save as", ">Save</button>", `href="`+at+`">Cancel`, "query\" value=\"status=pending\"")
	s.get(at+"&q=").expect(t, 200, "Save as", "4</span> orders") // an explicit empty search, so the view does not apply
	s.get(at+"&sort=-charge&status=error&per=25").expect(t, 200, `data-list-url="/orders?per=25&amp;view=`)
	s.get("/orders.csv"+strings.TrimPrefix(at, "/orders")).expect(t, 200)
}

func TestAListBeginsWithTheViewThatOneChoseAndCanBeSeenWithoutIt(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.Status = "error" }))
	at := s.saved("status=error", url.Values{"name": {"Failed"}, "default": {"1"}})
	for path, want := range map[string]int{"/orders": 1, at: 1, "/orders?view=none": 4, "/orders?status=in_progress": 3, at + "&status=in_progress": 3} {
		if got := len(rows(t, s.get(path).Body)); got != want {
			t.Errorf("%s: got %d rows, want %d", path, got, want)
		}
	}
	s.get("/orders").expect(t, 200, `data-list-url="`+at+`"`, `href="/orders?view=none"`)
	// A page that was open before the default view existed must not switch to the view at its next poll.
	if got := len(rows(t, s.poll("/orders", "orders-list", "").Body)); got != 4 {
		t.Errorf("a poll: got %d rows, want 4", got)
	}
	s.post(strings.Replace(at, "/orders?view=", "/views/", 1)+"/delete", nil).expect(t, http.StatusSeeOther)
	if got := len(rows(t, s.get("/orders").Body)); got != 4 {
		t.Errorf("after the view is gone: got %d rows, want 4", got)
	}
	s.get(at).expect(t, 200, "This view does not exist, or you may not see it.")
}

func TestAnyViewInAnAddressIsAnsweredWithAListThatSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 1)
	mine := s.saved("status=in_progress", url.Values{"name": {"Mine"}})
	modelstest.Staff(t, s.db, "other", models.RoleAdmin, true)
	s.as("other")
	for _, word := range []string{"0", "-1", "x", "99999999999999999999", "1'--", strings.Repeat("9", 5000), strings.TrimPrefix(mine, "/orders?view=")} {
		s.get("/orders?view="+url.QueryEscape(word)).expect(t, 200, "This view does not exist, or you may not see it.", "<tr id=")
	}
}

func TestAViewThatOneMayNotSeeAllOfSaysSo(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	owner := modelstest.Viewer(t, s.db, "owner")
	other := modelstest.Panel(t, s.db, owner, "Other", "https://other.example")
	modelstest.PutOrders(t, s.db, other.ID, modelstest.Order(other.ID, 7))
	both := s.saved(fmt.Sprintf("panel=%d&panel=%d&sort=-charge", panel.ID, other.ID), url.Values{"name": {"Both"}, "shared": {"1"}})
	foreign := s.saved(fmt.Sprintf("panel=%d", other.ID), url.Values{"name": {"Foreign"}, "shared": {"1"}})
	staff := modelstest.Staff(t, s.db, "looker", models.RoleViewer, false)
	if err := s.db.ChangeMember(t.Context(), modelstest.Viewer(t, s.db, "owner"), staff.ID, models.MemberInput{Role: models.RoleViewer, Panels: []int64{panel.ID}}); err != nil {
		t.Fatal(err)
	}
	s.as("looker")
	got := s.get(both)
	got.expect(t, 200, "This view includes panels that you may not see. It shows your panels only.", "The list cannot be sorted this way")
	if n := len(rows(t, got.Body)); n != 1 || strings.Contains(got.Body, "Save as") {
		t.Errorf("the viewer sees %d rows", n)
	}
	got = s.get(foreign)
	got.expect(t, 200, "This view does not exist, or you may not see it.")
	if strings.Contains(got.Body, "Foreign") || strings.Contains(got.Body, fmt.Sprintf("panel=%d", other.ID)) {
		t.Error("a view of a foreign panel shows its name or its panel")
	}
}

func TestASharedViewOfForeignPanelsShowsNoNameAndNoSearch(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	other := modelstest.Panel(t, s.db, modelstest.Viewer(t, s.db, "owner"), "Other", "https://other.example")
	at := s.as("owner").saved(fmt.Sprintf("panel=%d&q=kestrel", other.ID), url.Values{"name": {"Plover"}, "shared": {"1"}, "default": {"1"}})
	path := strings.Replace(at, "/orders?view=", "/views/", 1)
	s.get(at).expect(t, 200, "Plover", "kestrel")
	staff := modelstest.Staff(t, s.db, "second", models.RoleAdmin, false)
	if err := s.db.ChangeMember(t.Context(), modelstest.Viewer(t, s.db, "owner"), staff.ID, models.MemberInput{Role: models.RoleAdmin, Panels: []int64{panel.ID}}); err != nil {
		t.Fatal(err)
	}
	s.as("second")
	form := url.Values{"list": {"orders"}, "query": {""}, "name": {""}}
	for name, got := range map[string]answer{
		"list": s.get("/orders"), "view": s.get(at), "poll": s.poll(at, "orders-list", ""), "edited view": s.get(at + "&sort=id"), "file": s.get("/orders.csv?view=" + strings.TrimPrefix(at, "/orders?view=")),
		"rename": s.post(path, form), "filters": s.post(path+"/query", form), "delete": s.post(path+"/delete", nil), "log": s.get("/activity"),
	} {
		if strings.Contains(got.Body, "Plover") || strings.Contains(got.Body, "kestrel") {
			t.Errorf("%s shows the name or the search", name)
		}
	}
	s.post(path, form).expect(t, http.StatusNotFound)
	s.post(path+"/query", form).expect(t, http.StatusNotFound)
	s.post(path+"/delete", nil).expect(t, http.StatusNotFound)
	s.as("owner").get(at).expect(t, 200, "Plover", "kestrel")
}

func TestAFormOfAViewThatIsNotAcceptedComesBack(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	form := url.Values{"list": {"orders"}, "query": {"status=error"}, "name": {" "}, "shared": {"1"}}
	s.post("/views", form).expect(t, 422, "<h1", "Give the view a name.", `value="status=error"`)
	s.post("/views", form, "HX-Request", "true", "HX-Target", "section#orders-list").expect(t, 422, `<div class="view-form" id="orders-view-new">`)
	form.Set("list", "secrets")
	s.post("/views", form).expect(t, 400)
	at := s.saved("status=error", url.Values{"name": {"One"}})
	s.saved("status=error", url.Values{"name": {"Two"}})
	s.post(strings.Replace(at, "/orders?view=", "/views/", 1), url.Values{"name": {"two"}}).expect(t, 422, "A view with this name already exists.")
	s.post(strings.Replace(at, "/orders?view=", "/views/", 1)+"/query", url.Values{"list": {"orders"}, "query": {"status=pending"}}).expect(t, 303)
	s.get(at).expect(t, 200, `aria-label="Remove filter: Status: Pending"`)
}

// The tag of a poll changes with the views. While it stays the same, the response needs no database.
func TestAPollSeesThatAViewChanged(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 2)
	at := s.saved("status=in_progress", url.Values{"name": {"Mine"}})
	s.feed.Reread(t.Context())
	tag := s.get(at).Header.Get("HX-PTag")
	if got := s.poll(at, "orders-list", tag); got.Status != http.StatusNotModified {
		t.Fatalf("nothing changed: got %d", got.Status)
	}
	s.post(strings.Replace(at, "/orders?view=", "/views/", 1), url.Values{"name": {"Renamed"}}).expect(t, 303)
	s.feed.Reread(t.Context())
	s.poll(at, "orders-list", tag).expect(t, 200, "Renamed")
}
