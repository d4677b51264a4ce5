//go:build scenario

package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The events at the tickets of the scenario, at random moments with these average intervals.
const (
	livePanels   = 10
	staffEach    = 5 // per panel, each with one of its tickets open
	openOrders   = 2000
	writesEvery  = time.Minute     // the customer of each ticket
	answersEvery = 2 * time.Minute // the staff member with the ticket open
)

// Delays that no implementation can avoid.
const (
	panelTakes   = 150 * time.Millisecond // from a request to its answer; half of it is before the request is handled
	readEvery    = 5 * time.Second        // the live read of an open ticket
	takeBackFor  = 5 * time.Second        // the time in which its writer can cancel a reply
	settleWithin = time.Minute            // the longest wait until all events are seen after the last one
)

// The rows of the table.
const (
	betweenTwo = "from one live read of a ticket to the next"
	onScreen   = "a customer's message, on staff's screen"
	inList     = "the same, in its row of the list"
	onPanel    = "a reply, from the click to the panel"
	afterPause = "the same, after the 5 s to take it back"
)

// TestTheDeskIsLive runs the program's web and worker in separate processes, with a real PostgreSQL and a real Redis,
// for MINUTES (5): 50 staff have 50 tickets open on ten panels with 2,000 open orders and the limit of five calls per
// second each. Their browsers send requests as refresh.js and the attributes of the pages specify, with the list
// beside the ticket. The test prints after how long a customer's message is on the screen and a reply on the panel,
// beside the ideal: each ticket is read exactly every 5 s, each page refreshes as often as it specifies, and all
// other work takes no time.
func TestTheDeskIsLive(t *testing.T) {
	length := time.Duration(number(t, "MINUTES", 5)) * time.Minute
	d := newLiveDesk(t, uint64(number(t, "SEED", 1))) // #nosec G115 -- a small counter
	d.firstSync()
	looking, leave := context.WithCancel(t.Context())
	var browsers sync.WaitGroup
	for _, s := range d.staff {
		s.open(looking, &browsers)
	}
	pass(looking, 2*readEvery) // until all tickets are read live
	before := d.counters()
	d.live(looking, length)
	after := d.counters()
	waitFor(d, "everything that happened is seen", settleWithin, d.allSeen)
	leave()
	browsers.Wait()
	d.checkReplies()
	d.noteReads(before.at, after.at)
	d.tell(length, before, after)
}

// live makes customers write, staff answer and the panels run their worlds for the given time.
func (d *liveDesk) live(ctx context.Context, length time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var living sync.WaitGroup
	for _, s := range d.shops {
		living.Go(func() { s.Panel.Run(ctx, 1) })
	}
	for _, s := range d.staff {
		living.Go(func() { s.customerWrites(ctx) })
		living.Go(func() { s.answers(ctx) })
	}
	living.Wait()
}

// took records the time since an event.
func (d *liveDesk) took(what string, since time.Time) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.times[what] = append(d.times[what], now.Sub(since))
}

func (d *liveDesk) allSeen() bool {
	return !slices.ContainsFunc(d.staff, func(s *liveStaff) bool { return s.awaits() }) &&
		!slices.ContainsFunc(d.shops, func(s *liveShop) bool { return s.awaits() })
}

// checkReplies compares the panels' own data with the sent replies: each reply is there once.
func (d *liveDesk) checkReplies() {
	d.Helper()
	for _, s := range d.staff {
		there := map[string]int{}
		ticket, _ := s.shop.Ticket(s.ticket)
		for _, m := range ticket.Messages {
			there[m.HTML]++
		}
		for _, text := range s.sent {
			if there[text] != 1 {
				d.Errorf("%q is %d times on the panel, want once", text, there[text])
			}
		}
	}
}

// noteReads records the intervals between the reads of each ticket, including the reads that the list caused and the
// reads before a reply.
func (d *liveDesk) noteReads(from, to time.Time) {
	for _, s := range d.staff {
		var last time.Time
		for _, c := range s.shop.Calls() {
			if c.Method != http.MethodGet || !strings.HasSuffix(c.Path, fmt.Sprint("/tickets/", s.ticket)) || c.At.Before(from) || c.At.After(to) {
				continue
			}
			if !last.IsZero() {
				d.times[betweenTwo] = append(d.times[betweenTwo], c.At.Sub(last))
			}
			last = c.At
		}
	}
}

// ideal draws the ideal times of each row.
func (d *liveDesk) ideal() map[string][]time.Duration {
	chance := d.random(99)
	some := func(most time.Duration) time.Duration { return time.Duration(chance.Float64() * float64(most)) }
	asks := d.staff[0].asksEvery()
	best := map[string][]time.Duration{}
	for range 100_000 {
		best[betweenTwo] = append(best[betweenTwo], readEvery)
		read := some(readEvery) + panelTakes/2
		best[onScreen] = append(best[onScreen], read+some(asks[detailTarget]))
		best[inList] = append(best[inList], read+some(asks[listTarget]))
		reply := panelTakes + panelTakes/2 // one call reads the ticket, the other is on its way in
		best[onPanel] = append(best[onPanel], takeBackFor+reply)
		best[afterPause] = append(best[afterPause], reply)
	}
	return best
}

// tell prints the table.
func (d *liveDesk) tell(length time.Duration, before, after liveCounters) {
	asks, best := d.staff[0].asksEvery(), d.ideal()
	fmt.Printf("%d staff look at %d tickets on %d panels for %v; the ticket asks every %v, the list every %v; a panel takes %v to answer\n",
		len(d.staff), len(d.staff), len(d.shops), length, asks[detailTarget], asks[listTarget], panelTakes)
	fmt.Printf("%-42s %5s %8s %8s %10s %10s\n", "seconds", "n", "p50", "p95", "ideal p50", "ideal p95")
	for _, what := range []string{betweenTwo, onScreen, inList, onPanel, afterPause} {
		fmt.Printf("%-42s %5d %8.2f %8.2f %10.2f %10.2f\n", what, len(d.times[what]),
			quantile(d.times[what], 0.5), quantile(d.times[what], 0.95), quantile(best[what], 0.5), quantile(best[what], 0.95))
	}
	limited := 0
	for _, s := range d.shops {
		limited += s.Limited()
	}
	seconds := after.at.Sub(before.at).Seconds()
	var lanes []string
	all := 0.0
	for _, lane := range slices.Sorted(maps.Keys(after.calls)) {
		rate := (after.calls[lane] - before.calls[lane]) / seconds / float64(len(d.shops))
		lanes, all = append(lanes, fmt.Sprintf("%s %.2f", lane, rate)), all+rate
	}
	fmt.Printf("calls a second and panel: %.2f of 5 (%s); answered 429: %d\n", all, strings.Join(lanes, ", "), limited)
	polls := after.answers - before.answers
	fmt.Printf("%.0f requests a second, %.0f %% unchanged; replies sent again because the ticket had changed: %d\n", polls/seconds,
		100*(after.unchanged-before.unchanged)/polls, d.collisions.Load())
	of := func(used float64) float64 { return 100 * used / seconds }
	fmt.Printf("CPU, %% of a core: web %.1f, worker %.1f, the simulated browsers and panels together %.1f\n",
		of(after.web-before.web), of(after.worker-before.worker), of(after.here-before.here))
}

// quantile returns a quantile of the times, in seconds.
func quantile(times []time.Duration, of float64) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[int(of*float64(len(times)-1)+0.5)].Seconds()
}

// gap draws the time until the next random event.
func gap(chance *rand.Rand, every time.Duration) time.Duration {
	return time.Duration(chance.ExpFloat64() * float64(every))
}
