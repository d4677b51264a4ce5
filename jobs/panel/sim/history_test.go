package sim

import (
	"net/mail"
	"strings"
	"testing"
	"time"
)

func TestTheSameSeedGivesTheSameWorld(t *testing.T) {
	a, b := New(alive(800)), New(alive(800))
	a.Advance(3 * time.Hour)
	b.Advance(3 * time.Hour)
	if fingerprint(t, a) != fingerprint(t, b) {
		t.Error("two panels of one seed differ")
	}
	o := alive(800)
	o.Name = "other"
	if c := New(o); fingerprint(t, c) == fingerprint(t, New(alive(800))) {
		t.Error("panels of different names are alike")
	}
}

func TestHistoryIsInProportionAndMostlyOver(t *testing.T) {
	p := New(quiet(5000))
	open := 0
	for _, o := range p.Orders() {
		if !o.Final() {
			open++
		}
	}
	if open < 150 || open > 750 {
		t.Errorf("got %d open orders of 5000, want 3 to 15 %%", open)
	}
	if got := len(p.Orders()); got != 5000 {
		t.Errorf("got %d orders", got)
	}
	if got := len(p.Users()); got != 416 {
		t.Errorf("got %d users, want a twelfth of the orders", got)
	}
	if got := len(p.Payments()); got < 625 || got > 1000 {
		t.Errorf("got %d payments, want about an eighth of the orders", got)
	}
	if got := len(p.Tickets()); got != 100 {
		t.Errorf("got %d tickets, want a fiftieth of the orders", got)
	}
}

func TestEveryKindOfBelievableDetailOccurs(t *testing.T) {
	p := New(quiet(20_000))
	seen := map[string]bool{}
	links := map[string]int{}
	for _, o := range p.Orders() {
		seen["status "+o.Status] = true
		seen["source "+o.CreationType] = true
		seen["bare handle"] = seen["bare handle"] || !strings.Contains(o.Link, "/")
		seen["long query"] = seen["long query"] || len(o.Link) > 100 && strings.Contains(o.Link, "?")
		seen["comments"] = seen["comments"] || len(o.Comments) > 0
		if links[o.Link]++; links[o.Link] > 1 {
			seen["link twice"] = true
		}
	}
	for _, tk := range p.Tickets() {
		seen["ticket "+tk.Status] = true
		for _, m := range tk.Messages {
			seen["script"] = seen["script"] || strings.Contains(m.HTML, "<script>")
			seen["form header"] = seen["form header"] || strings.HasPrefix(m.HTML, "<div><b>Orders - Refill</b></div><div><b>Order ID</b>: ")
			seen["bidi"] = seen["bidi"] || strings.Contains(m.HTML, "\u202e")
			seen["huge"] = seen["huge"] || len(m.HTML) > 100_000
		}
	}
	for _, pay := range p.Payments() {
		seen["payment "+pay.Status] = true
		seen["formula"] = seen["formula"] || strings.HasPrefix(pay.Memo, "=")
	}
	for _, want := range []string{
		"status pending", "status in_progress", "status processing", "status completed", "status partial", "status canceled", "status fail",
		"source api", "source new_order_form", "source mass_order", "bare handle", "long query", "comments", "link twice",
		"ticket pending", "ticket answered", "ticket closed", "ticket locked", "script", "form header", "bidi", "huge",
		"payment completed", "payment expired", "payment fail", "formula",
	} {
		if !seen[want] {
			t.Errorf("no %s in 20,000 orders", want)
		}
	}
}

func TestAddressesBelongToNobody(t *testing.T) {
	p := New(quiet(3000))
	for _, u := range p.Users() {
		at, err := mail.ParseAddress(u.Email)
		if err != nil || !strings.Contains(at.Address, "@example.") {
			t.Fatalf("e-mail %q: %v", u.Email, err)
		}
	}
	for _, o := range p.Orders() {
		if !strings.HasPrefix(o.IP, "192.0.2.") && !strings.HasPrefix(o.IP, "198.51.100.") && !strings.HasPrefix(o.IP, "203.0.113.") {
			t.Fatalf("IP %q", o.IP)
		}
	}
	for _, s := range p.Services() {
		if s.Provider != "" && !strings.HasSuffix(s.Provider, ".example") {
			t.Fatalf("provider %q", s.Provider)
		}
	}
}

func TestTextsOfTheCorpusLeaveNoHoles(t *testing.T) {
	for _, tk := range New(quiet(20_000)).Tickets() {
		for _, m := range tk.Messages {
			for _, hole := range []string{"{order}", "{orders}", "{link}", "{amount}", "{method}", "{service}", "{huge}", "{rlo}"} {
				if strings.Contains(m.HTML, hole) {
					t.Errorf("ticket %d holds %s: %.200s", tk.ID, hole, m.HTML)
				}
			}
		}
	}
}

func TestPanelsOfNeighbouringSeedsDiffer(t *testing.T) {
	currencies, firstIDs := map[string]bool{}, map[int64]bool{}
	for seed := range uint64(4) {
		o := quiet(10)
		o.Seed = seed
		p := New(o)
		currencies[p.Currency()] = true
		firstIDs[p.Orders()[0].ID/100_000] = true
	}
	if len(currencies) < 3 || len(firstIDs) != 4 {
		t.Errorf("got currencies %v and id ranges %v", currencies, firstIDs)
	}
}

func TestAnEmptyPanelWorks(t *testing.T) {
	p := New(Options{AdminKey: adminKey, RateLimit: -1})
	if got := listed(t, p, "/orders"); got.Count != 0 || got.List == nil {
		t.Errorf("got %+v, want an empty list", got)
	}
	p.Advance(time.Hour)
	if len(p.Orders()) == 0 {
		t.Error("no order arrived in an hour")
	}
	refusedWith(t, serve(t, New(Options{}), "GET", adminBase+"/orders", "", ""), 401, codeKey)
}
