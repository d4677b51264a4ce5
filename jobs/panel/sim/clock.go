package sim

import (
	"container/heap"
	"context"
	"time"
)

// Now is the panel's simulated present.
func (p *Panel) Now() (now time.Time) {
	p.look(func(w *world) { now = time.UnixMilli(w.now) })
	return now
}

// Advance turns the clock forward by d and lets everything happen that falls due, in order. Many small steps and one large step
// give the same world. A negative d does nothing; see SetSkew for a clock that is wrong.
func (p *Panel) Advance(d time.Duration) {
	p.touch(func(w *world) { w.advance(d.Milliseconds()) })
}

// Run advances the clock speed times as fast as the wall clock, four times a second, until ctx ends.
func (p *Panel) Run(ctx context.Context, speed float64) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := time.Now()
			p.Advance(time.Duration(float64(now.Sub(last)) * speed))
			last = now
		}
	}
}

// SetSkew makes the panel's clock wrong by d from now on: every timestamp it writes is off by that much, so time seems to run
// backwards on the day it is set to the past.
func (p *Panel) SetSkew(d time.Duration) {
	p.touch(func(w *world) { w.skew = int64(d / time.Second) })
}

func (w *world) advance(ms int64) {
	until := w.now + max(ms, 0)
	for len(w.queue.events) > 0 && w.queue.events[0].at <= until {
		e := heap.Pop(&w.queue).(event)
		w.now = max(w.now, e.at)
		w.happen(e)
	}
	w.now = until
}

// event is something that falls due. at is in milliseconds since 1970; id says what it happens to.
type event struct {
	at   int64
	turn int64 // keeps the order of events of one millisecond
	kind eventKind
	id   int64
}

type eventQueue struct {
	events []event
	turns  int64
}

func (q *eventQueue) Len() int      { return len(q.events) }
func (q *eventQueue) Swap(i, j int) { q.events[i], q.events[j] = q.events[j], q.events[i] }
func (q *eventQueue) Push(x any)    { q.events = append(q.events, x.(event)) }

func (q *eventQueue) Less(i, j int) bool {
	a, b := q.events[i], q.events[j]
	return a.at < b.at || a.at == b.at && a.turn < b.turn
}

func (q *eventQueue) Pop() any {
	last := len(q.events) - 1
	e := q.events[last]
	q.events = q.events[:last]
	return e
}

// in plans an event ms milliseconds from now.
func (w *world) in(ms int64, kind eventKind, id int64) {
	w.queue.turns++
	heap.Push(&w.queue, event{at: w.now + ms, turn: w.queue.turns, kind: kind, id: id})
}

// UseWallClock changes the clock by which late writes land, calls are logged and the rate limit counts. It is for before
// the first call.
func (p *Panel) UseWallClock(now func() time.Time) { p.wall = now }
