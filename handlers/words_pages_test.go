package handlers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// wordsSite is a walker's site with a row of each noun and every kind of text box: a payment that waits for a second
// person, an action that needs review, enough orders to require typing their count, and people in the middle of a
// login.
type wordsSite struct {
	*walker
	owner, ada, half, invited string // cookies of sessions, and the path of an invitation
	doubt                     int64
}

func newWordsSite(t *testing.T) *wordsSite {
	t.Helper()
	w := &wordsSite{walker: newWalk(t)}
	s := w.site.as("owner")
	for id := int64(11); id <= 30; id++ {
		modelstest.PutOrders(t, s.db, w.ours, modelstest.Order(w.ours, id, func(o *models.Order) { o.Status = "pending" }))
	}
	for id := int64(11); id <= 14; id++ {
		s.asks(w.ours, id, "customer", "pending", "where is it?")
	}
	owner := modelstest.Viewer(t, s.db, "owner")
	cancels, err := s.db.Enqueue(t.Context(), owner, models.NewAction{Key: "doubt", Kind: models.KindCancel, PanelID: w.ours, TargetID: 30})
	w.check(err)
	w.doubt = doubt(t, s, cancels, models.Sight{Status: "pending"}).ID
	w.check(s.db.AddPaymentMethod(t.Context(), owner, models.PaymentMethod{InternalName: "Bonus", DisplayName: "Gift", AllPanels: true}))
	w.check(s.db.SetPaymentLimits(t.Context(), owner, models.PaymentLimits{SecondPersonAbove: amounts{}.read("", "1")}))
	modelstest.Staff(t, s.db, "second", models.RoleAdmin, true)
	s.as("second").post("/payments", url.Values{"panel": {pathID(w.ours)}, "user": {"customer"}, "amount": {"5"}, "method": {"Bonus"}, "memo": {"m"}, "key": {"k"}}).expect(t, 303)
	w.people()
	w.owner = s.as("owner").cookie
	s.post("/settings/replies", url.Values{"title": {"Refill"}, "body": {"Dear {user}, it is refilled."}}).expect(t, 303)
	return w
}

// people takes one person to the setup of a second factor and another to the request for one, and invites a third.
func (w *wordsSite) people() {
	w.t.Helper()
	s := w.site
	for _, name := range []string{"ada", "bea"} {
		modelstest.Staff(w.t, s.db, name, models.RoleAgent, true)
		s.as(name).post("/account/two-factor/begin", nil).expect(w.t, 303)
		w.ada, w.half = w.half, s.cookie
	}
	seed := seedShown.FindStringSubmatch(s.get("/account/two-factor").Body)[1]
	app := modelstest.NewApp(w.t, strings.ReplaceAll(seed, " ", ""), modelstest.Clock(w.t))
	s.post("/account/two-factor/on", url.Values{"code": {app.Code()}}).expect(w.t, 200)
	s.cookie = ""
	w.half, _, _ = strings.Cut(s.post("/login", url.Values{"username": {"bea"}, "password": {modelstest.Password}}).Header.Get("Set-Cookie"), ";")
	added := s.as("owner").post("/settings/staff", url.Values{"username": {"guest"}, "role": {"agent"}, "all_panels": {"1"}})
	w.invited = invitationShown.FindStringSubmatch(added.Body)[1]
}

var (
	seedShown       = regexp.MustCompile(`<code class="seed">([A-Z2-7 ]+)</code>`)
	invitationShown = regexp.MustCompile(`http://example\.com(/invite/[\w-]+)`)
)

// pages returns all pages with boxes. If a page is missing here, the test fails with the names of its boxes.
func (w *wordsSite) pages() (all []writtenPage) {
	ours := pathID(w.ours)
	detail := func(noun string) string { return "/" + noun + "/" + ours + "/1" }
	paths := []string{"/orders", "/tickets", "/users", "/payments", "/services", "/reports", "/outbox", "/activity", "/service-changes", "/search?q=1",
		"/orders/workbench", "/tickets/new?panel=" + ours, "/users/new?panel=" + ours, "/payments/new?panel=" + ours, "/payments/proposals/1",
		"/reports/new?panel=" + ours + "&service=1", "/account", "/account/password", "/confirm", "/settings/panels", "/settings/panels/" + ours,
		"/settings/login", "/settings/staff", "/settings/staff/" + pathID(w.target), "/settings/payment-methods", "/settings/payment-methods/1",
		"/settings/replies", "/settings/replies/1", "/settings/tickets", "/settings/sync"}
	beside := map[string]string{"/reports/" + ours + "/" + pathID(w.reports[w.ours]): "/reports", "/outbox/" + pathID(w.doubt): "/outbox", detail("users"): "/users"}
	for _, kind := range []string{"set_partial", "set_start_count", "set_remains", "edit_link", "cancel"} {
		beside["/orders/"+ours+"/12/actions?kind="+kind] = "/orders"
	}
	forms := []writtenPage{
		{path: "/orders/workbench", form: url.Values{"text": {"OURS 11 12 13 14 15 16 17 18 19 20 21 22"}, "kind": {"cancel"}}, shows: "[name=count]"},
		{path: "/tickets/reply", form: url.Values{"ids": {ours + "-11"}, "step": {"write"}}, shows: ".many-form textarea"},
	}
	for i, width := range []int64{1440, 390} {
		begin := len(all)
		for _, path := range paths {
			all = append(all, writtenPage{path: path})
		}
		for _, path := range slices.Sorted(maps.Keys(beside)) {
			all = append(all, writtenPage{path: path}, writtenPage{path: path, beside: beside[path]})
		}
		all = append(append(all, forms...), writtenPage{path: fmt.Sprintf("/tickets/%s/%d", ours, 11+2*i)}, writtenPage{path: fmt.Sprintf("/tickets/%s/%d", ours, 12+2*i), beside: "/tickets"},
			writtenPage{path: "/account/two-factor", cookie: w.ada}, writtenPage{path: "/login/code", cookie: w.half},
			writtenPage{path: w.invited, cookie: "none"}, writtenPage{path: "/login", cookie: "none"})
		for j := begin; j < len(all); j++ {
			all[j].width, all[j].cookie = width, cmp.Or(all[j].cookie, w.owner)
		}
		if !*wordsTwice { // every other page on the laptop, and the rest on the phone
			kept := begin
			for j := begin + i; j < len(all); j += 2 {
				all[kept] = all[j]
				kept++
			}
			all = all[:kept]
		}
	}
	return all
}

// moves changes the pages' data about twice a second, with breaks in which polls find nothing new, until it is stopped.
func (w *wordsSite) moves(ctx context.Context, b *browser) {
	owner := modelstest.Viewer(w.t, w.site.db, "second")
	for i := 0; ctx.Err() == nil; i++ {
		if i%3 != 2 {
			for id := int64(11); id <= 14; id++ {
				w.site.asks(w.ours, id, "customer", []string{"pending", "answered"}[i%2], strings.Repeat("where is it? ", 1+i%3))
				if i%9 == 0 {
					w.check(w.site.db.AddTicketNote(w.t.Context(), owner, models.Key{PanelID: w.ours, ID: id}, "I look at it"))
				}
			}
			remains := int64(i)
			modelstest.PutOrders(w.t, w.site.db, w.ours, modelstest.Order(w.ours, 12, func(o *models.Order) { o.Status, o.Remains = "pending", &remains }))
			keys := []string{jobs.OutboxVersion(w.ours), jobs.PresenceVersion(w.ours)}
			for _, r := range []models.Resource{models.Orders, models.Tickets, models.Users, models.Payments, models.Services} {
				keys = append(keys, jobs.ResourceVersion(w.ours, r))
			}
			w.check(w.site.versions.Bump(w.t.Context(), keys...))
		}
		b.pause(500 * time.Millisecond)
	}
}
