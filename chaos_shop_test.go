//go:build chaos

package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// chaosShop is a simulated panel that records each write that reached it.
type chaosShop struct {
	*sim.Panel
	id      int64
	tickets []int64
	orders  []int64

	mu     sync.Mutex
	chance *rand.Rand
	writes []string
}

// openShop connects a panel with the tickets, customers and orders that staff write to.
func (r *chaosRun) openShop(i int) *chaosShop {
	r.Helper()
	name := fmt.Sprint("panel", i)
	s := &chaosShop{chance: r.random(uint64(100 + i))} // #nosec G115 -- a small counter
	s.Panel = sim.New(sim.Options{Seed: r.seed*chaosPanels + uint64(i), Name: name, AdminKey: "admin-key-of-" + name, ServicesKey: "services-key-of-" + name,
		Rates: sim.Still(), RateLimit: -1, Variants: sim.Variants{LowerMemos: i%2 == 1, ReceiptIDOnly: i == 4}}) // #nosec G115 -- a small counter
	for i := range paymentsEach / 3 {
		s.AddUser(sim.UserSpec{Username: fmt.Sprint("anna", i)})
	}
	for range repliesEach / 2 {
		s.tickets = append(s.tickets, s.OpenTicket("anna0", "Where is it?", "Hello"))
	}
	for range orderActsEach {
		s.orders = append(s.orders, s.AddOrder(sim.OrderSpec{User: "anna0", Status: sim.Processing, Quantity: 1000}))
	}
	server := httptest.NewServer(s)
	r.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	s.id = modelstest.Panel(r, r.db, modelstest.Viewer(r, r.db, "owner"), name, server.URL).ID
	return s
}

// misfortunes starts the faults. A tenth of the writes lose the answer after they were applied, a tenth lose the
// connection before, and a tenth get a 429, a 500, a web page, or a success about another write. Some payments land
// minutes later. Reads fail less often.
func (s *chaosShop) misfortunes() {
	for _, f := range []sim.Fault{
		{Kind: sim.ApplyThenDrop, Method: "POST", Chance: 0.06},
		{Kind: sim.TruncatedJSON, Method: "POST", Chance: 0.02},
		{Kind: sim.CutOff, Method: "POST", Chance: 0.02},
		{Kind: sim.DropConnection, Method: "POST", Chance: 0.10},
		{Kind: sim.TooManyRequests, Method: "POST", Chance: 0.03},
		{Kind: sim.JSON500, Method: "POST", Chance: 0.03},
		{Kind: sim.HTML502, Method: "POST", Chance: 0.03},
		{Kind: sim.CloudflareHTML503, Method: "POST", Chance: 0.01},
		{Kind: sim.EmptySuccess, Method: "POST", Chance: 0.01},
		{Kind: sim.ApplyThenEmpty, Method: "POST", Chance: 0.01},
		{Kind: sim.ForeignSuccess, Method: "POST", Chance: 0.01},
		{Kind: sim.ApplyThenForeign, Method: "POST", Chance: 0.01},
		{Kind: sim.LandLate, Method: "POST", Path: "/adminapi/v2/payments", Chance: 0.02, Delay: 215 * time.Second}, // lands after a person was asked
		{Kind: sim.DropConnection, Method: "GET", Chance: 0.03},
		{Kind: sim.JSON500, Method: "GET", Chance: 0.02},
		{Kind: sim.HTML502, Method: "GET", Chance: 0.02},
		{Kind: sim.TooManyRequests, Method: "GET", Chance: 0.01},
	} {
		s.Fail(f)
	}
}

// ServeHTTP delays the request and the answer, so that a worker may be killed at any moment of a call. A request that
// has arrived is applied even if its caller is gone.
func (s *chaosShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the request did not arrive
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	if r.Method == http.MethodPost {
		s.writes = append(s.writes, r.URL.Path+" "+string(body))
	}
	in, out := between(s.chance, 5*time.Millisecond, 60*time.Millisecond), between(s.chance, 5*time.Millisecond, 60*time.Millisecond)
	s.mu.Unlock()
	<-time.After(in)
	s.Panel.ServeHTTP(lateAnswer{w, out}, r)
}

// holds returns how often the panel shows the effect of an action.
func (s *chaosShop) holds(a models.PanelAction) (n int) {
	p := a.Payload
	switch a.Kind {
	case models.KindReply:
		t, _ := s.Ticket(a.TargetID)
		for _, m := range t.Messages {
			if m.Staff && m.HTML == p.Message {
				n++
			}
		}
		return n
	case models.KindAddPayment:
		for _, pay := range s.Payments() {
			if strings.HasSuffix(pay.Memo, a.Reference) {
				n++
			}
		}
		return n
	}
	o, _ := s.Order(a.TargetID)
	is := map[models.ActionKind]bool{
		models.KindChangeStatus:  o.Status == p.Status,
		models.KindCancel:        o.Status == sim.Canceled && o.CancelReason == p.CancelReason,
		models.KindEditLink:      o.Link == p.Link,
		models.KindSetPartial:    o.Status == sim.Partial && p.Remains != nil && o.Remains == *p.Remains,
		models.KindSetRemains:    p.Remains != nil && o.Remains == *p.Remains,
		models.KindSetStartCount: p.StartCount != nil && o.StartCount != nil && *o.StartCount == *p.StartCount,
	}
	if is[a.Kind] {
		return 1
	}
	return 0
}

// sends returns how often a write of this action reached the panel.
func (s *chaosShop) sends(a models.PanelAction) (n int) {
	id := regexp.MustCompile(`\b` + strconv.FormatInt(a.TargetID, 10) + `\b`)
	mark := func(write string) bool { return strings.Contains(write, "/orders/") && id.MatchString(write) }
	switch a.Kind {
	case models.KindReply:
		text := strings.SplitAfter(a.Payload.Message, ".")[0] // unique on the panel
		mark = func(write string) bool { return strings.Contains(write, "/tickets/") && strings.Contains(write, text) }
	case models.KindAddPayment:
		mark = func(write string) bool { return strings.Contains(write, a.Reference) }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, write := range s.writes {
		if mark(write) {
			n++
		}
	}
	return n
}

// spoiled returns how many calls had a fault at the panels.
func (r *chaosRun) spoiled() (n int) {
	for _, s := range r.shops {
		n += s.Faulted()
	}
	return n
}
