package sim

import (
	"container/heap"
	"context"
	"time"
)

// Now returns the panel's simulated time.
func (p *Panel) Now() (now time.Time) {
	p.look(func(w *world) { now = time.UnixMilli(w.now) })
	return now
}

// Advance moves the clock forward by d and runs all events that fall due, in order. Many small steps and one large
// step give the same world. A negative d does nothing; use SetSkew for a wrong clock.
func (p *Panel) Advance(d time.Duration) {
	p.touch(func(w *world) { w.advance(d.Milliseconds()) })
}

// Run advances the clock at speed times the rate of the wall clock, in four steps a second, until ctx ends.
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

// SetSkew makes the panel's clock wrong by d: every later timestamp is off by that much. With a negative d, new
// timestamps are earlier than the ones before the call.
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

// event is a future event of the world. at is in milliseconds since 1970; id names the order, payment, ticket or
// task.
type event struct {
	at   int64
	turn int64 // keeps events of the same millisecond in order
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

// in schedules an event ms milliseconds from now.
func (w *world) in(ms int64, kind eventKind, id int64) {
	w.queue.turns++
	heap.Push(&w.queue, event{at: w.now + ms, turn: w.queue.turns, kind: kind, id: id})
}

// UseWallClock replaces the clock for late writes, the call log and the rate limit. Call it before the first request.
func (p *Panel) UseWallClock(now func() time.Time) { p.wall = now }
