//go:build scenario

package jobs

import (
	"math/rand/v2"
	"slices"
	"time"

	"masterpanel/models"
)

// ideal is a simulated schedule with exactly one call per fifth of a second, which is answered and stored without
// delay. It knows when each call is due, and makes the most urgent one: new records, then tickets that changed, then
// the open orders by their tiers, then the rest.
type ideal struct {
	every  time.Duration // between two reads of new records
	due    map[string]time.Duration
	tiers  []tier
	walks  []idealWalk
	orders []*idealOrder
	happen []*happening
	moved  []*happening // messages of tickets that the list showed as changed
}

// idealOrder is an open order and the time of its last known change.
type idealOrder struct {
	id      int64
	changed time.Duration
}

// idealWalk is one walk through a tier: the remaining orders, and the start of the next walk.
type idealWalk struct {
	left []*idealOrder
	due  time.Duration
}

// idealOf returns the same events with the times at which the ideal schedule would see them.
func idealOf(all []*happening, set models.SyncSettings, random *rand.Rand) []happening {
	every := set.MinInterval()
	some := func(most time.Duration) time.Duration { return time.Duration(random.Float64() * float64(most)) }
	d := &ideal{every: every, tiers: openTiers(set),
		due: map[string]time.Duration{"orders": some(every), "tickets": some(every), "payments": some(30 * time.Second), "users": some(time.Minute)}}
	for _, t := range d.tiers {
		d.walks = append(d.walks, idealWalk{due: some(t.every)})
	}
	for i := range openAtFirst {
		d.orders = append(d.orders, &idealOrder{id: -int64(i) - 1, changed: -some(longestQuiet)})
	}
	copies := make([]happening, len(all))
	for i, h := range all {
		copies[i] = *h
		copies[i].seen = false
		d.happen = append(d.happen, &copies[i])
	}
	for now := time.Duration(0); slices.ContainsFunc(d.happen, func(h *happening) bool { return !h.seen }); {
		d.call(now)
		now += time.Second / time.Duration(set.CallsPerSecond)
	}
	return copies
}

// call makes the most urgent due call.
func (d *ideal) call(now time.Duration) {
	switch {
	case d.take("orders", d.every, now):
		d.see(now, func(h *happening) bool { return h.kind == "order" })
	case d.take("tickets", d.every, now):
		for _, h := range d.happen {
			if h.kind == "message" && !h.seen && h.at <= now && !slices.Contains(d.moved, h) {
				d.moved = append(d.moved, h)
			}
		}
	case len(d.moved) > 0:
		ticket := d.moved[0].of
		d.see(now, func(h *happening) bool { return h.kind == "message" && h.of == ticket })
		d.moved = slices.DeleteFunc(d.moved, func(h *happening) bool { return h.seen })
	case d.walk(now):
	case d.take("payments", 30*time.Second, now), d.take("users", time.Minute, now):
	}
}

// take makes a periodic call if it is due.
func (d *ideal) take(what string, every, now time.Duration) bool {
	if d.due[what] > now {
		return false
	}
	d.due[what] = now + every
	return true
}

// see marks all matching events that have happened as seen. A new order counts as open from then on.
func (d *ideal) see(now time.Duration, is func(*happening) bool) (any bool) {
	for _, h := range d.happen {
		if h.seen || h.at > now || !is(h) {
			continue
		}
		h.seen, h.by, any = true, now, true
		if h.kind == "order" {
			d.orders = append(d.orders, &idealOrder{id: h.of, changed: now})
		}
	}
	return any
}

// walk reads the next 100 orders of the first tier that is due.
func (d *ideal) walk(now time.Duration) bool {
	for i := range d.walks {
		w := &d.walks[i]
		if len(w.left) == 0 && w.due <= now {
			w.left, w.due = d.inTier(i, now), now+d.tiers[i].every
		}
		if len(w.left) == 0 {
			continue
		}
		read := w.left[:min(len(w.left), 100)]
		w.left = w.left[len(read):]
		for _, o := range read {
			if d.see(now, func(h *happening) bool { return h.kind == "change" && h.of == o.id }) {
				o.changed = now
			}
		}
		return true
	}
	return false
}

// inTier returns the orders of a tier.
func (d *ideal) inTier(i int, now time.Duration) []*idealOrder {
	var in []*idealOrder
	for _, o := range d.orders {
		quiet := now - o.changed
		if (d.tiers[i].quiet == 0 || quiet < d.tiers[i].quiet) && (i == 0 || quiet >= d.tiers[i-1].quiet) {
			in = append(in, o)
		}
	}
	return in
}
