package handlers

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// ownersSite is a site with a logged-in owner and one panel with n orders.
func ownersSite(t testing.TB, n int, change ...func(*Config)) (*site, models.Panel) {
	t.Helper()
	s := newSite(t, change...)
	panel := modelstest.Panel(t, s.db, modelstest.Owner(t, s.db), "MTP", "https://mtp.example")
	for id := 1; id <= n; id++ {
		modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, int64(id)))
	}
	return s.as("owner"), panel
}

var rowIDs = regexp.MustCompile(`<tr id="(\w+)-row-(\d+)-(\d+)" data-panel="(\d+)" data-id="(\d+)"`)

// rows returns the IDs of a list's rows in their order.
func rows(t testing.TB, body string) []string {
	t.Helper()
	var ids []string
	for _, m := range rowIDs.FindAllStringSubmatch(body, -1) {
		if m[2] != m[4] || m[3] != m[5] {
			t.Errorf("row %s does not say the same panel and id twice", m[0])
		}
		ids = append(ids, m[3])
	}
	return ids
}

func TestAListKeepsItsContract(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	got := s.get("/orders")
	got.expect(t, 200, `class="list" id="orders-list"`, `data-total>3<`, `<!doctype html>`)
	if ids := rows(t, got.Body); fmt.Sprint(ids) != "[3 2 1]" {
		t.Errorf("rows: got %v, want the newest first", ids)
	}
	for _, column := range models.OrderList.Columns {
		if !strings.Contains(got.Body, `data-col="`+column.Name+`"`) {
			t.Errorf("no cell for column %s", column.Name)
		}
	}
	s.get(fmt.Sprintf("/orders/%d/2", panel.ID)).expect(t, 200, "<title>Order 2 · MTP · Masterpanel</title>", `<h1 class="sr">Orders</h1>`, "provider.example", "88000002")
}

func TestALinkIsShortInARowAndWholeInItsDetail(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	const link = "https://www.instagram.com/p/DCxyzAbCdEf/?utm_source=ig_web_copy_link&igsh=MzRlODBiNWFlZA"
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 1, func(o *models.Order) { o.Link = link }))
	s.get("/orders").expect(t, 200, ">instagram.com/p/DC…lZA</a>")
	s.get(fmt.Sprintf("/orders/%d/1", panel.ID)).expect(t, 200, ">"+html.EscapeString(strings.TrimPrefix(link, "https://www."))+"</a>")
}

var cellColumns = regexp.MustCompile(`<td data-col="(\w+)"`)

func TestEveryListShowsAllItsColumns(t *testing.T) {
	t.Parallel()
	for _, def := range []*models.List{models.OrderList, models.TicketList, models.UserList, models.PaymentList, models.ServiceList} {
		t.Run(def.Noun, func(t *testing.T) {
			s, panel := ownersSite(t, 1)
			fill(t, s.db, panel.ID)
			body := s.get("/" + def.Noun).Body
			if got := len(rows(t, body)); got != 1 {
				t.Fatalf("got %d rows, want 1", got)
			}
			var want, cells []string
			for _, column := range def.Columns {
				if !column.Never {
					want = append(want, column.Name)
				}
			}
			for _, m := range cellColumns.FindAllStringSubmatch(body, -1) {
				cells = append(cells, m[1])
			}
			if !slices.Equal(cells, want) {
				t.Errorf("the cells are %v, the headings %v", cells, want)
			}
			if strings.Contains(body, "/"+def.Noun+"/"+strconv.FormatInt(panel.ID, 10)+"/1") {
				s.get(fmt.Sprintf("/%s/%d/1", def.Noun, panel.ID)).expect(t, 200, `id="`+def.Noun+`-detail"`)
			}
		})
	}
}

// fill puts one ticket, user, payment and service with ID 1 on a panel.
func fill(t testing.TB, db *models.DB, panelID int64) {
	t.Helper()
	key, now := models.Key{PanelID: panelID, ID: 1}, modelstest.Now(t)
	m := models.Mirrored{Raw: json.RawMessage(`{"id":1}`)}
	ticket := models.Ticket{Key: key, UserName: "anna", Subject: "Refill <b>please</b>", Status: "pending", CreatedAt: now, UpdatedAt: now, Mirrored: m}
	if _, err := db.PutTickets(t.Context(), panelID, []models.Ticket{ticket}, now); err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutUsers(t.Context(), panelID, []models.User{{Key: key, Username: "anna", Email: "anna@mail.example", Currency: "USD", Status: "active", CreatedAt: now, Mirrored: m}}, now); err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutPayments(t.Context(), panelID, []models.Payment{{Key: key, UserName: "anna", Currency: "USD", Method: "PayPal", Status: "completed", CreatedAt: now, Mirrored: m}}, now); err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutServices(t.Context(), panelID, []models.Service{{Key: key, Name: "Likes", Mirrored: m}}, 0, now); err != nil {
		t.Fatal(err)
	}
}

func TestHTMXGetsTheFragmentAndAPlainBrowserThePage(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 1)
	fragment := s.get("/orders?q=&status=in_progress&nonsense=1", "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "section#orders-list")
	fragment.expect(t, 200, `id="orders-row-`)
	if strings.Contains(fragment.Body, "<html") {
		t.Error("the fragment is a whole page")
	}
	if got, want := fragment.Header.Get("HX-Push-Url"), "/orders?status=in_progress"; got != want {
		t.Errorf("the address to keep: got %q, want %q", got, want)
	}
	s.get("/orders", "HX-Request", "true", "HX-History-Restore-Request", "true").expect(t, 200, "<!doctype html>")
}

func TestPagesFollowEachOtherAndLeadBack(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 60)
	first := s.get("/orders?per=25")
	seen := rows(t, first.Body)
	second := s.get(link(t, first.Body, "next"))
	seen = append(seen, rows(t, second.Body)...)
	third := s.get(link(t, second.Body, "next"))
	seen = append(seen, rows(t, third.Body)...)
	if len(seen) != 60 || seen[0] != "60" || seen[59] != "1" {
		t.Errorf("three pages hold %d rows from %s to %s, want 60 from 60 to 1", len(seen), seen[0], seen[len(seen)-1])
	}
	if strings.Contains(third.Body, `rel="next"`) {
		t.Error("the last page leads on")
	}
	if got, want := rows(t, s.get(link(t, second.Body, "prev")).Body)[0], "60"; got != want {
		t.Errorf("back from the second page: got %s first, want %s", got, want)
	}
}

func link(t testing.TB, body, rel string) string {
	t.Helper()
	m := regexp.MustCompile(`rel="` + rel + `" href="([^"]+)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no link rel=%s", rel)
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

func TestAnUnchangedPollTouchesNoDatabase(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1, standing(t))
	first := s.poll("/orders", "section#orders-list", "")
	first.expect(t, 200)
	tag := first.Header.Get("HX-PTag")
	if tag == "" || !strings.Contains(first.Body, `hx-ptag="`+tag+`"`) {
		t.Fatalf("the tag %q is not on the fragment", tag)
	}
	if err := s.db.Close(); err != nil { // from here on every database query fails
		t.Fatal(err)
	}
	same := s.poll("/orders", "section#orders-list", tag)
	same.expect(t, 304)
	if same.Body != "" {
		t.Errorf("a body of %d bytes", len(same.Body))
	}
	s.poll("/orders?status=pending", "section#orders-list", tag).expect(t, 500)
	if err := s.versions.Bump(t.Context(), jobs.ResourceVersion(panel.ID, models.Orders)); err != nil {
		t.Fatal(err)
	}
	s.feed.Reread(t.Context())
	s.poll("/orders", "section#orders-list", tag).expect(t, 500)
}

func TestNobodySeesAnotherPanelsRows(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 2)
	fill(t, s.db, panel.ID)
	modelstest.Staff(t, s.db, "eve", models.RoleAgent, false)
	s.as("eve")
	for _, noun := range []string{"orders", "tickets", "users", "payments", "services"} {
		for _, path := range []string{"/" + noun, fmt.Sprintf("/%s?panel=%d", noun, panel.ID)} {
			got := s.get(path)
			got.expect(t, 200, "data-total>0<")
			if len(rows(t, got.Body)) != 0 || strings.Contains(got.Body, "MTP") {
				t.Errorf("%s shows a foreign panel", path)
			}
		}
		if noun != "services" {
			s.get(fmt.Sprintf("/%s/%d/1", noun, panel.ID)).expect(t, 404)
		}
	}
	s.get(fmt.Sprintf("/orders/filters/service?panel=%d", panel.ID), "HX-Request", "true").expect(t, 200, "Nothing found.")
	s.get("/settings/panels").expect(t, 403)
	s.get("/settings/sync").expect(t, 403)
	s.post(fmt.Sprintf("/settings/panels/%d/pause", panel.ID), nil).expect(t, 403)
}

func TestAPickerOffersTheMirrorsValuesWithCounts(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 9, func(o *models.Order) { o.ServiceID, o.ServiceName = 200, "TikTok Views" }))
	options := s.get("/orders/filters/service", "HX-Request", "true", "HX-Target", "div")
	options.expect(t, 200, `value="171"`, `171 · Instagram Likes`, `<span class="count">3</span>`, `200 · TikTok Views`)
	found := s.get("/orders/filters/service?find=tik&service=171", "HX-Request", "true")
	found.expect(t, 200, `200 · TikTok Views`, `value="171" checked`)
	s.get("/orders/filters/service").expect(t, 200, "<!doctype html>", `name="service"`, "Apply")
	s.get("/orders/filters/nothing").expect(t, 404)
	filtered := s.get("/orders?service=200")
	filtered.expect(t, 200, "Service: 200", "Clear filters")
	if got := rows(t, filtered.Body); fmt.Sprint(got) != "[9]" {
		t.Errorf("got rows %v, want 9", got)
	}
}

func TestNothingIsSaidInFourWays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	modelstest.Staff(t, s.db, "eve", models.RoleAgent, false)
	s.as("owner").get("/orders").expect(t, 200, "No panel is connected yet", "/settings/panels")
	s.as("eve").get("/orders").expect(t, 200, "You have no panel yet")
	s.get("/").expect(t, 200, "You have no panel yet")
	panel := modelstest.Panel(t, s.db, owner, "MTP", "https://mtp.example")
	s.as("owner").get("/orders").expect(t, 200, "Not synced yet")
	stream, err := s.db.ClaimStream(t.Context(), models.StreamKey{PanelID: panel.ID, Resource: models.Orders}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.ReleaseStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	s.get("/orders").expect(t, 200, "Nothing here yet")
	s.get("/orders?q=nobody").expect(t, 200, "Nothing matches", "Clear filters")
	s.get("/orders?panel=9999").expect(t, 200, "Not allowed")
}

func TestAGarbledAddressShowsTheListAndSaysSo(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 1)
	for _, query := range []string{
		"sort=evil%27--", "after=%00", "after=eyJzIjoiLWNyZWF0ZWQifQ", "created_from=2026-99-99", "per=7", "panel=x", "q=%ff%fe", "q=%00",
		"service=abc", "status=" + strings.Repeat("x", 400), "created=never", strings.Repeat("mode=a&", 500),
	} {
		got := s.get("/orders?" + query)
		if got.Status != 200 || !strings.Contains(got.Body, `id="orders-list"`) {
			t.Errorf("%.60s: got status %d", query, got.Status)
		}
	}
}

func TestThePanelSwitcherIsKeptAndScopesEveryPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	a := modelstest.Panel(t, s.db, owner, "AAA", "https://a.example")
	b := modelstest.Panel(t, s.db, owner, "BBB", "https://b.example")
	modelstest.PutOrders(t, s.db, a.ID, modelstest.Order(a.ID, 1))
	modelstest.PutOrders(t, s.db, b.ID, modelstest.Order(b.ID, 2))
	s.as("owner")
	answer := s.post("/panels", url.Values{"panel": {strconv.FormatInt(b.ID, 10), "999"}, "next": {"/orders?panel=1&after=x&status=in_progress"}})
	answer.expect(t, 303)
	if got, want := answer.Header.Get("Location"), "/orders?status=in_progress"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := rows(t, s.get("/orders").Body); fmt.Sprint(got) != "[2]" {
		t.Errorf("rows: got %v, want those of the chosen panel", got)
	}
	s.post("/panels", url.Values{"all": {"1"}, "next": {"/"}}).expect(t, 303)
	if got := rows(t, s.get("/orders").Body); len(got) != 2 {
		t.Errorf("rows: got %v, want those of all panels", got)
	}
}

func TestALongLinkIsCutInTheMiddleAndCopiedWhole(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	const link = "https://www.instagram.com/p/C8xYz1234567890abcdefghijklmnop/?igsh=MWQ1ZGUxMzBkMA=="
	modelstest.PutOrders(t, s.db, panel.ID, modelstest.Order(panel.ID, 1, func(o *models.Order) { o.Link = link }),
		modelstest.Order(panel.ID, 2, func(o *models.Order) { o.Link = "" }))
	page := s.get("/orders")
	page.expect(t, 200, `data-copy="`+link+`"`, "instagram.com/", "…")
	if n := strings.Count(page.Body, "copy-cell"); n != 1 {
		t.Errorf("%d links can be copied, want the one that there is", n)
	}
}
