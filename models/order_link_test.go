package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// oneReel has nine spellings of the link to one reel.
var oneReel = []string{
	"https://www.instagram.com/reel/C9zQkT1AbCd/", "https://instagram.com/reel/C9zQkT1AbCd", "http://WWW.Instagram.com/reel/C9zQkT1AbCd/",
	"https://www.instagram.com/reel/C9zQkT1AbCd/?igsh=MzRlODBiNWFlZA==", "https://www.instagram.com/reel/C9zQkT1AbCd/?utm_source=ig_web_copy_link&igsh=abc",
	"  https://www.instagram.com/reel/C9zQkT1AbCd/ ", "instagram.com/reel/C9zQkT1AbCd", "https://m.instagram.com/reel/C9zQkT1AbCd/",
	"https://www.instagram.com/reels/C9zQkT1AbCd/#",
}

// reelWorld has orders 1 to 9 for oneReel on two panels in turn, and order 10 for a reel whose code differs in case.
func reelWorld(t *testing.T) (db *models.DB, owner models.Viewer, panels [2]int64, url string) {
	t.Helper()
	url = modelstest.URL(t)
	db = modelstest.OpenAt(t, url, nil)
	first := modelstest.Owner(t, db)
	for i, name := range []string{"Alpha", "Beta"} {
		panels[i] = modelstest.Panel(t, db, first, name, "https://"+strings.ToLower(name)+".example").ID
	}
	for i, link := range append(slices.Clone(oneReel), "https://www.instagram.com/reel/c9zqkt1abcd/") {
		modelstest.PutOrders(t, db, panels[i%2], modelstest.Order(panels[i%2], int64(i+1), func(o *models.Order) { o.Link = link }))
	}
	return db, modelstest.Viewer(t, db, "owner"), panels, url
}

// siblings returns the sorted ids of the other orders on an order's link.
func siblings(t *testing.T, db *models.DB, v models.Viewer, o models.Order) string {
	t.Helper()
	others, err := db.OrdersOnLink(t.Context(), v, o, 20)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, other := range others {
		ids = append(ids, other.ID)
	}
	slices.Sort(ids)
	return fmt.Sprint(ids)
}

func TestEachSpellingOfALinkLeadsToAllOrdersOnIt(t *testing.T) {
	t.Parallel()
	db, owner, panels, _ := reelWorld(t)
	all := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for i, link := range oneReel {
		id := int64(i + 1)
		o, err := db.Order(t.Context(), owner, models.Key{PanelID: panels[i%2], ID: id})
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprint(slices.DeleteFunc(slices.Clone(all), func(other int64) bool { return other == id }))
		if got := siblings(t, db, owner, o); got != want {
			t.Errorf("order %d is on one link with %s, want %s", id, got, want)
		}
		if _, f := found(t, db, owner, link); f.Orders.Total.N != 9 {
			t.Errorf("the global search for %q finds %d orders, want 9", link, f.Orders.Total.N)
		}
		if got := foundOrders(t, db, owner, strings.TrimSpace(link)); strings.Count(got, ",") != 8 || strings.Contains(got, " 10") {
			t.Errorf("the list's search for %q finds %s, want nine", link, got)
		}
	}
}

func TestAHandleMeetsTheLinkOfItsServicesNetwork(t *testing.T) {
	t.Parallel()
	db, owner, panels, _ := reelWorld(t)
	put := func(id int64, link, service string) models.Order {
		o := modelstest.Order(panels[0], id, func(o *models.Order) { o.Link, o.ServiceName = link, service })
		modelstest.PutOrders(t, db, panels[0], o)
		return o
	}
	put(20, "@Nova.Shop", "Instagram Followers")
	put(21, "https://www.instagram.com/nova.shop/?hl=tr", "Followers")
	put(22, "@nova.shop", "TikTok Followers")
	if got := siblings(t, db, owner, put(23, "nova.shop", "Instagram Story Views")); got != "[20 21]" {
		t.Errorf("the handle meets %s, want the two on Instagram", got)
	}
	if _, f := found(t, db, owner, "@nova.shop"); f.Orders.Total.N != 4 {
		t.Errorf("a search for the handle finds %d orders, want those on every network", f.Orders.Total.N)
	}
}

func TestStoredOrdersGetNewKeysNewestFirstAndThePageSaysSo(t *testing.T) {
	t.Parallel()
	_, owner, panels, url := reelWorld(t)
	conn := connect(t, url)
	exec(t, conn, "UPDATE orders SET link_key = NULL; UPDATE link_rekeying SET rule = 0, pass = 1, ended_at = NULL")
	now := modelstest.Now(t)
	db := modelstest.OpenAt(t, url, func() time.Time { return now })
	v := modelstest.Viewer(t, db, "owner")
	o := modelstest.Order(panels[1], 2, func(o *models.Order) { o.Link = oneReel[1] })
	if got := siblings(t, db, owner, o); got != "[]" || !strings.Contains(v.LinksHint(), "still processing the links") {
		t.Fatalf("orders without keys are found: %s; the hint is %q", got, v.LinksHint())
	}
	if more, err := db.RekeyLinks(t.Context()); more || err != nil {
		t.Fatalf("more orders wait: %v, %v", more, err)
	}
	if got := siblings(t, db, owner, o); got != "[1 3 4 5 6 7 8 9]" {
		t.Errorf("after the worker read them the link has %s", got)
	}
	if hint := modelstest.Viewer(t, db, "owner").LinksHint(); hint != "" {
		t.Errorf("all orders have keys and the page says %q", hint)
	}
	// An earlier version of the program writes an order without a key; the second pass finds it.
	exec(t, conn, "UPDATE orders SET link_key = NULL WHERE id = 1")
	now = now.Add(59 * time.Minute)
	_, err := db.RekeyLinks(t.Context())
	if got := siblings(t, db, owner, o); err != nil || got != "[3 4 5 6 7 8 9]" {
		t.Errorf("the second pass ran at once: %s, %v", got, err)
	}
	now = now.Add(2 * time.Minute)
	_, err = db.RekeyLinks(t.Context())
	if got := siblings(t, db, owner, o); err != nil || got != "[1 3 4 5 6 7 8 9]" {
		t.Errorf("after the second pass the link has %s, %v", got, err)
	}
}

func TestThePageNamesTheDaySinceWhichLinksAreCompared(t *testing.T) {
	t.Parallel()
	_, _, _, url := reelWorld(t)
	exec(t, connect(t, url), "UPDATE link_rekeying SET ended_at = NULL, created_at = '2026-03-02 10:00+00', panel_id = 1, id = 5")
	v := modelstest.Viewer(t, modelstest.OpenAt(t, url, nil), "owner")
	v.Zone = time.UTC
	if got := v.LinksHint(); !strings.Contains(got, "before 2 Mar 2026 10:00 may be missing") {
		t.Errorf("the hint is %q", got)
	}
}

func TestAWorkerLeavesTheKeysOfALaterRuleAlone(t *testing.T) {
	t.Parallel()
	db, owner, panels, url := reelWorld(t)
	exec(t, connect(t, url), "UPDATE orders SET link_key = 5; UPDATE link_rekeying SET rule = 1000, ended_at = NULL")
	if more, err := db.RekeyLinks(t.Context()); more || err != nil {
		t.Fatalf("more orders wait: %v, %v", more, err)
	}
	o := modelstest.Order(panels[1], 2, func(o *models.Order) { o.Link = oneReel[1] })
	if got := siblings(t, db, owner, o); got != "[]" {
		t.Errorf("keys were overwritten: %s", got)
	}
}
